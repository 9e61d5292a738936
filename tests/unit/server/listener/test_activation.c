/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/listener/activation.h"

/* Passed descriptors have fixed numbers, so each case is a child process. */

static int
tcp(bool listens)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (listens && listen(fd, 1) < 0) {
        return -1;
    }
    return fd;
}

enum passed { NOTHING, LISTENS, IDLE, DATAGRAM, UNIX, FILE_FD, SAME };

/* What a case passes as descriptors 3 and 4. */
struct row {
    const char *sentence;
    const char *pid; /* NULL: ours */
    const char *count;
    const char *names;
    enum passed what[2];
    int r;
    const char *text; /* on failure */
};

static int
open_what(enum passed what)
{
    switch (what) {
    case LISTENS:
        return tcp(true);
    case IDLE:
        return tcp(false);
    case DATAGRAM:
        return socket(AF_INET, SOCK_DGRAM, 0);
    case UNIX:
        return socket(AF_UNIX, SOCK_STREAM, 0);
    case FILE_FD:
        return dup(STDIN_FILENO);
    case SAME:
        return dup(ACTIVATION_FIRST_FD);
    case NOTHING:
        break;
    }
    return -1;
}

static void
pass(const struct row *row)
{
    char number[16];

    close(3);
    close(4);
    for (int i = 0; i < 2; i++) {
        int fd = open_what(row->what[i]);

        if (fd >= 0 && fd != 3 + i) {
            dup2(fd, 3 + i);
            close(fd);
        }
    }
    snprintf(number, sizeof(number), "%ld", (long)getpid());
    setenv("LISTEN_PID", row->pid != NULL ? row->pid : number, 1);
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (row->count != NULL) {
        setenv("LISTEN_FDS", row->count, 1);
    }
    if (row->names != NULL) {
        setenv("LISTEN_FDNAMES", row->names, 1);
    }
}

/* 0, or what is different. */
static int
run(const struct row *row, size_t count)
{
    struct sockets s = {.count = 99};
    struct diag diag = {0};

    pass(row);
    if (activation_take(&s, &diag) != row->r) {
        return 1;
    }
    if (s.count != (row->r == 0 ? count : 0)) {
        return 2;
    }
    if (row->text != NULL && strcmp(diag.text, row->text) != 0) {
        fprintf(stderr, "%s\n", diag.text);
        return 3;
    }
    return s.count > 0 && s.list[0].fd != ACTIVATION_FIRST_FD ? 4 : 0;
}

static void
check(const struct row *row, size_t count)
{
    int status = 0;
    pid_t pid = fork();

    print_message("%s\n", row->sentence);
    if (pid == 0) {
        _exit(run(row, count));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_listening_sockets_are_taken(void **state)
{
    static const struct row two = {"two sockets",      NULL, "2", NULL,
                                   {LISTENS, LISTENS}, 0,    NULL};
    static const struct row one = {"the first only",   NULL, "1", "a",
                                   {LISTENS, LISTENS}, 0,    NULL};

    (void)state;
    check(&two, 2);
    check(&one, 1);
}

static void
test_what_is_not_for_us_is_left_alone(void **state)
{
    static const struct row rows[] = {
        {"another's", "1", "1", NULL, {LISTENS, NOTHING}, 0, NULL},
        {"no pid", "", "1", NULL, {LISTENS, NOTHING}, 0, NULL},
        {"an odd pid", "x", "1", NULL, {LISTENS, NOTHING}, 0, NULL},
        {"no count", NULL, NULL, NULL, {LISTENS, NOTHING}, 0, NULL},
        {"none", NULL, "0", NULL, {LISTENS, NOTHING}, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(&rows[i], 0);
    }
}

static const struct row wrong[] = {
    {"too many",
     NULL,
     "17",
     NULL,
     {LISTENS, NOTHING},
     -E2BIG,
     "LISTEN_FDS is 17: no more than 16 sockets can be passed"},
    {"no number",
     NULL,
     "-1",
     NULL,
     {LISTENS, NOTHING},
     -EINVAL,
     "LISTEN_FDS is no number: -1"},
    {"beyond every number",
     NULL,
     "99999999999999999999",
     NULL,
     {LISTENS, NOTHING},
     -EINVAL,
     "LISTEN_FDS is no number: 99999999999999999999"},
    {"closed",
     NULL,
     "2",
     "a:b:c",
     {LISTENS, NOTHING},
     -EINVAL,
     "socket 2 of LISTEN_FDS (b): Bad file descriptor"},
    {"a file",
     NULL,
     "2",
     "a",
     {LISTENS, FILE_FD},
     -EINVAL,
     "socket 2 of LISTEN_FDS: it is not a socket"},
    {"a datagram socket",
     NULL,
     "2",
     "a:",
     {LISTENS, DATAGRAM},
     -EINVAL,
     "socket 2 of LISTEN_FDS: it is not a stream socket"},
    {"a Unix socket",
     NULL,
     "1",
     "",
     {UNIX, NOTHING},
     -EINVAL,
     "socket 1 of LISTEN_FDS: it is neither IPv4 nor IPv6"},
    {"idle",
     NULL,
     "1",
     "ssh.socket",
     {IDLE, NOTHING},
     -EINVAL,
     "socket 1 of LISTEN_FDS (ssh.socket): it does not listen"},
    {"one twice",
     NULL,
     "2",
     NULL,
     {LISTENS, SAME},
     -EINVAL,
     "socket 2 of LISTEN_FDS: it was passed twice"},
};

static void
test_wrong_ones_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        check(&wrong[i], 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listening_sockets_are_taken),
        cmocka_unit_test(test_what_is_not_for_us_is_left_alone),
        cmocka_unit_test(test_wrong_ones_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

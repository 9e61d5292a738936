#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/programs.h"
#include "server/base/spawn.h"
#include "server/ipc/link.h"

/*
 * The programs themselves, with the real libpam: this test plays the monitor.
 * /etc/pam.d is one of its own, in a mount namespace that nobody else sees;
 * the password is "right".  Needs root.
 */

static char directory[] = "/tmp/test_pam_program.XXXXXX";
static struct passwd *user;
static struct frame frame;

static void
write_file(const char *name, const char *text)
{
    char path[256];
    FILE *f = NULL;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
write_service(void)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "auth required pam_exec.so quiet expose_authtok /bin/sh %s/auth\n"
             "auth required pam_permit.so\n"
             "account required pam_permit.so\n"
             "session required pam_exec.so quiet /bin/sh %s/session\n",
             directory, directory);
    write_file("test", text);
    write_file("auth", "test \"$(tr -d '\\000')\" = right\n");
    snprintf(text, sizeof(text),
             "echo \"$PAM_TYPE $PAM_USER $PAM_RHOST $PAM_TTY $SSH_CONNECTION\""
             " >> %s/journal\n",
             directory);
    write_file("session", text);
}

/* This program is in build/tests. */
static int
open_programs(void)
{
    char folder[PATH_MAX + 16];
    const char *name = NULL;
    int r = spawn_init();

    snprintf(folder, sizeof(folder), "%s/../bin", spawn_folder());
    return r < 0 ? r : programs_open(folder, &name);
}

static int
set_up(void **state)
{
    (void)state;
    user = getpwnam("nobody");
    if (geteuid() != 0 || user == NULL || unshare(CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        print_message("skipped: needs root and a mount namespace\n");
        user = NULL;
        return 0;
    }
    assert_non_null(mkdtemp(directory));
    write_service();
    assert_int_equal(mount(directory, "/etc/pam.d", NULL, MS_BIND, NULL), 0);
    return open_programs();
}

static int
tear_down(void **state)
{
    static const char *const names[] = {"test", "auth", "session", "journal"};
    char path[256];

    (void)state;
    if (user == NULL) {
        return 0;
    }
    umount("/etc/pam.d");
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

static void
assert_journal(const char *expected)
{
    char path[256];
    char text[512] = "";
    FILE *f = NULL;
    size_t size;

    snprintf(path, sizeof(path), "%s/journal", directory);
    f = fopen(path, "re");
    assert_non_null(f);
    size = fread(text, 1, sizeof(text) - 1, f);
    text[size] = '\0';
    fclose(f);
    unlink(path);
    assert_string_equal(text, expected);
}

static pid_t
start_program(int *ret_link)
{
    struct spawn s = {
        .name = "portcullis-pam", .fd_count = 1, .with_programs = 1};
    pid_t pid = -1;
    int ends[2];

    if (user == NULL) {
        skip();
    }
    assert_int_equal(link_pair(ends, 0), 0);
    s.fds[0] = ends[1];
    assert_int_equal(spawn_start(&s, &pid), 0);
    close(ends[1]);
    *ret_link = ends[0];
    return pid;
}

static void
receive(int link, enum msg_route route, enum msg_type type, void *ret)
{
    assert_int_equal(link_recv(link, route, PHASE_ANY, &frame), 0);
    assert_int_equal(frame.type, type);
    assert_int_equal(frame_decode(&frame, ret), 0);
}

static struct msg_pam_result
ask(int link, enum msg_type type, const void *body, int fd)
{
    struct msg_pam_result r;

    assert_int_equal(link_send(link, type, body, fd), 0);
    receive(link, ROUTE_PAM_TO_MONITOR, MSG_PAM_RESULT, &r);
    return r;
}

static void
start_pam(int link)
{
    const struct msg_pam_start m = {
        .service = "test",
        .user = "nobody",
        .remote_host = "192.0.2.1",
        .ssh_connection = "192.0.2.1 1 192.0.2.2 22",
        .forbid_empty_password = 1,
    };

    assert_int_equal(ask(link, MSG_PAM_START, &m, -1).ok, 1);
}

static bool
password(int link, const char *text)
{
    const struct msg_text m = {.text = text};

    return ask(link, MSG_PAM_PASSWORD, &m, -1).ok == 1;
}

/* keyboard-interactive with one question; a NULL answer gives up. */
static bool
interactive(int link, const char *text)
{
    const struct msg_none none = {0};
    const struct msg_answer m = {.count = text != NULL, .answers = {text}};
    struct msg_prompt prompt;

    assert_int_equal(link_send(link, MSG_PAM_INTERACTIVE, &none, -1), 0);
    receive(link, ROUTE_PAM_TO_MONITOR, MSG_PAM_PROMPT, &prompt);
    assert_int_equal(prompt.count, 1);
    assert_string_equal(prompt.prompts[0], "Password: ");
    assert_int_equal(prompt.echo[0], 0);
    return ask(link, MSG_PAM_ANSWER, &m, -1).ok == 1;
}

static bool
open_session(int link)
{
    const struct msg_none none = {0};
    const struct msg_pam_session m = {.uid = user->pw_uid,
                                      .gid = user->pw_gid,
                                      .home = "/",
                                      .authenticated_by_pam = 1};

    return ask(link, MSG_PAM_ACCOUNT, &none, -1).ok == 1 &&
           ask(link, MSG_PAM_SESSION, &m, -1).ok == 1;
}

static int
start_dialer(int link)
{
    const struct msg_none none = {0};
    int ends[2];

    assert_int_equal(link_pair(ends, 0), 0);
    assert_int_equal(ask(link, MSG_PAM_DIALER, &none, ends[1]).ok, 1);
    close(ends[1]);
    return ends[0];
}

static void
assert_resolves(int dialer)
{
    const struct msg_resolve m = {.id = 9, .host = "127.1"};
    struct msg_resolved r;

    assert_int_equal(link_send(dialer, MSG_RESOLVE, &m, -1), 0);
    receive(dialer, ROUTE_DIALER_TO_MONITOR, MSG_RESOLVED, &r);
    assert_int_equal(r.id, 9);
    assert_int_equal(r.addresses.count, 1);
    assert_memory_equal(r.addresses.list[0].bytes, "\x7f\0\0\1", 4);
}

static void
assert_end_of_link(int link)
{
    assert_int_equal(
        link_recv(link, ROUTE_DIALER_TO_MONITOR, PHASE_ANY, &frame), -EPIPE);
    close(link);
}

static pid_t
only_child_of(pid_t parent)
{
    char path[64];
    int pid = -1;
    FILE *f = NULL;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
    f = fopen(path, "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    assert_int_equal(fscanf(f, "%*d"), EOF);
    fclose(f);
    return pid;
}

static bool
status_has(pid_t pid, const char *line)
{
    char path[64];
    char got[512];
    bool found = false;
    FILE *f = NULL;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    f = fopen(path, "re");
    assert_non_null(f);
    while (!found && fgets(got, sizeof(got), f) != NULL) {
        found = strncmp(got, line, strlen(line)) == 0;
    }
    fclose(f);
    return found;
}

static void
assert_ends_with(pid_t pid, int expected)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static void
test_passwords_are_checked_by_pam(void **state)
{
    int link = -1;
    pid_t pid = start_program(&link);

    (void)state;
    start_pam(link);
    assert_false(password(link, "wrong"));
    assert_true(password(link, "right"));
    assert_false(interactive(link, "wrong"));
    assert_false(interactive(link, NULL));
    assert_true(interactive(link, "right"));
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_a_session_is_opened_and_closed_with_the_facts(void **state)
{
    int link = -1;
    pid_t pid = start_program(&link);

    (void)state;
    start_pam(link);
    assert_true(open_session(link));
    assert_journal("open_session nobody 192.0.2.1 ssh "
                   "192.0.2.1 1 192.0.2.2 22\n");
    kill(pid, SIGTERM); /* only the monitor's end counts */
    close(link);
    assert_ends_with(pid, 0);
    assert_journal("close_session nobody 192.0.2.1 ssh "
                   "192.0.2.1 1 192.0.2.2 22\n");
}

static void
test_the_dialer_runs_as_the_user_and_can_be_restarted(void **state)
{
    char ids[64];
    int link = -1;
    pid_t pid = start_program(&link);
    pid_t first;
    int dialer;

    (void)state;
    start_pam(link);
    assert_true(open_session(link));
    dialer = start_dialer(link);
    assert_resolves(dialer);
    first = only_child_of(pid);
    snprintf(ids, sizeof(ids), "Uid:\t%u\t%u\t%u\t%u\n", user->pw_uid,
             user->pw_uid, user->pw_uid, user->pw_uid);
    assert_true(status_has(first, ids));
    assert_true(status_has(first, "CapBnd:\t0000000000000000"));
    assert_true(status_has(first, "NoNewPrivs:\t1"));

    kill(first, SIGKILL);
    assert_end_of_link(dialer);
    dialer = start_dialer(link);
    assert_resolves(dialer);
    assert_int_not_equal(only_child_of(pid), first); /* and no zombie */

    close(link);
    assert_ends_with(pid, 0);
    assert_end_of_link(dialer);
}

static void
test_a_dialer_needs_a_session_and_a_link(void **state)
{
    const struct msg_none none = {0};
    int link = -1;
    pid_t pid = start_program(&link);
    int ends[2];

    (void)state;
    start_pam(link);
    assert_int_equal(link_pair(ends, 0), 0);
    assert_int_equal(ask(link, MSG_PAM_DIALER, &none, ends[1]).ok, 0);
    assert_true(open_session(link));
    assert_int_equal(ask(link, MSG_PAM_DIALER, &none, -1).ok, 0);
    close(ends[0]);
    close(ends[1]);
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_the_monitors_end_ends_it_amid_a_question(void **state)
{
    const struct msg_none none = {0};
    struct msg_prompt prompt;
    int link = -1;
    pid_t pid = start_program(&link);

    (void)state;
    start_pam(link);
    assert_int_equal(link_send(link, MSG_PAM_INTERACTIVE, &none, -1), 0);
    receive(link, ROUTE_PAM_TO_MONITOR, MSG_PAM_PROMPT, &prompt);
    close(link);
    assert_ends_with(pid, 0);
}

static void
test_an_answer_without_a_question_is_the_end(void **state)
{
    const struct msg_answer m = {.count = 0};
    int link = -1;
    pid_t pid = start_program(&link);

    (void)state;
    start_pam(link);
    assert_int_equal(link_send(link, MSG_PAM_ANSWER, &m, -1), 0);
    assert_ends_with(pid, 1);
    close(link);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passwords_are_checked_by_pam),
        cmocka_unit_test(test_a_session_is_opened_and_closed_with_the_facts),
        cmocka_unit_test(test_the_dialer_runs_as_the_user_and_can_be_restarted),
        cmocka_unit_test(test_a_dialer_needs_a_session_and_a_link),
        cmocka_unit_test(test_the_monitors_end_ends_it_amid_a_question),
        cmocka_unit_test(test_an_answer_without_a_question_is_the_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/monitor/hints.h"

/* What the programs really send, and a word that their hint must have. */
static const struct {
    const char *command, *word;
} rows[] = {
    {"scp -t .", "scp -J"},
    {"scp -f /etc/passwd", "scp -J"},
    {"/usr/lib/openssh/sftp-server", "sftp -J"},
    {"rsync --server -logDtpre.iLsfxCIvu . /tmp/x", "rsync -e"},
    {"git-upload-pack '/srv/x.git'", "GIT_SSH_COMMAND"},
    {"git-receive-pack 'x'", "GIT_SSH_COMMAND"},
    {"git-upload-archive 'x'", "GIT_SSH_COMMAND"},
    {"'git-upload-pack' x", "GIT_SSH_COMMAND"},
    {"bash", "ProxyJump"},
    {"bash --login -c 'true'", "ProxyJump"},
    {"sh", "ProxyJump"},
    {"powershell -NoProfile", "ProxyJump"},
    {"/bin/bash", "ProxyJump"},
    {"scpx", "runs no commands"},
    {"id", "runs no commands"},
    {"", "runs no commands"},
    {"'", "runs no commands"},
    {"/", "runs no commands"},
    {"$(scp)", "runs no commands"},
    {"; scp", "runs no commands"},
};

static struct wire_bytes
bytes(const void *data, size_t size)
{
    return (struct wire_bytes){.data = data, .size = size};
}

static void
test_every_row_is_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *hint =
            hint_command(bytes(rows[i].command, strlen(rows[i].command)));

        if (strstr(hint, rows[i].word) == NULL || strchr(hint, '\n') != NULL) {
            fail_msg("\"%s\": %s", rows[i].command, hint);
        }
    }
}

static void
test_bytes_that_are_no_text(void **state)
{
    (void)state;
    assert_non_null(strstr(hint_command(bytes("sc\0p", 4)), "no commands"));
    assert_non_null(strstr(hint_command(bytes("scp\0x", 5)), "scp -J"));
    assert_non_null(strstr(hint_command(bytes("\0", 1)), "no commands"));
    assert_non_null(strstr(hint_command(bytes(NULL, 0)), "no commands"));
}

static void
test_subsystems(void **state)
{
    (void)state;
    assert_non_null(strstr(hint_subsystem(bytes("sftp", 4)), "sftp -J"));
    assert_non_null(strstr(hint_subsystem(bytes("netconf", 7)), "ssh -J"));
    assert_non_null(strstr(hint_subsystem(bytes(NULL, 0)), "ssh -J"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_one_line),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_subsystems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

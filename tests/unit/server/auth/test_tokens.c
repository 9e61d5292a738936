#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "server/auth/tokens.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct keys_account alice = {
    .user = "alice", .home = "/home/alice", .uid = 1042};

/* path NULL: refused. */
static const struct row {
    const char *shows, *text, *path;
} rows[] = {
    {"a relative path is below home", ".ssh/authorized_keys",
     "/home/alice/.ssh/authorized_keys"},
    {"an absolute path stays", "/etc/keys/all", "/etc/keys/all"},
    {"%u is the name", "/etc/keys/%u", "/etc/keys/alice"},
    {"%U is the uid", "/etc/keys/%U.pub", "/etc/keys/1042.pub"},
    {"%h is the home, and absolute", "%h/.ssh/k", "/home/alice/.ssh/k"},
    {"%% is a percent sign", "/etc/100%%", "/etc/100%"},
    {"%%u is not a token", "/etc/%%u", "/etc/%u"},
    {"several tokens", "/%u/%U/%u%u", "/alice/1042/alicealice"},
    {"a token may begin a relative path", "%u/keys", "/home/alice/alice/keys"},
    {"globs are plain text", "/etc/keys/*", "/etc/keys/*"},
    {"an empty text is the home", "", "/home/alice/"},
    {"an unknown token", "/etc/%k", NULL},
    {"a capital token that is none", "/etc/%H", NULL},
    {"a percent sign at the end", "/etc/x%", NULL},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    char path[PATH_MAX];
    struct diag err = {.text = ""};

    assert_int_equal(tokens_expand(row->text, &alice, path, &err),
                     row->path == NULL ? -EINVAL : 0);
    if (row->path == NULL) {
        assert_non_null(strstr(err.text, "unknown token"));
    } else {
        assert_string_equal(path, row->path);
    }
}

static void
test_a_path_has_a_limit(void **state)
{
    char text[PATH_MAX + 1];
    char path[PATH_MAX];
    struct diag err = {.text = ""};

    (void)state;
    memset(text, 'x', PATH_MAX);
    text[0] = '/';
    text[PATH_MAX] = '\0';
    assert_int_equal(tokens_expand(text, &alice, path, &err), -ENAMETOOLONG);
    text[PATH_MAX - 1] = '\0';
    assert_int_equal(tokens_expand(text, &alice, path, &err), 0);
    assert_string_equal(path, text);
    text[0] = 'x'; /* now "/home/alice/" is in front */
    assert_int_equal(tokens_expand(text, &alice, path, &err), -ENAMETOOLONG);
    memcpy(text + PATH_MAX - 3, "%u", 3);
    text[0] = '/';
    assert_int_equal(tokens_expand(text, &alice, path, &err), -ENAMETOOLONG);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {
        cmocka_unit_test(test_a_path_has_a_limit),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 1] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

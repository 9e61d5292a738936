#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/path_pattern.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
    const char *pattern, *path;
    bool matches;
} rows[] = {
    {"/run/app.sock", "/run/app.sock", true},
    {"/run/app.sock", "/run/app.socket", false},
    {"/run/*.sock", "/run/app.sock", true},
    {"/run/*.sock", "/run/.sock", true},
    {"/run/*.sock", "/run/x/app.sock", false},
    {"/run/*/app", "/run/a/app", true},
    {"/run/*/app", "/run/a/b/app", false},
    {"/run/**/app", "/run/a/b/app", true},
    {"/run/**", "/run/a/b", true},
    {"/run/**", "/run/", true},
    {"/run/**", "/ru", false},
    {"/run/?", "/run/a", true},
    {"/run?app", "/run/app", false},
    {"/a*b*c", "/axbxc", true},
    {"/a*b*c", "/axbxcx", false},
    {"/a**b*c", "/a/b/b/xbyc", true},
    {"/a**b*c", "/a/b/b/xby/c", false},
    {"none", "/none", false},
};

static void
test_stars_stop_at_a_slash(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (path_pattern_matches(rows[i].pattern, rows[i].path) !=
            rows[i].matches) {
            fail_msg("%s against %s", rows[i].pattern, rows[i].path);
        }
    }
}

/* As the header says it, in exponential time. */
static bool
obvious(const char *pattern, const char *path)
{
    bool two = pattern[0] == '*' && pattern[1] == '*';

    if (*pattern == '\0') {
        return *path == '\0';
    }
    if (*pattern == '*') {
        return obvious(pattern + (two ? 2 : 1), path) ||
               (*path != '\0' && (two || *path != '/') &&
                obvious(pattern, path + 1));
    }
    return *path != '\0' &&
           (*pattern == *path || (*pattern == '?' && *path != '/')) &&
           obvious(pattern + 1, path + 1);
}

/* The word number n over an alphabet; false when it is longer than size. */
static bool
spell(unsigned n, const char *letters, char *out, size_t size)
{
    size_t base = strlen(letters), len = 0;

    for (; n > 0; n = (n - 1) / (unsigned)base) {
        if (len == size) {
            return false;
        }
        out[len++] = letters[(n - 1) % base];
    }
    out[len] = '\0';
    return true;
}

static void
test_every_short_pattern_against_every_short_path(void **state)
{
    char pattern[7] = "/", path[7] = "/";

    (void)state;
    for (unsigned p = 0; spell(p, "a/*?", pattern + 1, 5); p++) {
        for (unsigned t = 0; spell(t, "a/", path + 1, 5); t++) {
            if (path_pattern_matches(pattern, path) != obvious(pattern, path)) {
                fail_msg("%s against %s", pattern, path);
            }
        }
    }
}

static void
test_plain_paths_have_one_spelling(void **state)
{
    static const char *const plain[] = {"/a", "/a/b", "/.a/..b/...", "/a b"};
    static const char *const other[] = {"",      "a",     "/",     "//a",
                                        "/a/",   "/./a",  "/a/.",  "/../a",
                                        "/a/..", "/a//b", "/a/./b"};

    (void)state;
    for (size_t i = 0; i < COUNT(plain); i++) {
        assert_true(path_is_plain(plain[i]));
    }
    for (size_t i = 0; i < COUNT(other); i++) {
        assert_false(path_is_plain(other[i]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stars_stop_at_a_slash),
        cmocka_unit_test(test_every_short_pattern_against_every_short_path),
        cmocka_unit_test(test_plain_paths_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

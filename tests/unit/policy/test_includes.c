#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/includes.h"
#include "policy/printout.h"

static int
note(void *arg, const char *pattern)
{
    printout_add(arg, "%s;", pattern);
    return strcmp(pattern, "stop") == 0 ? 7 : 0;
}

static void
test_every_include_is_found(void **state)
{
    static const struct {
        const char *text;
        int r;
        const char *found;
    } rows[] = {
        {"", 0, ""},
        {"Port 22\n", 0, ""},
        {"Include a\n", 0, "a;"},
        {"include=a b 'c d' # e\n", 0, "a;b;c d;"},
        {"Match User x\n\tINCLUDE a\n", 0, "a;"},
        {"#Include a\n Include\nInclude \"\"\nInclude b\n", 0, "b;"},
        {"Include \"a\nInclude b\n", 0, "b;"},
        {"\"Include a\nInclude b\n", 0, "b;"},
        {"Include a stop b\nInclude c\n", 7, "a;stop;"},
        {"Include a\nInclude a\n", 0, "a;a;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct source source = {"f", rows[i].text, strlen(rows[i].text)};
        struct printout found = {0};

        printout_add(&found, "%s", "");
        assert_int_equal(policy_scan_includes(&source, note, &found),
                         rows[i].r);
        assert_string_equal(found.text, rows[i].found);
        printout_done(&found);
    }
}

static void
test_what_was_read_is_found_by_its_pattern(void **state)
{
    const struct include list[] = {
        {"b", NULL, 0}, {"a*", NULL, 0}, {"c", NULL, 0}};
    const struct sources sources = {.includes = list, .include_count = 3};
    const struct sources none = {.includes = NULL};
    struct arena *arena = arena_new();
    struct includes includes;

    (void)state;
    assert_int_equal(includes_init(&includes, &sources, arena), 0);
    assert_ptr_equal(includes_find(&includes, "a*"), &list[1]);
    assert_ptr_equal(includes_find(&includes, "b"), &list[0]);
    assert_ptr_equal(includes_find(&includes, "c"), &list[2]);
    assert_null(includes_find(&includes, "a"));
    assert_int_equal(includes_init(&includes, &none, arena), 0);
    assert_null(includes_find(&includes, "a"));
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_include_is_found),
        cmocka_unit_test(test_what_was_read_is_found_by_its_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "policy/lexer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the first line of a text is read as. */
static const struct row {
    const char *shows;
    const char *text;
    enum lex result;
    const char *keyword;
    const char *rest;
    unsigned line;
} rows[] = {
    {"a blank separates keyword and rest", "Port 22", LEX_LINE, "Port", "22",
     1},
    {"one = separates as well", "Port=22", LEX_LINE, "Port", "22", 1},
    {"= may stand between blanks", "Port = 22", LEX_LINE, "Port", "22", 1},
    {"a second = is data", "Port == 22", LEX_LINE, "Port", "= 22", 1},
    {"a keyword may be quoted", "\"Port\" 22", LEX_LINE, "Port", "22", 1},
    {"quotes inside a keyword vanish", "Po\"rt\" 22", LEX_LINE, "Port", "22",
     1},
    {"leading blanks do not count", " \t\rPort 22", LEX_LINE, "Port", "22", 1},
    {"a carriage return at the end does not count", "Port 22\r\n", LEX_LINE,
     "Port", "22", 1},
    {"a form feed at the end does not count", "Port 22 \f\n", LEX_LINE, "Port",
     "22", 1},
    {"a form feed at the start is data", "\fPort 22", LEX_LINE, "\fPort", "22",
     1},
    {"there is no continuation of lines", "Port \\\n22", LEX_LINE, "Port", "\\",
     1},
    {"comments and blank lines are counted", "# x\n\n \t\n  #y\nPort 22",
     LEX_LINE, "Port", "22", 5},
    {"a keyword alone has an empty rest", "Port  \n", LEX_LINE, "Port", "", 1},
    {"a comment stays in the rest", "Port 22 # x", LEX_LINE, "Port", "22 # x",
     1},
    {"a leading = is skipped", "=Port 22", LEX_LINE, "Port", "22", 1},
    {"two leading = leave an empty keyword", "==Port 22", LEX_LINE, "",
     "Port 22", 1},
    {"an unclosed quote in the keyword is told", "\"Port 22", LEX_OPEN_QUOTE,
     NULL, NULL, 1},
    {"nothing is the end", "", LEX_END, NULL, NULL, 0},
    {"comments alone are the end", "#\n# x\n", LEX_END, NULL, NULL, 2},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new();
    struct lexer lexer;
    struct line line = {NULL, NULL};

    lexer_init(&lexer, row->text, strlen(row->text));
    assert_int_equal(lexer_next(&lexer, arena, &line), row->result);
    assert_int_equal(lexer.line, row->line);
    if (row->keyword != NULL) {
        assert_string_equal(line.keyword, row->keyword);
        assert_string_equal(line.rest, row->rest);
    }
    arena_free(arena);
}

static void
test_a_nul_byte_is_told(void **state)
{
    static const char text[] = "Port 22\0#\n";
    struct arena *arena = arena_new();
    struct lexer lexer;
    struct line line;

    (void)state;
    lexer_init(&lexer, text, sizeof(text) - 1);
    assert_int_equal(lexer_next(&lexer, arena, &line), LEX_NUL);
    arena_free(arena);
}

static void
test_words(void **state)
{
    static const struct {
        const char *rest;
        int r;
        size_t count;
        const char *first, *second;
    } words[] = {
        {"", 0, 0, NULL, NULL},
        {"a", 0, 1, "a", NULL},
        {"a b", 0, 2, "a", "b"},
        {" a\t b ", 0, 2, "a", "b"},
        {"'a b' c", 0, 2, "a b", "c"},
        {"\"a b\" c", 0, 2, "a b", "c"},
        {"a\" b\"c d", 0, 2, "a bc", "d"},
        {"'a\"b' c", 0, 2, "a\"b", "c"},
        {"\"\" b", 0, 2, "", "b"},
        {"a\\ b c", 0, 2, "a b", "c"},
        {"\"a\\ b\"", 0, 1, "a\\ b", NULL},
        {"\\\"a \\'", 0, 2, "\"a", "'"},
        {"\\\\ \\n", 0, 2, "\\", "\\n"},
        {"a\\", 0, 1, "a\\", NULL},
        {"a#b #c", 0, 1, "a#b", NULL},
        {"# a", 0, 0, NULL, NULL},
        {"\"#\" a", 0, 2, "#", "a"},
        {"a\rb c", 0, 2, "a\rb", "c"},
        {"a \"b", -EINVAL, 0, NULL, NULL},
        {"'", -EINVAL, 0, NULL, NULL},
        {"'\\'", -EINVAL, 0, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        struct arena *arena = arena_new();
        struct words w = {0};
        const char *first, *second;

        assert_int_equal(lexer_split(arena, words[i].rest, &w), words[i].r);
        assert_int_equal(w.count, words[i].count);
        first = words_next(&w);
        second = words_next(&w);
        assert_int_equal(first != NULL, words[i].first != NULL);
        assert_int_equal(second != NULL, words[i].second != NULL);
        if (first != NULL) {
            assert_string_equal(first, words[i].first);
        }
        if (second != NULL) {
            assert_string_equal(second, words[i].second);
        }
        assert_null(words_next(&w));
        arena_free(arena);
    }
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2];

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    tests[COUNT(rows)] =
        (struct CMUnitTest)cmocka_unit_test(test_a_nul_byte_is_told);
    tests[COUNT(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(test_words);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

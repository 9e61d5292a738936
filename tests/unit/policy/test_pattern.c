#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "policy/pattern.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct list_row {
    const char *shows;
    const char *list, *text;
    bool fold;
    enum list_match match;
} list_rows[] = {
    {"a listed word matches", "alice,bob", "bob", false, LIST_MATCH},
    {"an unlisted word does not", "alice,bob", "carol", false, LIST_NO_MATCH},
    {"elements may be globs", "al*,b?b", "bob", false, LIST_MATCH},
    {"letter case counts", "Bob", "bob", false, LIST_NO_MATCH},
    {"unless it is folded, on either side", "*.Example", "DB.eXAMPLE", true,
     LIST_MATCH},
    {"a negated element wins when it comes last", "*,!bob", "bob", false,
     LIST_NEGATED},
    {"and when it comes first", "!bob,*", "bob", false, LIST_NEGATED},
    {"and leaves the others in", "*,!bob", "alice", false, LIST_MATCH},
    {"a list of negations alone never matches", "!bob", "alice", false,
     LIST_NO_MATCH},
    {"blanks are letters like others", "alice, bob", "bob", false,
     LIST_NO_MATCH},
    {"an empty list matches nothing", "", "", false, LIST_NO_MATCH},
    {"an empty element matches the empty word", "a,,b", "", false, LIST_MATCH},
    {"nothing follows a last comma", "a,", "", false, LIST_NO_MATCH},
    {"a lone ! negates the empty word", "*,!", "", false, LIST_NEGATED},
    {"only the first ! negates", "!!a,*", "!a", false, LIST_NEGATED},
};

static void
test_list_row(void **state)
{
    const struct list_row *row = *state;

    assert_int_equal(pattern_match_list(row->list, row->text, row->fold),
                     row->match);
}

static const struct host_row {
    const char *shows;
    const char *list, *host, *address;
    int r;
    enum list_match match;
} host_rows[] = {
    {"an address in a block matches", "10.0.0.0/8", "10.1.2.3", "10.1.2.3", 0,
     LIST_MATCH},
    {"a name matches a name pattern, whatever its case", "*.corp.example",
     "Pc7.Corp.Example", "192.0.2.7", 0, LIST_MATCH},
    {"neither name nor address", "*.corp.example,10.0.0.0/8", "x.example",
     "192.0.2.7", 0, LIST_NO_MATCH},
    {"a negated address wins over a matching name", "!192.0.2.7,*",
     "pc7.example", "192.0.2.7", 0, LIST_NEGATED},
    {"a negated name wins over a matching address", "!pc7.example,192.0.2.0/24",
     "pc7.example", "192.0.2.7", 0, LIST_NEGATED},
    {"a bad block is an error", "10.0.0.1/8", "10.0.0.1", "10.0.0.1", -EINVAL,
     LIST_NO_MATCH},
    {"nobody there: only the syntax is checked", "*", NULL, NULL, 0,
     LIST_NO_MATCH},
    {"nobody there, and the syntax is bad", "*,", NULL, NULL, -EINVAL,
     LIST_NO_MATCH},
    {"a connection without an address has a name still", "UNK*", "UNKNOWN",
     NULL, 0, LIST_MATCH},
};

static void
test_host_row(void **state)
{
    const struct host_row *row = *state;
    enum list_match match = LIST_NO_MATCH;
    struct address a = {0};
    struct diag err = {.text = ""};

    if (row->address != NULL) {
        assert_int_equal(address_parse(row->address, &a), 0);
    }
    assert_int_equal(
        pattern_match_host_list(row->list, row->host, &a, &match, &err),
        row->r);
    assert_int_equal(match, row->match);
    assert_int_equal(err.text[0] != '\0', row->r < 0);
}

/* The obvious matcher, which takes exponential time. */
static bool
obviously_matches(const char *pattern, const char *text)
{
    if (*pattern == '\0') {
        return *text == '\0';
    }
    if (*pattern == '*') {
        return obviously_matches(pattern + 1, text) ||
               (*text != '\0' && obviously_matches(pattern, text + 1));
    }
    return *text != '\0' && (*pattern == '?' || *pattern == *text) &&
           obviously_matches(pattern + 1, text + 1);
}

/* The next word over letters, shortest first; false after size letters. */
static bool
next_word(char *word, size_t size, const char *letters)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < len; i++) {
        const char *after = strchr(letters, word[i]) + 1;

        if (*after != '\0') {
            word[i] = *after;
            return true;
        }
        word[i] = letters[0];
    }
    if (len == size) {
        return false;
    }
    word[len] = letters[0];
    word[len + 1] = '\0';
    return true;
}

static void
test_every_short_pattern_matches_what_it_obviously_should(void **state)
{
    char pattern[8] = "";
    size_t pairs = 0;

    (void)state;
    do {
        char text[8] = "";

        do {
            if (pattern_matches(pattern, text) !=
                obviously_matches(pattern, text)) {
                fail_msg("pattern '%s', text '%s'", pattern, text);
            }
            pairs++;
        } while (next_word(text, 5, "ab"));
    } while (next_word(pattern, 6, "ab*?"));
    assert_int_equal(pairs, 5461 * 63);
}

static void
test_a_pattern_that_backtracks_is_not_slow(void **state)
{
    char pattern[2001];
    char text[20001];

    (void)state;
    for (size_t i = 0; i < sizeof(pattern) - 1; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    pattern[sizeof(pattern) - 2] = 'b';
    pattern[sizeof(pattern) - 1] = '\0';
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_false(pattern_matches(pattern, text));
}

static void
test_only_the_given_bytes_of_a_sized_pattern_count(void **state)
{
    (void)state;
    assert_true(pattern_matches_sized("alice@host", 5, "alice"));
    assert_false(pattern_matches_sized("alice@host", 5, "alice@host"));
    assert_true(pattern_matches_sized("*x", 1, "anything"));
    assert_true(pattern_matches_sized("x", 0, ""));
}

/* A list with this element after a match; size letters long. */
static enum list_match
match_long(size_t size, const char *before)
{
    char list[2048];
    char text[2048];

    memset(text, 'x', size);
    text[size] = '\0';
    strcpy(list, before);
    strcat(list, text);
    return pattern_match_list(list, text, false);
}

static void
test_an_overlong_element_makes_the_list_match_nothing(void **state)
{
    (void)state;
    assert_int_equal(match_long(1022, ""), LIST_MATCH);
    assert_int_equal(match_long(1023, ""), LIST_NO_MATCH);
    assert_int_equal(match_long(1023, "*,"), LIST_NO_MATCH);
    assert_int_equal(match_long(1023, "!*,"), LIST_NEGATED);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(list_rows) + COUNT(host_rows) + 4] = {
        cmocka_unit_test(
            test_every_short_pattern_matches_what_it_obviously_should),
        cmocka_unit_test(test_a_pattern_that_backtracks_is_not_slow),
        cmocka_unit_test(test_only_the_given_bytes_of_a_sized_pattern_count),
        cmocka_unit_test(test_an_overlong_element_makes_the_list_match_nothing),
    };
    size_t count = 4;

    for (size_t i = 0; i < COUNT(list_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = list_rows[i].shows,
            .test_func = test_list_row,
            .initial_state = (void *)(uintptr_t)&list_rows[i],
        };
    }
    for (size_t i = 0; i < COUNT(host_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = host_rows[i].shows,
            .test_func = test_host_row,
            .initial_state = (void *)(uintptr_t)&host_rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

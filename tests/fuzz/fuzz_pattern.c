#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "policy/pattern.h"

#define SIZE_MAX_EACH 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fits[j]: what of the pattern was read so far matches j letters of text. */
static bool
table_matches(const char *pattern, const char *text)
{
    bool fits[SIZE_MAX_EACH + 1] = {true};
    size_t len = strlen(text);

    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '*') {
            for (size_t j = 1; j <= len; j++) {
                fits[j] = fits[j] || fits[j - 1];
            }
            continue;
        }
        for (size_t j = len; j > 0; j--) {
            fits[j] = fits[j - 1] && (*p == '?' || *p == text[j - 1]);
        }
        fits[0] = false;
    }
    return fits[len];
}

/* A list that ends in "!*" lets nothing through, whatever it says before. */
static void
check_denial(const char *list, const char *text)
{
    char longer[SIZE_MAX_EACH + 4] = "";

    snprintf(longer, sizeof(longer), "%s,!*", list);
    assert(pattern_match_list(longer, text, false) == LIST_NEGATED);
    assert(pattern_match_list(longer, text, true) == LIST_NEGATED);
}

/* "pattern NUL text": the matcher agrees with a table; folding only adds. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char copy[2 * SIZE_MAX_EACH + 2] = "";
    const char *text = NULL;
    bool matches = false;

    if (size > SIZE_MAX_EACH) {
        return 0;
    }
    memcpy(copy, data, size);
    copy[size] = '\0';
    text = copy + strlen(copy);
    text += text < copy + size;
    matches = pattern_matches(copy, text);
    assert(matches == table_matches(copy, text));
    assert(matches == pattern_matches_sized(copy, strlen(copy), text));
    if (pattern_match_list(copy, text, false) != LIST_NO_MATCH) {
        assert(pattern_match_list(copy, text, true) != LIST_NO_MATCH);
    }
    check_denial(copy, text);
    return 0;
}

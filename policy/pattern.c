/* Globs and lists of them: the only patterns that an sshd_config knows. */
#include "policy/pattern.h"

#include <errno.h>
#include <string.h>

#define ELEMENT_MAX 1022 /* bytes of one list element, as sshd */

/* A piece of text that need not be terminated. */
struct span {
    const char *p, *end;
};

static char
fold_letter(char c, bool fold)
{
    return fold && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
pattern_fold(const char *text, char *out, size_t size)
{
    size_t len = strlen(text);

    if (len >= size) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        out[i] = fold_letter(text[i], true);
    }
    return true;
}

static bool
same_letter(char pattern, char text, bool fold)
{
    return pattern == '?' ||
           fold_letter(pattern, fold) == fold_letter(text, fold);
}

/*
 * When a letter does not fit, only the latest '*' needs to be tried again,
 * one letter further on: an earlier one could not reach anything new.
 */
static bool
span_matches(struct span pattern, const char *text, bool fold)
{
    const char *p = pattern.p;
    const char *star = NULL;  /* just after the latest '*' */
    const char *retry = NULL; /* where that star stops eating, this time */

    while (*text != '\0') {
        if (p < pattern.end && *p == '*') {
            star = ++p;
            retry = text;
        } else if (p < pattern.end && same_letter(*p, *text, fold)) {
            p++;
            text++;
        } else if (star != NULL) {
            p = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.end && *p == '*') {
        p++;
    }
    return p == pattern.end;
}

bool
pattern_matches_sized(const char *pattern, size_t size, const char *text)
{
    struct span span = {pattern, pattern + size};

    return span_matches(span, text, false);
}

bool
pattern_matches(const char *pattern, const char *text)
{
    return pattern_matches_sized(pattern, strlen(pattern), text);
}

enum list_match
pattern_match_list(const char *list, const char *text, bool fold)
{
    enum list_match result = LIST_NO_MATCH;

    while (*list != '\0') {
        bool negated = *list == '!';
        struct span element = {.p = negated ? list + 1 : list};

        element.end = element.p + strcspn(element.p, ",");
        if (element.end - element.p > ELEMENT_MAX) {
            return LIST_NO_MATCH;
        }
        if (span_matches(element, text, fold)) {
            if (negated) {
                return LIST_NEGATED;
            }
            result = LIST_MATCH;
        }
        list = *element.end == ',' ? element.end + 1 : element.end;
    }
    return result;
}

int
pattern_match_host_list(const char *list, const char *host,
                        const struct address *a, enum list_match *ret,
                        struct diag *reterr)
{
    enum list_match by_address = LIST_NO_MATCH;
    enum list_match by_name = LIST_NO_MATCH;
    int r = address_match_list(list, a, &by_address, reterr);

    if (r < 0) {
        return r;
    }
    if (host == NULL) {
        *ret = LIST_NO_MATCH;
        return 0;
    }
    by_name = pattern_match_list(list, host, true);
    if (by_address == LIST_NEGATED || by_name == LIST_NEGATED) {
        *ret = LIST_NEGATED;
    } else if (by_address == LIST_MATCH || by_name == LIST_MATCH) {
        *ret = LIST_MATCH;
    } else {
        *ret = LIST_NO_MATCH;
    }
    return 0;
}

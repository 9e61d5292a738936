#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "policy/address.h"

#define TEXT_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses survives a round trip, and is alone in the list of itself. */
static void
check_address(const char *text)
{
    struct address a = {0};
    struct address b = {0};
    struct diag err = {.text = ""};
    enum list_match match = LIST_NO_MATCH;
    char printed[ADDRESS_TEXT_MAX];

    if (address_parse(text, &a) < 0) {
        return;
    }
    address_format(&a, printed);
    assert(address_parse(printed, &b) == 0);
    assert(address_equal(&a, &b));
    assert(address_match_list(printed, &a, &match, &err) == 0);
    assert(match == LIST_MATCH);
}

/* A list that ends in "!" and everything lets nobody in. */
static void
check_denial(const char *list, const struct address *a)
{
    char longer[512];
    enum list_match match = LIST_NO_MATCH;
    struct diag err = {0};

    snprintf(longer, sizeof(longer), "%.400s,!0.0.0.0/0", list);
    assert(address_match_list(longer, a, &match, &err) < 0 ||
           match == LIST_NEGATED);
}

/* Whether a list is well formed does not depend on who asks. */
static void
check_list(const char *list)
{
    static const struct address nobody;
    static const struct address v4 = {ADDRESS_V4, {10, 0, 0, 1}, 0};
    struct diag err = {.text = ""};
    enum list_match match = LIST_NO_MATCH;
    int r = address_match_list(list, &nobody, &match, &err);

    assert(match == LIST_NO_MATCH);
    assert((r < 0) == (err.text[0] != '\0'));
    assert(address_match_list(list, &v4, &match, &err) == r);
    check_denial(list, &v4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];

    if (size > TEXT_MAX) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    check_address(text);
    check_list(text);
    return 0;
}

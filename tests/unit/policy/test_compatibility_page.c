#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/policy/each_row.h"

#define PAGE_MAX (256 * 1024) /* bytes */

/* docs/compatibility.md */
static char page[PAGE_MAX];

static int
read_page(void **state)
{
    char path[4096];
    FILE *file = NULL;
    size_t size = 0;

    (void)state;
    snprintf(path, sizeof(path), "%s/docs/compatibility.md",
             getenv("TEST_SOURCE") != NULL ? getenv("TEST_SOURCE") : ".");
    file = fopen(path, "rb");
    if (file == NULL) {
        return -1;
    }
    size = fread(page, 1, sizeof(page) - 1, file);
    page[size] = '\0';
    fclose(file);
    return size > 0 && size < sizeof(page) - 1 ? 0 : -1;
}

/* What the page has to say of a row. */
static const char *
word_of(enum use use)
{
    switch (use) {
    case USE_HONOURED:
    case USE_STRUCTURE:
        return "honoured";
    case USE_NO_EFFECT:
        return "no effect";
    case USE_DEFAULT_ONLY:
        return "default only";
    case USE_REFUSED:
        return "refused";
    case USE_UNSUPPORTED:
    case USE_DEPRECATED:
    case USE_IGNORED:
        return "accepted";
    }
    return "";
}

static void
names(const char *alias)
{
    char want[100];

    snprintf(want, sizeof(want), "`%s`", alias);
    if (strstr(page, want) == NULL) {
        fail_msg("docs/compatibility.md does not name %s", alias);
    }
}

static void
is_on_the_page(const struct keyword *kw)
{
    char want[200];

    if (kw->ours) {
        return;
    }
    snprintf(want, sizeof(want), "\n| `%s` | %s |", kw->name, word_of(kw->use));
    if (strstr(page, want) == NULL) {
        fail_msg("docs/compatibility.md lacks the row%s", want);
    }
    for (size_t i = 0; i < KEYWORD_ALIASES && kw->alias[i] != NULL; i++) {
        names(kw->alias[i]);
    }
    if (kw->alias_global != NULL) {
        names(kw->alias_global);
    }
}

static void
test_every_keyword_of_sshd_is_on_the_page(void **state)
{
    (void)state;
    each_row(is_on_the_page);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_keyword_of_sshd_is_on_the_page),
    };

    return cmocka_run_group_tests(tests, read_page, NULL);
}

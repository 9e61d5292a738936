#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <stdio.h>
#include <stdlib.h>

#include "policy/endpoints.h"
#include "policy/grants.h"
#include "policy/printout.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ENTRIES 400
#define QUESTIONS 20000

/* A small generator of our own: the same entries in every run. */
static unsigned
number(unsigned below)
{
    static uint32_t state = 1;

    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
}

static const char *const names[] = {
    "a",           "b.a",        "c.b.a",     "d.c.b.a",     "*.a",
    "*.b.a",       "?.b.a",      "*",         "10.0.0.1",    "10.0.0.0/30",
    "10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "[fd00::/16]", "[fd00::/64]",
    "[::/0]",      "[fd00::1]",  "c*.b.a",    "*.*.a",       "10.0.0.2",
};
static const char *const ports[] = {"1", "2", "3", "1-2", "2-3", "*"};

static void
make_entry(struct arena *arena, struct grant *ret, bool rare)
{
    struct diag diag = {0};
    char text[64];
    char *kept = NULL;
    size_t any = 7; /* rarely, so that not all is answered by it */

    do {
        snprintf(text, sizeof(text), "%s:%s", names[any = number(COUNT(names))],
                 ports[number(COUNT(ports))]);
    } while (rare && (any == 7 || any == 12 || any == 15));
    kept = arena_text(arena, text, strlen(text));
    assert_int_equal(grant_parse_open(arena, kept, NULL, NULL, ret, &diag), 0);
}

static void
ask(const struct grants_setting *with, const struct grants_setting *without)
{
    static const char *const asked[] = {"a",   "b.a",   "c.b.a",  "d.c.b.a",
                                        "x.a", "x.b.a", "xx.b.a", "other",
                                        ".a",  "..b.a", "cc.b.a"};
    static const char *const addresses[] = {
        "10.0.0.1", "10.0.0.2", "10.0.0.77", "10.9.9.9", "11.0.0.1",
        "fd00::1",  "fd00::2",  "fd00:1::1", "fe80::1",
    };
    struct address a = {0};
    struct grant_query q = {.port = 1 + number(4)};

    if (number(3) > 0) {
        q.name = asked[number(COUNT(asked))];
    }
    if (number(3) > 0) {
        address_parse(addresses[number(COUNT(addresses))], &a);
        q.address = &a;
    }
    assert_ptr_equal(grants_find(with, &q), grants_find(without, &q));
    assert_int_equal(grants_may_hold_address(with, q.port),
                     grants_may_hold_address(without, q.port));
}

static void
test_the_index_finds_what_a_walk_finds(void **state)
{
    (void)state;
    for (size_t round = 0; round < 20; round++) {
        struct arena *arena = arena_new();
        struct grant *list = arena_alloc(arena, ENTRIES * sizeof(*list));
        struct grants_setting without = {
            .list = list, .count = round == 0 ? ENTRIES : 16 + round};
        struct grants_setting with = without;

        for (size_t i = 0; i < without.count; i++) {
            make_entry(arena, &list[i], round < 18);
        }
        with.count = without.count;
        assert_int_equal(grants_seal(arena, &with), 0);
        assert_non_null(with.index);
        for (size_t i = 0; i < QUESTIONS / 20; i++) {
            ask(&with, &without);
        }
        arena_free(arena);
    }
}

static void
test_a_short_list_has_no_index(void **state)
{
    struct arena *arena = arena_new();
    struct grant one = {.kind = GRANT_ANY, .ports = PORT_RANGE_ALL};
    struct grants_setting set = {.list = &one, .count = 1};
    const struct grant_query q = {.port = 1};

    (void)state;
    assert_int_equal(grants_seal(arena, &set), 0);
    assert_null(set.index);
    assert_ptr_equal(grants_find(&set, &q), &one);
    arena_free(arena);
}

static void
test_a_long_permit_open_is_found_as_by_a_walk(void **state)
{
    static const char *const hosts[] = {"a", "b", "A", "*", "/run/x", ""};
    struct arena *arena = arena_new();
    struct endpoint list[40] = {0};
    struct endpoints_setting with = {.list = list, .count = COUNT(list)};
    struct endpoints_setting without = with;

    (void)state;
    for (size_t i = 0; i < COUNT(list); i++) {
        list[i].host = hosts[number(i < 30 ? 3 : COUNT(hosts))];
        list[i].port = (uint16_t)number(i < 30 ? 200 : 3);
        list[i].never = number(10) == 0;
    }
    assert_int_equal(endpoints_seal(arena, &with), 0);
    assert_non_null(with.index);
    for (size_t i = 0; i < QUESTIONS; i++) {
        const char *host = hosts[number(COUNT(hosts))];
        uint16_t port = (uint16_t)number(200);

        assert_ptr_equal(endpoints_find_open(&with, host, port),
                         endpoints_find_open(&without, host, port));
        assert_ptr_equal(endpoints_find_path(&with, host),
                         endpoints_find_path(&without, host));
    }
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_index_finds_what_a_walk_finds),
        cmocka_unit_test(test_a_short_list_has_no_index),
        cmocka_unit_test(test_a_long_permit_open_is_found_as_by_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "server/ctl/places.h"

static const struct place *
find(const struct places *p, const char *text)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->list[i].text, text) == 0) {
            return &p->list[i];
        }
    }
    return NULL;
}

static void
test_every_host_meets_every_port(void **state)
{
    struct census c = {0};
    struct places p;

    (void)state;
    name_set_add(&c.open_hosts, "a");
    name_set_add(&c.open_hosts, "::1");
    name_set_add(&c.open_ports, "1");
    name_set_add(&c.open_ports, "2");
    name_set_add(&c.listen_hosts, "");
    name_set_add(&c.listen_ports, "3");
    name_set_add(&c.open_paths, "/a b");
    name_set_add(&c.listen_paths, "/c");
    name_set_add(&c.sources, "10.0.0.1");
    assert_int_equal(places_make(&c, &p), 0);
    assert_int_equal(p.count, 8);
    assert_false(p.is_cut);
    assert_non_null(find(&p, "open a:1"));
    assert_string_equal(find(&p, "open [::1]:2")->request.host, "::1");
    assert_string_equal(find(&p, "listen *:3")->request.host, "");
    assert_string_equal(find(&p, "open-path /a b")->request.path, "/a b");
    assert_int_equal(find(&p, "listen-path /c")->request.kind,
                     REQUEST_LISTEN_PATH);
    assert_int_equal(find(&p, "accept 10.0.0.1")->request.kind, 0);
    assert_int_equal(find(&p, "accept 10.0.0.1")->source.family, ADDRESS_V4);
    places_done(&p);
    census_done(&c);
}

static void
test_too_many_places_are_cut(void **state)
{
    struct census c = {0};
    struct places p;
    char text[16];

    (void)state;
    for (int i = 1; i <= 200; i++) {
        snprintf(text, sizeof(text), "%d", i);
        name_set_add(&c.open_hosts, text);
        name_set_add(&c.open_ports, text);
    }
    assert_int_equal(places_make(&c, &p), 0);
    assert_true(p.is_cut);
    assert_int_equal(p.count, PLACES_MAX);
    assert_non_null(find(&p, "open 1:150")); /* not only the first hosts */
    assert_non_null(find(&p, "open 150:1"));
    places_done(&p);
    census_done(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_host_meets_every_port),
        cmocka_unit_test(test_too_many_places_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

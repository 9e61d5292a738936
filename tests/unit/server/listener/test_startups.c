/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <string.h>

#include "server/listener/portcullisd.h"
#include "server/listener/startups.h"

static char said[2048];

static void
note(void *arg, enum log_level level, const char *text)
{
    size_t used = strlen(said);

    (void)arg;
    snprintf(said + used, sizeof(said) - used, "%d %s\n", (int)level, text);
}

static bool
admit(struct startups *s, size_t waiting, uint64_t now_ms)
{
    static const struct say to = {note, NULL};
    const struct startup next = {
        .waiting = waiting,
        .now_ms = now_ms,
        .peer = "192.0.2.1",
        .local = "::1",
        .peer_port = 40000,
        .local_port = 22,
    };

    said[0] = '\0';
    return startups_admit(s, &next, &to);
}

#define DROP                                                                   \
    "drop connection #100 from [192.0.2.1]:40000 on [::1]:22 past "            \
    "MaxStartups\n"

static void
test_clients_up_to_the_ceiling_are_admitted_silently(void **state)
{
    struct startups s = {0};

    (void)state;
    assert_true(admit(&s, 0, 1));
    assert_true(admit(&s, STARTUPS_MAX - 1, 2));
    assert_string_equal(said, "");
}

static void
test_a_flood_is_spoken_of_when_it_begins_lasts_and_ends(void **state)
{
    struct startups s = {0};

    (void)state;
    assert_false(admit(&s, 100, 1000));
    assert_string_equal(said, "2 beginning MaxStartups throttling\n"
                              "3 " DROP);
    assert_false(admit(&s, 100, 2000));
    assert_string_equal(said, "4 " DROP);
    assert_false(admit(&s, 100, 1000 + STARTUPS_COMPLAINT_MS));
    assert_string_equal(said, "2 in MaxStartups throttling for 00:05:00, 3 "
                              "connections dropped\n"
                              "3 " DROP);
    assert_true(admit(&s, STARTUPS_CALM, 1000 + STARTUPS_COMPLAINT_MS));
    assert_string_equal(said, "");
    assert_true(admit(&s, 0, 3661000 + 1000));
    assert_string_equal(said, "3 exited MaxStartups throttling after "
                              "01:01:01, 3 connections dropped\n");
    assert_true(admit(&s, 0, 4000000));
    assert_string_equal(said, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_up_to_the_ceiling_are_admitted_silently),
        cmocka_unit_test(
            test_a_flood_is_spoken_of_when_it_begins_lasts_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

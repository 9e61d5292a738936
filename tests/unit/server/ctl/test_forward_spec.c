/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/ctl/forward_spec.h"

static uint16_t
service(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return 443;
}

static void
test_requests_are_read_and_written(void **state)
{
    static const struct {
        const char *kind, *where, *written;
    } rows[] = {
        {"open", "db:5432", "open db:5432"},
        {"open", "[::1]:22", "open [::1]:22"},
        {"open", "[db]:22", "open db:22"},
        {"open", "db:https", "open db:443"},
        {"open", "db:70000", "open db:70000"}, /* to be refused */
        {"open", "db:4294967295", "open db:4294967295"},
        {"listen", "8080", "listen localhost:8080"}, /* as ssh -R */
        {"listen", ":8080", "listen *:8080"},
        {"listen", "*:8080", "listen *:8080"},
        {"listen", "[::]:0", "listen [::]:0"},
        {"open-path", "/run/x y", "open-path /run/x y"},
        {"listen-path", "", "listen-path "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct printout out = {0};
        struct request req = {0};
        struct diag err = {0};

        assert_int_equal(forward_spec_parse(arena, rows[i].kind, rows[i].where,
                                            service, &req, &err),
                         0);
        forward_spec_format(&req, &out);
        assert_string_equal(out.text, rows[i].written);
        assert_true(req.wants_reply);
        printout_done(&out);
        arena_free(arena);
    }
}

static void
test_what_is_no_request_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"close", "db:1"},
        {"open", "db"},
        {"open", ":80"},
        {"open", "db:"},
        {"open", "::1:80"},
        {"open", "[::1]"},
        {"open", "[::1"},
        {"open", "db:80x"},
        {"listen", ""},
        {"open", "db:-1"},
        {"open", "db:429496729699"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct request req = {0};
        struct diag err = {0};

        assert_true(forward_spec_parse(arena, rows[i][0], rows[i][1], NULL,
                                       &req, &err) < 0);
        assert_true(err.text[0] != '\0');
        assert_int_equal(req.kind, 0);
        arena_free(arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_read_and_written),
        cmocka_unit_test(test_what_is_no_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

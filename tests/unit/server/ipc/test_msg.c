#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "server/ipc/msg.h"

/* Each row is a test of its own, named by what it shows. */
static const struct row {
    const char *shows;
    uint32_t type;
    enum msg_route route;
    enum msg_phase now;
    size_t body;
    bool has_fd;
    bool allowed;
} rows[] = {
    {"an open is refused before login", MSG_OPEN, ROUTE_SESSION_TO_MONITOR,
     PHASE_AUTH, 20, false, false},
    {"an open is allowed after login", MSG_OPEN, ROUTE_SESSION_TO_MONITOR,
     PHASE_READY, 20, false, true},
    {"a login request is refused after login", MSG_AUTH_REQUEST,
     ROUTE_SESSION_TO_MONITOR, PHASE_READY, 20, false, false},
    {"a message in the wrong direction is refused", MSG_OPEN,
     ROUTE_MONITOR_TO_SESSION, PHASE_READY, 20, false, false},
    {"the session may not send a descriptor", MSG_OPEN,
     ROUTE_SESSION_TO_MONITOR, PHASE_READY, 20, true, false},
    {"the session may not log a page", MSG_LOG, ROUTE_SESSION_TO_MONITOR,
     PHASE_READY, 1025, false, false},
    {"a signature is asked for on the link for calls only", MSG_SIGN,
     ROUTE_SESSION_TO_MONITOR, PHASE_AUTH, 40, false, false},
    {"a signature may be asked for at any time", MSG_SIGN,
     ROUTE_SYNC_TO_MONITOR, PHASE_READY, 40, false, true},
    {"a connected socket comes from the dialer", MSG_CONNECTED,
     ROUTE_DIALER_TO_MONITOR, PHASE_AUTH, 12, true, true},
    {"pam never sends a descriptor", MSG_PAM_RESULT, ROUTE_PAM_TO_MONITOR,
     PHASE_AUTH, 12, true, false},
    {"a listening socket goes to the dialer", MSG_BIND_SOCKET,
     ROUTE_MONITOR_TO_DIALER, PHASE_READY, 5, true, true},
    {"and never comes from it", MSG_BIND_SOCKET, ROUTE_DIALER_TO_MONITOR,
     PHASE_READY, 5, true, false},
    {"the daemon is asked before the login", MSG_ADMIT,
     ROUTE_MONITOR_TO_LISTENER, PHASE_AUTH, 12, false, true},
    {"the daemon does not ask", MSG_ADMIT, ROUTE_LISTENER_TO_MONITOR,
     PHASE_AUTH, 12, false, false},
    {"the daemon answers", MSG_ADMITTED, ROUTE_LISTENER_TO_MONITOR, PHASE_AUTH,
     1, false, true},
    {"the daemon hands out no descriptor", MSG_ADMITTED,
     ROUTE_LISTENER_TO_MONITOR, PHASE_AUTH, 1, true, false},
    {"type 0 is nothing", MSG_NONE, ROUTE_SESSION_TO_MONITOR, PHASE_READY, 0,
     false, false},
    {"an unknown type is refused", UINT32_MAX, ROUTE_SESSION_TO_MONITOR,
     PHASE_READY, 0, false, false},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void
test_row(void **state)
{
    const struct row *row = *state;

    assert_int_equal(
        msg_allowed(row->type, row->route, row->now, row->body, row->has_fd),
        row->allowed);
}

static void
test_every_type_has_one_route_and_a_name(void **state)
{
    (void)state;
    for (uint32_t type = MSG_NONE + 1; type < MSG_COUNT; type++) {
        int routes = 0;

        for (int r = ROUTE_NONE + 1; r <= ROUTE_LISTENER_TO_MONITOR; r++) {
            routes += msg_allowed(type, (enum msg_route)r, PHASE_ANY, 0, false);
        }
        assert_int_equal(routes, 1);
        assert_string_not_equal(msg_name(type), "unknown");
    }
    assert_string_equal(msg_name(MSG_COUNT), "unknown");
}

/* The body of a message, encoded. */
static size_t
encode(enum msg_type type, const void *body, uint8_t *out, size_t size)
{
    long n = msg_encode(type, body, out, size);

    assert_true(n > 4);
    memmove(out, out + 4, (size_t)n - 4);
    return (size_t)n - 4;
}

static const struct msg_open an_open = {
    .id = 7,
    .host = {.data = (const uint8_t *)"db", .size = 2},
    .port = 70000,
    .originator = {.data = (const uint8_t *)"::1", .size = 3},
    .originator_port = 9,
};

static void
test_open_survives_the_link(void **state)
{
    uint8_t bytes[256];
    struct msg_open m;
    size_t n = encode(MSG_OPEN, &an_open, bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(msg_decode(MSG_OPEN, bytes, n, &m), 0);
    assert_int_equal(m.id, 7);
    assert_true(wire_bytes_are(m.host, "db"));
    assert_int_equal(m.port, 70000); /* the monitor judges it, not the codec */
    assert_true(wire_bytes_are(m.originator, "::1"));
    assert_int_equal(m.originator_port, 9);
}

static void
test_every_truncation_and_every_surplus_is_refused(void **state)
{
    uint8_t good[256], bytes[256];
    struct msg_open m;
    size_t n = encode(MSG_OPEN, &an_open, good, sizeof(good));

    (void)state;
    for (size_t size = 0; size < n; size++) {
        memcpy(bytes, good, sizeof(bytes));
        assert_int_equal(msg_decode(MSG_OPEN, bytes, size, &m), -EBADMSG);
        assert_int_equal(m.id, 0);
    }
    memcpy(bytes, good, sizeof(bytes));
    assert_int_equal(msg_decode(MSG_OPEN, bytes, n + 1, &m), -EBADMSG);
}

static void
test_texts_are_terminated_in_place(void **state)
{
    const struct msg_pam_start in = {
        .service = "portcullis",
        .user = "alice",
        .remote_host = "",
        .ssh_connection = "::1 1 ::1 2",
        .forbid_empty_password = 1,
    };
    struct msg_pam_start out;
    uint8_t bytes[256];
    size_t n = encode(MSG_PAM_START, &in, bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(msg_decode(MSG_PAM_START, bytes, n, &out), 0);
    assert_string_equal(out.service, "portcullis");
    assert_string_equal(out.user, "alice");
    assert_string_equal(out.remote_host, "");
    assert_string_equal(out.ssh_connection, "::1 1 ::1 2");
    assert_int_equal(out.forbid_empty_password, 1);
}

static void
test_a_nul_inside_a_text_is_refused(void **state)
{
    uint8_t bytes[] = {0, 0, 0, 3, 'a', 0, 'b'};
    struct msg_text m;

    (void)state;
    assert_int_equal(msg_decode(MSG_DEBUG, bytes, sizeof(bytes), &m), -EBADMSG);
}

static void
test_prompts_and_answers_survive(void **state)
{
    const struct msg_prompt in = {
        .name = "n",
        .instruction = "i",
        .count = 2,
        .prompts = {"Password: ", "Code: "},
        .echo = {0, 1},
    };
    const struct msg_answer answers = {.count = 2, .answers = {"x", ""}};
    struct msg_prompt out;
    struct msg_answer got;
    uint8_t bytes[256];
    size_t n = encode(MSG_AUTH_PROMPT, &in, bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(msg_decode(MSG_AUTH_PROMPT, bytes, n, &out), 0);
    assert_int_equal(out.count, 2);
    assert_string_equal(out.prompts[1], "Code: ");
    assert_int_equal(out.echo[0], 0);
    assert_int_equal(out.echo[1], 1);
    n = encode(MSG_PAM_ANSWER, &answers, bytes, sizeof(bytes));
    assert_int_equal(msg_decode(MSG_PAM_ANSWER, bytes, n, &got), 0);
    assert_int_equal(got.count, 2);
    assert_string_equal(got.answers[0], "x");
    assert_string_equal(got.answers[1], "");
}

static void
test_what_limits_need_survives(void **state)
{
    const struct msg_admit admit = {.uid = 4294967294U, .limit = 1ULL << 40};
    const struct msg_bind_socket bind = {.id = 7, .is_last = 1};
    const struct msg_terms terms = {
        .max_sessions = 3,
        .forward_rate = 1 << 20,
        .window_each = 1 << 21,
        .window_total = 1 << 22,
    };
    struct msg_admit got_admit;
    struct msg_bind_socket got_bind;
    struct msg_terms got_terms;
    uint8_t bytes[256];
    size_t n = encode(MSG_ADMIT, &admit, bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(msg_decode(MSG_ADMIT, bytes, n, &got_admit), 0);
    assert_int_equal(got_admit.uid, 4294967294U);
    assert_int_equal(got_admit.limit, 1ULL << 40);
    n = encode(MSG_BIND_SOCKET, &bind, bytes, sizeof(bytes));
    assert_int_equal(msg_decode(MSG_BIND_SOCKET, bytes, n, &got_bind), 0);
    assert_int_equal(got_bind.id, 7);
    assert_int_equal(got_bind.is_last, 1);
    n = encode(MSG_AUTH_SUCCESS, &terms, bytes, sizeof(bytes));
    assert_int_equal(msg_decode(MSG_AUTH_SUCCESS, bytes, n, &got_terms), 0);
    assert_int_equal(got_terms.max_sessions, 3);
    assert_int_equal(got_terms.forward_rate, 1 << 20);
    assert_int_equal(got_terms.window_each, 1 << 21);
    assert_int_equal(got_terms.window_total, 1 << 22);
}

static void
test_counts_beyond_the_arrays_are_refused(void **state)
{
    uint8_t prompts[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, LIMIT_PROMPTS + 1};
    uint8_t answers[] = {0xff, 0xff, 0xff, 0xff};
    struct msg_prompt p;
    struct msg_answer a;
    struct msg_prompt too_many = {.count = LIMIT_PROMPTS + 1};
    uint8_t out[64];

    (void)state;
    assert_int_equal(msg_decode(MSG_AUTH_PROMPT, prompts, sizeof(prompts), &p),
                     -EBADMSG);
    assert_int_equal(msg_decode(MSG_PAM_ANSWER, answers, sizeof(answers), &a),
                     -EBADMSG);
    assert_int_equal(msg_encode(MSG_AUTH_PROMPT, &too_many, out, sizeof(out)),
                     -EMSGSIZE);
}

static void
test_addresses_survive_and_bad_families_do_not(void **state)
{
    struct address a, b;
    struct msg_connect in = {.id = 1, .port = 443};
    struct msg_connect out;
    uint8_t bytes[256];
    size_t n;

    (void)state;
    assert_int_equal(address_parse("fe80::1%2", &a), 0);
    in.addresses.list[0] = msg_address_of(&a);
    in.addresses.count = 1;
    n = encode(MSG_CONNECT, &in, bytes, sizeof(bytes));
    assert_int_equal(msg_decode(MSG_CONNECT, bytes, n, &out), 0);
    assert_int_equal(out.addresses.count, 1);
    assert_int_equal(msg_address_get(&out.addresses.list[0], &b), 0);
    assert_true(address_equal(&a, &b));
    out.addresses.list[0].family = 5;
    assert_int_equal(msg_address_get(&out.addresses.list[0], &b), -EBADMSG);
}

int
main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(test_every_type_has_one_route_and_a_name),
        cmocka_unit_test(test_open_survives_the_link),
        cmocka_unit_test(test_every_truncation_and_every_surplus_is_refused),
        cmocka_unit_test(test_texts_are_terminated_in_place),
        cmocka_unit_test(test_a_nul_inside_a_text_is_refused),
        cmocka_unit_test(test_prompts_and_answers_survive),
        cmocka_unit_test(test_what_limits_need_survives),
        cmocka_unit_test(test_counts_beyond_the_arrays_are_refused),
        cmocka_unit_test(test_addresses_survive_and_bad_families_do_not),
    };
    struct CMUnitTest table[ROW_COUNT];
    int failed;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        table[i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    failed = cmocka_run_group_tests(table, NULL, NULL);
    return failed + cmocka_run_group_tests(more, NULL, NULL);
}

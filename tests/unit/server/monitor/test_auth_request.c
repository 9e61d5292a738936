#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "server/monitor/auth_request.h"

static uint8_t buffer[4096];

/* "string user, string service, string method"; more is put behind it. */
static struct wire_out
begin(const char *user, const char *method)
{
    struct wire_out w = wire_into(buffer, sizeof(buffer));

    wire_put_text(&w, user);
    wire_put_text(&w, "ssh-connection");
    wire_put_text(&w, method);
    return w;
}

static int
parse(const struct wire_out *w, struct auth_request *ret)
{
    return auth_request_parse((struct wire_bytes){buffer, w->used}, ret);
}

static struct wire_out
publickey(bool with_signature)
{
    struct wire_out w = begin("alice", "publickey");

    wire_put_u8(&w, with_signature);
    wire_put_text(&w, "ssh-ed25519");
    wire_put_string(&w, "BLOB", 4);
    if (with_signature) {
        wire_put_string(&w, "SIG", 3);
    }
    return w;
}

static void
test_none(void **state)
{
    struct wire_out w = begin("alice:style", "none");
    struct auth_request r;

    (void)state;
    assert_int_equal(parse(&w, &r), 0);
    assert_string_equal(r.user, "alice:style");
    assert_string_equal(r.service, "ssh-connection");
    assert_int_equal(r.method, AUTH_METHOD_NONE);
}

static void
test_publickey_question_and_proof(void **state)
{
    struct wire_out w = publickey(false);
    struct auth_request r;

    (void)state;
    assert_int_equal(parse(&w, &r), 0);
    assert_int_equal(r.method, AUTH_METHOD_PUBLICKEY);
    assert_false(r.has_signature);
    assert_string_equal(r.algorithm, "ssh-ed25519");
    assert_true(wire_bytes_are(r.blob, "BLOB"));
    w = publickey(true);
    assert_int_equal(parse(&w, &r), 0);
    assert_true(r.has_signature);
    assert_true(wire_bytes_are(r.signature, "SIG"));
}

static void
test_password_and_its_change(void **state)
{
    struct wire_out w = begin("alice", "password");
    struct auth_request r;

    (void)state;
    wire_put_u8(&w, 0);
    wire_put_text(&w, "secret");
    assert_int_equal(parse(&w, &r), 0);
    assert_false(r.is_change);
    assert_true(wire_bytes_are(r.password, "secret"));
    w = begin("alice", "password");
    wire_put_u8(&w, 1);
    wire_put_text(&w, "old");
    wire_put_text(&w, "new");
    assert_int_equal(parse(&w, &r), 0);
    assert_true(r.is_change);
}

static void
test_an_unknown_method_is_no_error(void **state)
{
    struct wire_out w = begin("alice", "hostbased");
    struct auth_request r;

    (void)state;
    wire_put_text(&w, "whatever");
    assert_int_equal(parse(&w, &r), 0);
    assert_int_equal(r.method, AUTH_METHOD_UNKNOWN);
}

static void
test_every_truncation_and_a_byte_more_are_refused(void **state)
{
    struct auth_request r;
    struct wire_out w = publickey(true);
    size_t whole = w.used;

    (void)state;
    for (size_t n = 0; n < whole; n++) {
        w.used = n;
        assert_int_equal(parse(&w, &r), -EBADMSG);
        assert_int_equal(r.method, AUTH_METHOD_UNKNOWN);
    }
    buffer[whole] = 0;
    w.used = whole + 1;
    assert_int_equal(parse(&w, &r), -EBADMSG);
}

static void
test_names_with_nul_or_too_long_are_refused(void **state)
{
    struct wire_out w = wire_into(buffer, sizeof(buffer));
    char name[LIMIT_USER_BYTES + 1];
    struct auth_request r;

    (void)state;
    wire_put_string(&w, "ro\0ot", 5);
    wire_put_text(&w, "ssh-connection");
    wire_put_text(&w, "none");
    assert_int_equal(parse(&w, &r), -EBADMSG);
    memset(name, 'a', sizeof(name));
    name[LIMIT_USER_BYTES] = '\0';
    w = begin(name, "none");
    assert_int_equal(parse(&w, &r), -EBADMSG);
    name[LIMIT_USER_BYTES - 1] = '\0';
    w = begin(name, "none");
    assert_int_equal(parse(&w, &r), 0);
}

/* RFC 4252 section 7, written out by hand. */
static void
test_the_signed_data_is_what_the_rfc_says(void **state)
{
    static const char expected[] = "\0\0\0\2ID"
                                   "\x32"
                                   "\0\0\0\5alice"
                                   "\0\0\0\16ssh-connection"
                                   "\0\0\0\11publickey"
                                   "\1"
                                   "\0\0\0\13ssh-ed25519"
                                   "\0\0\0\4BLOB";
    struct wire_out w = publickey(true);
    struct auth_request r;
    uint8_t data[256];

    (void)state;
    assert_int_equal(parse(&w, &r), 0);
    assert_int_equal(auth_request_signed_data(&r, "ID", 2, data, sizeof(data)),
                     sizeof(expected) - 1);
    assert_memory_equal(data, expected, sizeof(expected) - 1);
    assert_int_equal(auth_request_signed_data(&r, "ID", 2, data, 20),
                     -EMSGSIZE);
}

static int
parse_response(uint32_t count, unsigned strings, struct auth_response *ret)
{
    struct wire_out w = wire_into(buffer, sizeof(buffer));

    wire_put_u32(&w, count);
    for (unsigned i = 0; i < strings; i++) {
        wire_put_text(&w, "answer");
    }
    return auth_response_parse((struct wire_bytes){buffer, w.used}, ret);
}

static void
test_answers_are_as_many_as_they_say(void **state)
{
    struct auth_response r;

    (void)state;
    assert_int_equal(parse_response(0, 0, &r), 0);
    assert_int_equal(parse_response(1, 1, &r), 0);
    assert_int_equal(r.count, 1);
    assert_true(wire_bytes_are(r.list[0], "answer"));
    assert_int_equal(parse_response(LIMIT_PROMPTS, LIMIT_PROMPTS, &r), 0);
    assert_int_equal(parse_response(1, 0, &r), -EBADMSG);
    assert_int_equal(parse_response(1, 2, &r), -EBADMSG);
    assert_int_equal(parse_response(LIMIT_PROMPTS + 1, LIMIT_PROMPTS + 1, &r),
                     -EBADMSG);
    assert_int_equal(parse_response(UINT32_MAX, 3, &r), -EBADMSG);
    assert_int_equal(r.count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_publickey_question_and_proof),
        cmocka_unit_test(test_password_and_its_change),
        cmocka_unit_test(test_an_unknown_method_is_no_error),
        cmocka_unit_test(test_every_truncation_and_a_byte_more_are_refused),
        cmocka_unit_test(test_names_with_nul_or_too_long_are_refused),
        cmocka_unit_test(test_the_signed_data_is_what_the_rfc_says),
        cmocka_unit_test(test_answers_are_as_many_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

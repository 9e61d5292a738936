/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <string.h>

#include "server/ctl/expectation.h"
#include "server/ctl/forward_spec.h"

/* Complaints, "LINE: TEXT" each. */
static void
note(void *arg, const struct diag *diag)
{
    printout_add(arg, "%s:%u: %s\n", diag->file, diag->line, diag->text);
}

static int
read_text(struct arena *arena, const char *text, struct printout *said,
          const struct expectation **ret)
{
    const struct source source = {"t", text, strlen(text)};

    return expectation_read_all(arena, &source, NULL, note, said, ret);
}

static void
test_each_line_is_one_expectation(void **state)
{
    struct arena *arena = arena_new();
    struct printout said = {0};
    const struct expectation *e = NULL;

    (void)state;
    assert_int_equal(
        read_text(arena,
                  "# who may what\n"
                  "allow alice@10.1.2.3 open db:5432\n"
                  "\n"
                  "deny group=contractors group=\"x y\" listen 0.0.0.0:8080 "
                  "address=10.0.0.1 # why\n",
                  &said, &e),
        0);
    assert_true(e->allow);
    assert_int_equal(e->from.line, 2);
    assert_string_equal(e->person.user, "alice");
    assert_string_equal(e->person.from_text, "10.1.2.3");
    assert_string_equal(e->request.host, "db");
    assert_int_equal(e->request.port, 5432);
    e = e->next;
    assert_false(e->allow);
    assert_int_equal(e->from.line, 4);
    assert_null(e->person.user);
    assert_int_equal(e->person.group_count, 2);
    assert_string_equal(e->person.groups[1], "x y");
    assert_int_equal(e->person.address_count, 1);
    assert_int_equal(e->request.kind, REQUEST_LISTEN);
    assert_null(e->next);
    assert_null(said.text);
    arena_free(arena);
}

static void
test_a_bad_line_is_told_with_its_field(void **state)
{
    static const struct {
        const char *line, *said;
    } rows[] = {
        {"permit a open b:1",
         "t:1: an expectation begins with allow or deny, not with 'permit'\n"},
        {"allow alice", "t:1: the request is missing: open, listen, open-path "
                        "or listen-path\n"},
        {"allow alice open", "t:1: open: what to open is missing\n"},
        {"allow alice open db", "t:1: open: open needs HOST:PORT, and there "
                                "is no host\n"},
        {"allow alice open ::1:22",
         "t:1: open: '::1:22': an IPv6 address needs brackets\n"},
        {"allow alice open db:pg",
         "t:1: open: 'pg' is neither a port nor a service\n"},
        {"allow alice@nowhere open db:1",
         "t:1: from: 'nowhere' is no address\n"},
        {"allow color=red open db:1", "t:1: color: not known\n"},
        {"allow user= open db:1", "t:1: user: it is empty\n"},
        {"allow a user=b open db:1", "t:1: user: it is given twice\n"},
        {"allow local-port=0 open db:1", "t:1: local-port: '0' is no port\n"},
        {"allow a open db:1 b", "t:1: 'b' is more than is understood\n"},
        {"allow a open \"db:1", "t:1: a quote is not closed\n"},
        {"allow a open db:1\nallow a\ndeny b", /* all of them */
         "t:2: the request is missing: open, listen, open-path or "
         "listen-path\n"
         "t:3: the request is missing: open, listen, open-path or "
         "listen-path\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new();
        struct printout said = {0};
        const struct expectation *e = NULL;

        assert_int_equal(read_text(arena, rows[i].line, &said, &e), -EINVAL);
        assert_string_equal(said.text, rows[i].said);
        assert_null(e);
        printout_done(&said);
        arena_free(arena);
    }
}

static void
test_an_empty_file_expects_nothing(void **state)
{
    struct arena *arena = arena_new();
    struct printout said = {0};
    const struct expectation *e = NULL;

    (void)state;
    assert_int_equal(read_text(arena, "\n# nothing\n", &said, &e), 0);
    assert_null(e);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_line_is_one_expectation),
        cmocka_unit_test(test_a_bad_line_is_told_with_its_field),
        cmocka_unit_test(test_an_empty_file_expects_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/endpoint.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint16_t
some_service(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "https") == 0 ? 443 : 0;
}

/* printed NULL: refused. */
static const struct parse_row {
    const char *shows;
    bool listen;
    const char *text;
    const char *host;
    uint16_t port;
    const char *printed;
} parse_rows[] = {
    {"host and port", false, "db:5432", "db", 5432, "db:5432"},
    {"any port", false, "db:*", "db", 0, "db:*"},
    {"any host and any port", false, "*:*", "*", 0, "*:*"},
    {"case is kept", false, "DB.Internal:1", "DB.Internal", 1, "DB.Internal:1"},
    {"brackets are taken off", false, "[::1]:22", "::1", 22, "[::1]:22"},
    {"brackets may hold anything", false, "[db]:22", "db", 22, "db:22"},
    {"brackets may hold a path", false, "[/run/x.sock]:*", "/run/x.sock", 0,
     "[/run/x.sock]:*"},
    {"brackets may hold a bracket", false, "[[x]:22", "[x", 22, "[[x]:22"},
    {"an empty host is one", false, ":22", "", 22, ":22"},
    {"also in brackets", false, "[]:22", "", 22, ":22"},
    {"a glob is plain text", false, "db*:22", "db*", 22, "db*:22"},
    {"a service by its name", false, "web:https", "web", 443, "web:443"},
    {"a sign and blanks are no mistake for sshd", false, "db: +22", "db", 22,
     "db:22"},
    {"leading zeroes are no mistake", false, "db:00022", "db", 22, "db:22"},
    {"the last port", false, "db:65535", "db", 65535, "db:65535"},
    {"no port", false, "db", NULL, 0, NULL},
    {"an empty port", false, "db:", NULL, 0, NULL},
    {"port 0", false, "db:0", NULL, 0, NULL},
    {"a port above 65535", false, "db:65536", NULL, 0, NULL},
    {"a port that would wrap around", false, "db:4294967318", NULL, 0, NULL},
    {"a port with more after it", false, "db:22x", NULL, 0, NULL},
    {"a negative port", false, "db:-22", NULL, 0, NULL},
    {"a hexadecimal port", false, "db:0x16", NULL, 0, NULL},
    {"a range of ports", false, "db:1-9", NULL, 0, NULL},
    {"an unknown service", false, "db:nothing", NULL, 0, NULL},
    {"a block", false, "10.0.0.0/8:22", NULL, 0, NULL},
    {"v6 without brackets", false, "2001:db8::1:22", NULL, 0, NULL},
    {"a bracket that is not closed", false, "[::1:22", NULL, 0, NULL},
    {"text after the bracket", false, "[::1]x:22", NULL, 0, NULL},
    {"brackets without a port", false, "[::1]", NULL, 0, NULL},
    {"a bare port to connect to", false, "8080", NULL, 0, NULL},
    {"none is for the caller", false, "none", NULL, 0, NULL},
    {"any is for the caller", false, "any", NULL, 0, NULL},
    {"nothing", false, "", NULL, 0, NULL},
    {"a bare port to listen on", true, "8080", "*", 8080, "*:8080"},
    {"a bare service to listen on", true, "https", "*", 443, "*:443"},
    {"a bare star to listen on", true, "*", "*", 0, "*:*"},
    {"host and port to listen on", true, "localhost:8080", "localhost", 8080,
     "localhost:8080"},
    {"v6 to listen on", true, "[::1]:8080", "::1", 8080, "[::1]:8080"},
    {"a bare host to listen on", true, "localhost", NULL, 0, NULL},
    {"port 0 to listen on", true, "0", NULL, 0, NULL},
    {"a block to listen on", true, "10.0.0.0/8:22", NULL, 0, NULL},
    {"none is for the caller here too", true, "none", NULL, 0, NULL},
    {"nothing to listen on", true, "", NULL, 0, NULL},
};

static void
test_parse_row(void **state)
{
    const struct parse_row *row = *state;
    struct arena *arena = arena_new();
    struct endpoint e = {.host = "untouched"};
    struct diag err = {.text = ""};
    char printed[100];
    int r = (row->listen ? endpoint_parse_listen : endpoint_parse_open)(
        arena, row->text, some_service, NULL, &e, &err);

    assert_int_equal(r, row->printed == NULL ? -EINVAL : 0);
    if (row->printed == NULL) {
        assert_string_equal(e.host, "untouched");
        assert_true(err.text[0] != '\0');
        assert_int_equal(arena_used(arena), 0);
    } else {
        assert_string_equal(e.host, row->host);
        assert_int_equal(e.port, row->port);
        assert_false(e.never);
        assert_int_equal(endpoint_format(&e, printed, sizeof(printed)),
                         strlen(row->printed));
        assert_string_equal(printed, row->printed);
    }
    arena_free(arena);
}

static const struct match_row {
    const char *shows;
    bool listen;
    struct endpoint entry;
    const char *host;
    uint16_t port;
    bool matches;
} match_rows[] = {
    {"open: the same text", false, {.host = "db", .port = 22}, "db", 22, true},
    {"open: another port", false, {.host = "db", .port = 22}, "db", 23, false},
    {"open: any port", false, {.host = "db"}, "db", 23, true},
    {"open: any host", false, {.host = "*", .port = 22}, "x", 22, true},
    {"open: case counts", false, {.host = "db", .port = 22}, "DB", 22, false},
    {"open: globs do not work",
     false,
     {.host = "d*", .port = 22},
     "db",
     22,
     false},
    {"open: but match themselves",
     false,
     {.host = "d*", .port = 22},
     "d*",
     22,
     true},
    {"open: another spelling is another host",
     false,
     {.host = "::1", .port = 22},
     "0:0:0:0:0:0:0:1",
     22,
     false},
    {"open: a longer name is another",
     false,
     {.host = "db", .port = 22},
     "db.evil",
     22,
     false},
    {"open: none matches nothing",
     false,
     {.host = "*", .never = true},
     "db",
     22,
     false},
    {"open: zeroed memory matches nothing",
     false,
     {.host = NULL},
     "",
     0,
     false},
    {"listen: the same text",
     true,
     {.host = "localhost", .port = 80},
     "localhost",
     80,
     true},
    {"listen: the request is lower-cased",
     true,
     {.host = "localhost", .port = 80},
     "LocalHost",
     80,
     true},
    {"listen: the entry is not",
     true,
     {.host = "LocalHost", .port = 80},
     "LocalHost",
     80,
     false},
    {"listen: globs work",
     true,
     {.host = "192.0.2.?", .port = 80},
     "192.0.2.7",
     80,
     true},
    {"listen: a wildcard request needs a star",
     true,
     {.host = "*", .port = 80},
     "",
     80,
     true},
    {"listen: or an empty host", true, {.host = "", .port = 80}, "", 80, true},
    {"listen: a wildcard request is not localhost",
     true,
     {.host = "localhost", .port = 80},
     "",
     80,
     false},
    {"listen: a star request matches globs that match a star",
     true,
     {.host = "?", .port = 80},
     "*",
     80,
     true},
    {"listen: port 0 is not a port of the list",
     true,
     {.host = "*", .port = 80},
     "localhost",
     0,
     false},
    {"listen: port 0 matches any port",
     true,
     {.host = "*"},
     "localhost",
     0,
     true},
    {"listen: commas are letters",
     true,
     {.host = "a,b", .port = 80},
     "b",
     80,
     false},
    {"listen: negation does not exist",
     true,
     {.host = "!a", .port = 80},
     "b",
     80,
     false},
    {"listen: none matches nothing",
     true,
     {.host = "*", .never = true},
     "a",
     80,
     false},
    {"listen: zeroed memory matches nothing",
     true,
     {.host = NULL},
     "",
     0,
     false},
};

static void
test_match_row(void **state)
{
    const struct match_row *row = *state;

    assert_int_equal(
        (row->listen ? endpoint_matches_listen : endpoint_matches_open)(
            &row->entry, row->host, row->port),
        row->matches);
}

static void
test_services_may_be_unknown(void **state)
{
    struct arena *arena = arena_new();
    struct endpoint e = {0};
    struct diag err = {.text = ""};

    (void)state;
    assert_int_equal(
        endpoint_parse_open(arena, "web:https", NULL, NULL, &e, &err), -EINVAL);
    assert_string_equal(err.text, "bad port number \"https\"");
    arena_free(arena);
}

static void
test_a_host_beyond_the_limit_matches_nothing(void **state)
{
    static const struct endpoint any = {.host = "*"};
    char host[ENDPOINT_HOST_MAX + 2];

    (void)state;
    memset(host, 'x', sizeof(host));
    host[ENDPOINT_HOST_MAX + 1] = '\0';
    assert_false(endpoint_matches_listen(&any, host, 80));
    host[ENDPOINT_HOST_MAX] = '\0';
    assert_true(endpoint_matches_listen(&any, host, 80));
}

static void
test_format_is_like_snprintf(void **state)
{
    const struct endpoint none = {.never = true};
    const struct endpoint e = {.host = "database", .port = 5432};
    char out[6];

    (void)state;
    assert_int_equal(endpoint_format(&none, out, sizeof(out)), 4);
    assert_string_equal(out, "none");
    assert_int_equal(endpoint_format(&e, out, sizeof(out)), 13);
    assert_string_equal(out, "datab");
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(parse_rows) + COUNT(match_rows) + 3] = {
        cmocka_unit_test(test_services_may_be_unknown),
        cmocka_unit_test(test_a_host_beyond_the_limit_matches_nothing),
        cmocka_unit_test(test_format_is_like_snprintf),
    };
    size_t count = 3;

    for (size_t i = 0; i < COUNT(parse_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = parse_rows[i].shows,
            .test_func = test_parse_row,
            .initial_state = (void *)(uintptr_t)&parse_rows[i],
        };
    }
    for (size_t i = 0; i < COUNT(match_rows); i++) {
        tests[count++] = (struct CMUnitTest){
            .name = match_rows[i].shows,
            .test_func = test_match_row,
            .initial_state = (void *)(uintptr_t)&match_rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

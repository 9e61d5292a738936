#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/key_line.h"
#include "server/auth/public_key.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A key that is nobody's: the right form is all that a line needs. */
#define ED                                                                     \
    "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define KEY "ssh-ed25519 " ED

static const uint8_t ed_blob[] = {
    0,   0,   0,  11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5',
    '1', '9', 0,  0,  0,   32,  0,   1,   2,   3,   4,   5,   6,
    7,   8,   9,  10, 11,  12,  13,  14,  15,  16,  17,  18,  19,
    20,  21,  22, 23, 24,  25,  26,  27,  28,  29,  30,  31,
};

/* options NULL: none; all keys are the same. */
static const struct row {
    const char *shows, *line;
    enum key_line_kind kind;
    const char *options, *comment;
} rows[] = {
    {"a key alone", KEY, KEY_LINE_KEY, NULL, ""},
    {"a key and a comment", KEY " alice at home", KEY_LINE_KEY, NULL,
     "alice at home"},
    {"blanks in front and between", " \t ssh-ed25519 \t" ED "\t x",
     KEY_LINE_KEY, NULL, "x"},
    {"a line that ends as on Windows", KEY "\r", KEY_LINE_KEY, NULL, ""},
    {"a line with its newline", KEY " x\n", KEY_LINE_KEY, NULL, "x"},
    {"options", "restrict " KEY " x", KEY_LINE_KEY, "restrict", "x"},
    {"options with quoted blanks", "command=\"a b # c\",pty\t" KEY,
     KEY_LINE_KEY, "command=\"a b # c\",pty", ""},
    {"an escaped quote does not end a quote", "command=\"a\\\" b\" " KEY,
     KEY_LINE_KEY, "command=\"a\\\" b\"", ""},
    {"another backslash is nothing", "command=\"a\\\\\" " KEY, KEY_LINE_BAD,
     NULL, NULL},
    {"a type as options, which key_options will refuse", "ssh-ed25519 " KEY,
     KEY_LINE_KEY, "ssh-ed25519", ""},
    {"an empty line", "", KEY_LINE_NONE, NULL, NULL},
    {"blanks", " \t ", KEY_LINE_NONE, NULL, NULL},
    {"a comment", "# " KEY, KEY_LINE_NONE, NULL, NULL},
    {"a comment after blanks", "  #" KEY, KEY_LINE_NONE, NULL, NULL},
    {"a type alone", "ssh-ed25519", KEY_LINE_NONE, NULL, NULL},
    {"a type and blanks", "ssh-ed25519  ", KEY_LINE_NONE, NULL, NULL},
    {"options alone", "restrict", KEY_LINE_NONE, NULL, NULL},
    {"two words of options", "restrict, pty " KEY, KEY_LINE_NONE, NULL, NULL},
    {"a quote that is not closed", "command=\"x " KEY, KEY_LINE_BAD, NULL,
     NULL},
    {"a type that is not the key's", "ssh-rsa " ED, KEY_LINE_NONE, NULL, NULL},
    {"a signature algorithm is only RSA's", "rsa-sha2-512 " ED, KEY_LINE_NONE,
     NULL, NULL},
    {"an unknown type", "ssh-ed25520 " ED, KEY_LINE_NONE, NULL, NULL},
    {"types have a case", "SSH-ED25519 " ED, KEY_LINE_NONE, NULL, NULL},
    {"base64 without its end", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAA",
     KEY_LINE_NONE, NULL, NULL},
    {"base64 with padding inside", "ssh-ed25519 AA==" ED, KEY_LINE_NONE, NULL,
     NULL},
    {"base64 with something else inside", "ssh-ed25519 AAAA-" ED, KEY_LINE_NONE,
     NULL, NULL},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct key_line line = {0};
    uint8_t room[PUBLIC_KEY_BLOB_MAX];

    assert_int_equal(
        key_line_split(row->line, strlen(row->line), room, sizeof(room), &line),
        row->kind);
    if (row->kind != KEY_LINE_KEY) {
        assert_null(line.blob.data);
        return;
    }
    assert_int_equal(line.blob.size, sizeof(ed_blob));
    assert_memory_equal(line.blob.data, ed_blob, sizeof(ed_blob));
    assert_int_equal(line.comment.size, strlen(row->comment));
    assert_memory_equal(line.comment.text, row->comment, line.comment.size);
    if (row->options == NULL) {
        assert_null(line.options.text);
    } else {
        assert_int_equal(line.options.size, strlen(row->options));
        assert_memory_equal(line.options.text, row->options, line.options.size);
    }
}

static void
test_a_nul_ends_the_line(void **state)
{
    static const char line[] = KEY "\0 and more";
    static const char early[] = "\0" KEY;
    struct key_line parts = {0};
    uint8_t room[PUBLIC_KEY_BLOB_MAX];

    (void)state;
    assert_int_equal(
        key_line_split(line, sizeof(line), room, sizeof(room), &parts),
        KEY_LINE_KEY);
    assert_int_equal(parts.comment.size, 0);
    assert_int_equal(
        key_line_split(early, sizeof(early), room, sizeof(room), &parts),
        KEY_LINE_NONE);
}

static void
test_rsa_may_be_called_by_its_signatures(void **state)
{
    static const char *const lines[] = {
        "ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF",
        "rsa-sha2-256 AAAAB3NzaC1yc2EAAAABAwAAAAEF",
        "rsa-sha2-512 AAAAB3NzaC1yc2EAAAABAwAAAAEF",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct key_line line = {0};
        uint8_t room[100];

        assert_int_equal(key_line_split(lines[i], strlen(lines[i]), room,
                                        sizeof(room), &line),
                         KEY_LINE_KEY);
    }
}

static void
test_a_key_that_does_not_fit_its_room_is_none(void **state)
{
    struct key_line line = {0};
    uint8_t room[sizeof(ed_blob)];

    (void)state;
    assert_int_equal(
        key_line_split(KEY, strlen(KEY), room, sizeof(room), &line),
        KEY_LINE_KEY);
    assert_int_equal(
        key_line_split(KEY, strlen(KEY), room, sizeof(room) - 1, &line),
        KEY_LINE_NONE);
}

static void
test_lines_may_be_long_but_not_endless(void **state)
{
    static const char start[] = "command=\"";
    static const char end[] = "\" " KEY;
    char *text = malloc(KEY_LINE_BYTES_MAX + 1);
    struct key_line line = {0};
    uint8_t room[PUBLIC_KEY_BLOB_MAX];

    (void)state;
    memset(text, 'x', KEY_LINE_BYTES_MAX);
    memcpy(text, start, strlen(start));
    memcpy(text + KEY_LINE_BYTES_MAX - strlen(end), end, strlen(end));
    assert_int_equal(
        key_line_split(text, KEY_LINE_BYTES_MAX, room, sizeof(room), &line),
        KEY_LINE_KEY);
    text[KEY_LINE_BYTES_MAX] = ' ';
    assert_int_equal(
        key_line_split(text, KEY_LINE_BYTES_MAX + 1, room, sizeof(room), &line),
        KEY_LINE_NONE);
    free(text);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 4] = {
        cmocka_unit_test(test_a_nul_ends_the_line),
        cmocka_unit_test(test_rsa_may_be_called_by_its_signatures),
        cmocka_unit_test(test_a_key_that_does_not_fit_its_room_is_none),
        cmocka_unit_test(test_lines_may_be_long_but_not_endless),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 4] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

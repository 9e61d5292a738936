#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <grp.h>

#include "server/auth/keys_file.h"
#include "server/auth/public_key.h"
#include "tests/unit/server/auth/scratch.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The offered key and another one, as files of keys have them. */
static char key[2000], other[2000];
static uint8_t blob_room[8192];
static struct wire_bytes blob;

/* What was said while looking, each note as "level text\n". */
static char notes[4000];

static void
take_note(void *arg, int level, const char *text)
{
    (void)arg;
    assert_int_equal(geteuid(), getuid()); /* never with a user's ids */
    snprintf(notes + strlen(notes), sizeof(notes) - strlen(notes), "%d %s\n",
             level, text);
}

static void
read_line(const char *name, char *out, size_t size)
{
    size_t read = 0;
    char *text = scratch_read(name, &read);

    assert_true(read < size);
    text[strcspn(text, "\n")] = '\0';
    strcpy(out, text);
    free(text);
}

static int
setup(void **state)
{
    if (scratch_setup(state) < 0) {
        return -1;
    }
    scratch_run("mkdir -m 755 home && "
                "ssh-keygen -q -t ed25519 -N '' -C '' -f key && "
                "ssh-keygen -q -t ed25519 -N '' -C '' -f other");
    read_line("key.pub", key, sizeof(key));
    read_line("other.pub", other, sizeof(other));
    blob = scratch_blob("key.pub", blob_room);
    return 0;
}

static char home[100];

static struct keys_account
account_of(uid_t uid)
{
    snprintf(home, sizeof(home), "%s/home", scratch_dir);
    return (struct keys_account){
        .user = "alice", .home = home, .uid = uid, .gid = getgid()};
}

/* Look for the key in files of the configuration; notes start anew. */
static int
find_as(const struct keys_account *account, const char *const *files,
        size_t count, struct arena *arena, struct keys_match *ret)
{
    struct text_item items[4] = {0};
    struct settings settings = {.strict_modes = {.value = 1}};
    const struct keys_query query = {
        .account = account,
        .settings = &settings,
        .blob = blob,
        .host = "192.0.2.7",
        .address = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 7}},
        .now = 1600000000,
    };

    for (size_t i = 0; i < count; i++) {
        items[i].text = files[i];
    }
    settings.authorized_keys_file = (struct texts_setting){
        .list = items,
        .count = count,
    };
    notes[0] = '\0';
    return keys_find(&query, arena, take_note, NULL, ret);
}

static int
find(struct arena *arena, struct keys_match *ret)
{
    static const char *const files[] = {"keys", "%h/more"};
    const struct keys_account account = account_of(getuid());

    return find_as(&account, files, COUNT(files), arena, ret);
}

/* KEY and OTHER stand for the two keys; line 0: not let in. */
static const struct row {
    const char *shows, *text;
    unsigned line;
    bool forwarding;
    size_t opens;
    bool command;
    const char *note;
} rows[] = {
    {"the key", "KEY\n", 1, true, 0, false, "4 Accepted key ED25519 SHA256:"},
    {"the key without a newline after it", "KEY", 1, true, 0, false, NULL},
    {"the key after others", "# x\n\nOTHER\nKEY\n", 4, true, 0, false, NULL},
    {"lines as on Windows", "OTHER\r\nKEY\r\n", 2, true, 0, false, NULL},
    {"another key", "OTHER\n", 0, 0, 0, 0, NULL},
    {"an empty file", "", 0, 0, 0, 0, NULL},
    {"a key in a comment", "#KEY\n", 0, 0, 0, 0, NULL},
    {"options", "restrict,command=\"x\",permitopen=\"db:1\" KEY\n", 1, false, 1,
     true, NULL},
    {"the first line wins", "restrict KEY\nKEY\n", 1, false, 0, false, NULL},
    {"bad options: the next line wins", "rstrict KEY\nKEY\n", 2, true, 0, false,
     "bad key options: unknown key option"},
    {"bad options of another key are nothing", "rstrict OTHER\nKEY\n", 2, true,
     0, false, NULL},
    {"an open quote: the next line wins", "command=\"x KEY\nKEY\n", 2, true, 0,
     false, "invalid key option string"},
    {"expired: the next line wins", "expiry-time=\"20200101Z\" KEY\nKEY\n", 2,
     true, 0, false, "entry expired"},
    {"not yet expired", "expiry-time=\"20210101Z\" KEY\n", 1, true, 0, false,
     NULL},
    {"expires this very second", "expiry-time=\"20200913122640Z\" KEY\n", 1,
     true, 0, false, NULL},
    {"expired a second ago", "expiry-time=\"20200913122639Z\" KEY\n", 0, 0, 0,
     0, NULL},
    {"from here", "from=\"192.0.2.0/24\" KEY\n", 1, true, 0, false, NULL},
    {"from here, as a pattern", "from=\"192.0.2.*\" KEY\n", 1, true, 0, false,
     NULL},
    {"from elsewhere: the next line wins", "from=\"10.0.0.0/8\" KEY\nKEY\n", 2,
     true, 0, false,
     "3 .*Authentication tried for alice with correct key but not from a "
     "permitted host (host=192.0.2.7, ip=192.0.2.7, required=10.0.0.0/8)."},
    {"from everywhere but here", "from=\"*,!192.0.2.7\" KEY\n", 0, 0, 0, 0,
     NULL},
    {"from no proper list", "from=\"192.0.2.7/8\" KEY\n", 0, 0, 0, 0,
     "invalid criteria"},
    {"an authority is not a key", "cert-authority KEY\n", 0, 0, 0, 0, NULL},
    {"principals without an authority", "principals=\"alice\" KEY\n", 0, 0, 0,
     0, "principals on non-CA key"},
};

/* text with KEY and OTHER replaced, into the file. */
static void
write_keys(const char *name, const char *text)
{
    char out[10000] = "";

    while (*text != '\0') {
        size_t plain = strcspn(text, "KO");

        strncat(out, text, plain);
        text += plain;
        if (strncmp(text, "KEY", 3) == 0) {
            strcat(out, key);
            text += 3;
        } else if (strncmp(text, "OTHER", 5) == 0) {
            strcat(out, other);
            text += 5;
        } else if (*text != '\0') {
            strncat(out, text++, 1);
        }
    }
    scratch_write(name, out, strlen(out));
}

/* Does the note stand in the notes?  ".*" in it parts two pieces. */
static bool
was_noted(const char *note)
{
    const char *gap = strstr(note, ".*");
    char first[100] = "";

    if (gap == NULL) {
        return strstr(notes, note) != NULL;
    }
    strncat(first, note, (size_t)(gap - note));
    return strstr(notes, first) != NULL && strstr(notes, gap + 2) != NULL;
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new();
    struct keys_match match = {0};
    char path[200];
    int r = 0;

    scratch_run("rm -rf home/*");
    write_keys("home/keys", row->text);
    r = find(arena, &match);
    assert_int_equal(r, row->line == 0 ? -ENOENT : 0);
    if (row->line == 0) {
        assert_null(match.blob.data);
    } else {
        snprintf(path, sizeof(path), "%s/home/keys", scratch_dir);
        assert_string_equal(match.limits.from.file, path);
        assert_int_equal(match.limits.from.line, row->line);
        assert_int_equal(match.limits.port_forwarding, row->forwarding);
        assert_int_equal(match.limits.permit_open.count, row->opens);
        assert_int_equal(match.has_command, row->command);
        assert_int_equal(match.blob.size, blob.size);
        assert_memory_equal(match.blob.data, blob.data, blob.size);
        assert_ptr_not_equal(match.blob.data, blob.data);
    }
    if (row->note != NULL && !was_noted(row->note)) {
        fail_msg("not noted: %s\nbut: %s", row->note, notes);
    }
    arena_free(arena);
}

static void
test_files_are_read_in_order(void **state)
{
    struct arena *arena = arena_new();
    struct keys_match match = {0};

    (void)state;
    scratch_run("rm -rf home/*");
    write_keys("home/more", "\nKEY\n");
    assert_int_equal(find(arena, &match), 0);
    assert_int_equal(match.limits.from.line, 2);
    assert_true(was_noted("4 .*home/more:2"));
    assert_true(was_noted("5 Could not open authorized keys"));
    write_keys("home/keys", "KEY\n");
    assert_int_equal(find(arena, &match), 0);
    assert_int_equal(match.limits.from.line, 1);
    arena_free(arena);
}

static void
test_no_files_and_no_key_are_no_match(void **state)
{
    const struct keys_account account = account_of(getuid());
    struct arena *arena = arena_new();
    struct keys_match match = {0};
    struct wire_bytes saved = blob;

    (void)state;
    assert_int_equal(find_as(&account, NULL, 0, arena, &match), -ENOENT);
    assert_string_equal(notes, "");
    write_keys("home/keys", "KEY\n");
    blob = (struct wire_bytes){0};
    assert_int_equal(find(arena, &match), -ENOENT);
    blob = saved;
    arena_free(arena);
}

static void
test_what_is_not_a_plain_file_is_passed_over(void **state)
{
    static const struct {
        const char *command, *note;
    } bad[] = {
        {"true", "5 Could not open authorized keys"},
        {"mkdir home/keys", "3 User 'alice' authorized keys"},
        {"mkfifo home/keys", "is not a regular file"},
        {"ln -s /dev/zero home/keys", "is not a regular file"},
        {"ln -s keys home/keys", "5 Could not open authorized keys"},
        {"head -c 16777217 /dev/zero >home/keys", "File too large"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct arena *arena = arena_new();
        struct keys_match match = {0};

        scratch_run("rm -rf home/* && %s", bad[i].command);
        write_keys("home/more", "KEY\n");
        assert_int_equal(find(arena, &match), 0); /* the next file */
        assert_true(was_noted(bad[i].note));
        arena_free(arena);
    }
}

static void
test_strict_modes_refuse_and_say_so(void **state)
{
    struct arena *arena = arena_new();
    struct keys_match match = {0};
    char note[300];

    (void)state;
    scratch_run("rm -rf home/*");
    write_keys("home/keys", "KEY\n");
    scratch_run("chmod 666 home/keys");
    assert_int_equal(find(arena, &match), -ENOENT);
    snprintf(note, sizeof(note),
             "3 Authentication refused: bad ownership or modes for file "
             "%s/home/keys\n",
             scratch_dir);
    assert_true(was_noted(note));
    scratch_run("chmod 644 home/keys && chmod 777 home");
    assert_int_equal(find(arena, &match), -ENOENT);
    assert_true(was_noted("bad ownership or modes for directory"));
    scratch_run("chmod 755 home");
    assert_int_equal(find(arena, &match), 0);
    arena_free(arena);
}

static void
test_a_bad_token_is_passed_over(void **state)
{
    static const char *const files[] = {"/etc/%x", "keys"};
    const struct keys_account account = account_of(getuid());
    struct arena *arena = arena_new();
    struct keys_match match = {0};

    (void)state;
    scratch_run("rm -rf home/*");
    write_keys("home/keys", "KEY\n");
    assert_int_equal(find_as(&account, files, 2, arena, &match), 0);
    assert_true(was_noted("3 AuthorizedKeysFile /etc/%x: unknown token"));
    arena_free(arena);
}

/* Root looks as the user does, and is root again afterwards. */
static void
test_files_are_opened_as_the_user(void **state)
{
    static const gid_t ours[] = {0, 7};
    static const gid_t theirs[] = {4242, 4343};
    static const char *const files[] = {"keys"};
    struct keys_account account = account_of(4242);
    struct arena *arena = arena_new();
    struct keys_match match = {0};
    gid_t now[10] = {0};

    (void)state;
    if (getuid() != 0) {
        skip();
    }
    account.gid = 4242;
    account.groups = theirs;
    account.group_count = COUNT(theirs);
    assert_int_equal(setgroups(COUNT(ours), ours), 0);
    scratch_run("rm -rf home/* && chown 4242 home");
    write_keys("home/keys", "KEY\n");
    scratch_run("chmod 600 home/keys");
    assert_int_equal(find_as(&account, files, 1, arena, &match), -ENOENT);
    assert_true(was_noted("5 Could not open .*Permission denied"));
    scratch_run("chgrp 4343 home/keys && chmod 640 home/keys");
    assert_int_equal(find_as(&account, files, 1, arena, &match), 0);
    scratch_run("chown 4242 home/keys && chmod 600 home/keys");
    assert_int_equal(find_as(&account, files, 1, arena, &match), 0);
    assert_int_equal(geteuid(), 0);
    assert_int_equal(getegid(), 0);
    assert_int_equal(getgroups(10, now), COUNT(ours));
    assert_memory_equal(now, ours, sizeof(ours));
    scratch_run("chown 0 home");
    arena_free(arena);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 6];
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_files_are_read_in_order),
        cmocka_unit_test(test_no_files_and_no_key_are_no_match),
        cmocka_unit_test(test_what_is_not_a_plain_file_is_passed_over),
        cmocka_unit_test(test_strict_modes_refuse_and_say_so),
        cmocka_unit_test(test_a_bad_token_is_passed_over),
        cmocka_unit_test(test_files_are_opened_as_the_user),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    memcpy(tests + COUNT(rows), plain, sizeof(plain));
    return cmocka_run_group_tests(tests, setup, scratch_teardown);
}

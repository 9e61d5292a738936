/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/listener/configuration.h"

/* A directory of its own for each test, and what was said about it. */
struct place {
    char directory[64];
    char said[4096]; /* lines, each with its level in front */
    struct say say;
    struct configuration *c;
    int status;
};

static void
note(void *arg, enum log_level level, const char *text)
{
    struct place *p = arg;
    size_t used = strlen(p->said);

    snprintf(p->said + used, sizeof(p->said) - used, "%d %s\n", (int)level,
             text);
}

static int
set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    snprintf(p->directory, sizeof(p->directory), "/tmp/portcullis-XXXXXX");
    p->say = (struct say){note, p};
    *state = p;
    return mkdtemp(p->directory) == NULL ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int
tear_down(void **state)
{
    struct place *p = *state;

    configuration_free(p->c);
    nftw(p->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(p);
    return 0;
}

static void
put_file(const struct place *p, const char *name, mode_t mode, const char *text)
{
    char path[256];
    int fd = -1;

    snprintf(path, sizeof(path), "%s/%s", p->directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int
load_with(struct place *p, const char *file, const char *const *overrides,
          size_t override_count)
{
    const struct configuration_origin origin = {
        .file = file,
        .directory = p->directory,
        .home = "/root",
        .overrides = overrides,
        .override_count = override_count,
    };

    p->said[0] = '\0';
    return configuration_load(&origin, &p->say, &p->c, &p->status);
}

static int
load(struct place *p)
{
    return load_with(p, "conf", NULL, 0);
}

/* p->said, with the directory's name written as DIR. */
static const char *
said(struct place *p)
{
    static char text[sizeof(p->said)];
    size_t length = strlen(p->directory);
    size_t used = 0;

    for (const char *s = p->said; *s != '\0';) {
        if (strncmp(s, p->directory, length) == 0) {
            memcpy(text + used, "DIR", 3);
            used += 3;
            s += length;
        } else {
            text[used++] = *s++;
        }
    }
    text[used] = '\0';
    return text;
}

static void
test_a_file_and_its_host_key_become_a_bundle(void **state)
{
    struct place *p = *state;
    struct bundle b;

    put_file(p, "key", 0600, "the key");
    put_file(p, "conf", 0644, "HostKey key\nPort 2222\n");
    assert_int_equal(load(p), 0);
    assert_string_equal(p->said, "");
    assert_int_equal(p->c->settings->port.list[0], 2222);

    assert_int_equal(bundle_read(p->c->bundle, &b), 0);
    assert_string_equal(b.sources.main.name, "conf");
    assert_memory_equal(b.sources.main.text, "HostKey key\n", 12);
    assert_string_equal(b.home, "/root");
    assert_string_equal(b.directory, p->directory);
    assert_int_equal(b.host_key_count, 1);
    assert_int_equal(b.host_keys[0].text.size, 7);
    assert_memory_equal(b.host_keys[0].text.data, "the key", 7);
    assert_true(b.host_keys[0].required);
    bundle_done(&b);
}

static void
test_includes_are_found_beside_the_main_file_in_order(void **state)
{
    struct place *p = *state;
    const struct include *list = NULL;
    char path[128];

    snprintf(path, sizeof(path), "%s/d", p->directory);
    assert_int_equal(mkdir(path, 0755), 0);
    put_file(p, "key", 0600, "k");
    put_file(p, "d/20.conf", 0644, "Port 20\nInclude deeper.conf\n");
    put_file(p, "d/10.conf", 0644, "UsePAM no\n");
    put_file(p, "deeper.conf", 0600, "HostKey key\nInclude d/*.conf.not\n");
    put_file(p, "user.conf", 0600, "PermitOpen none\n");
    put_file(p, "conf", 0644,
             "Include nothing* d/2*\nInclude d/*0.conf\n"
             "Match User x\nInclude \"user.conf\"\n");
    assert_int_equal(load(p), 0);
    assert_int_equal(p->c->settings->port.list[0], 20);
    assert_int_equal(p->c->settings->use_pam.value, 0);

    list = p->c->files.includes;
    assert_int_equal(p->c->files.include_count, 6);
    assert_string_equal(list[0].pattern, "nothing*");
    assert_int_equal(list[0].count, 0);
    assert_string_equal(list[1].pattern, "d/2*");
    assert_int_equal(list[1].count, 1);
    assert_string_equal(list[2].pattern, "d/*0.conf");
    assert_int_equal(list[2].count, 2);
    assert_non_null(strstr(list[2].list[0].name, "/d/10.conf"));
    assert_non_null(strstr(list[2].list[1].name, "/d/20.conf"));
    assert_string_equal(list[3].pattern, "user.conf");
    assert_string_equal(list[4].pattern, "deeper.conf");
    assert_string_equal(list[5].pattern, "d/*.conf.not");
}

static void
test_files_that_include_each_other_are_refused(void **state)
{
    struct place *p = *state;

    put_file(p, "conf", 0644, "Include more\n");
    put_file(p, "more", 0644, "Include conf\n");
    assert_int_equal(load(p), -EINVAL);
    assert_non_null(strstr(p->said, "Too many recursive"));
    assert_int_equal(p->status, 255);
}

static void
test_no_file_means_defaults_and_overrides(void **state)
{
    struct place *p = *state;
    static const char *const overrides[] = {"Port 7", "HostKey key"};

    put_file(p, "key", 0600, "k");
    assert_int_equal(load_with(p, "none", overrides, 2), 0);
    assert_int_equal(p->c->settings->port.list[0], 7);
    assert_int_equal(p->c->files.include_count, 0);
}

static void
test_what_cannot_be_read_or_trusted_is_named(void **state)
{
    struct place *p = *state;
    static const struct {
        mode_t main, included;
        int result, status;
        const char *said;
    } rows[] = {
        {0602, 0644, -EPERM, 255,
         "2 conf: refused, because others may write to it (mode 0602)\n"},
        {0644, 0646, -EPERM, 255,
         "2 DIR/more: refused, because others may write to it (mode 0646)\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_file(p, "conf", rows[i].main, "Include more\n");
        put_file(p, "more", rows[i].included, "Port 1\n");
        assert_int_equal(load(p), rows[i].result);
        assert_string_equal(said(p), rows[i].said);
        assert_int_equal(p->status, rows[i].status);
    }
    assert_int_equal(load_with(p, "gone", NULL, 0), -ENOENT);
    assert_string_equal(said(p), "2 gone: No such file or directory\n");
    assert_int_equal(p->status, 1);
}

static void
test_a_group_with_others_in_it_may_not_write(void **state)
{
    struct place *p = *state;
    char path[128];

    if (getuid() != 0) {
        skip(); /* only root can give a file to another group */
    }
    put_file(p, "key", 0600, "k");
    put_file(p, "conf", 0660, "HostKey key\n");
    snprintf(path, sizeof(path), "%s/conf", p->directory);
    assert_int_equal(load(p), 0);
    configuration_free(p->c);
    p->c = NULL;
    assert_int_equal(chown(path, 0, 1), 0);
    assert_int_equal(load(p), -EPERM);
    assert_string_equal(p->said,
                        "2 conf: refused, because others may write to it (mode "
                        "0660)\n");
}

static void
test_mistakes_in_the_text_name_file_and_line(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *text, *override;
        int status;
        const char *said;
    } rows[] = {
        {"\nFoo bar\n", "Port 1", 255,
         "2 conf: line 2: Bad configuration option: Foo\n"
         "2 conf: terminating, 1 bad configuration options\n"},
        {"Port x\n", "Port 1", 255,
         "2 conf line 1: Badly formatted port number.\n"},
        {"", "Port x", 255,
         "2 command-line line 0: Badly formatted port number.\n"},
        {"", "Foo bar", 1,
         "2 command-line: line 0: Bad configuration option: Foo\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_file(p, "conf", 0600, rows[i].text);
        assert_int_equal(load_with(p, "conf", &rows[i].override, 1), -EINVAL);
        assert_string_equal(said(p), rows[i].said);
        assert_int_equal(p->status, rows[i].status);
    }
}

static void
test_host_keys_that_cannot_be_used_are_named(void **state)
{
    struct place *p = *state;

    put_file(p, "good", 0600, "k");
    put_file(p, "open", 0644, "k");
    put_file(p, "conf", 0600, "HostKey open\nHostKey gone\nHostKey good\n");
    assert_int_equal(load(p), 0);
    assert_non_null(strstr(said(p), "UNPROTECTED PRIVATE KEY FILE!"));
    assert_non_null(
        strstr(said(p), "2 Permissions 0644 for 'DIR/open' are too open.\n"));
    assert_non_null(strstr(
        said(p), "2 Unable to load host key \"DIR/open\": bad permissions\n"
                 "2 Unable to load host key: DIR/open\n"
                 "2 Unable to load host key: DIR/gone\n"));
    assert_null(strstr(said(p), "DIR/good"));
}

static void
test_without_a_host_key_there_is_no_start(void **state)
{
    struct place *p = *state;

    put_file(p, "conf", 0600, "HostKey gone\n");
    assert_int_equal(load(p), -ENOKEY);
    assert_string_equal(said(p),
                        "2 Unable to load host key: DIR/gone\n"
                        "3 portcullisd: no hostkeys available -- exiting.\n");
    assert_int_equal(p->status, 1);
}

static void
test_a_key_that_is_listed_twice_is_read_once(void **state)
{
    struct place *p = *state;
    struct bundle b;

    put_file(p, "key", 0600, "k");
    put_file(p, "conf", 0600, "HostKey key\nHostKey key\n");
    assert_int_equal(load(p), 0);
    assert_int_equal(bundle_read(p->c->bundle, &b), 0);
    assert_int_equal(b.host_key_count, 1);
    bundle_done(&b);
}

static void
test_printing_leaves_host_keys_alone(void **state)
{
    struct place *p = *state;
    const struct configuration_origin origin = {
        .file = "none",
        .directory = p->directory,
        .without_host_keys = true,
    };

    assert_int_equal(configuration_load(&origin, &p->say, &p->c, &p->status),
                     0);
    assert_int_equal(p->c->bundle, -1);
    assert_string_equal(p->said, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_and_its_host_key_become_a_bundle),
        TEST(test_includes_are_found_beside_the_main_file_in_order),
        TEST(test_files_that_include_each_other_are_refused),
        TEST(test_no_file_means_defaults_and_overrides),
        TEST(test_what_cannot_be_read_or_trusted_is_named),
        TEST(test_a_group_with_others_in_it_may_not_write),
        TEST(test_mistakes_in_the_text_name_file_and_line),
        TEST(test_host_keys_that_cannot_be_used_are_named),
        TEST(test_without_a_host_key_there_is_no_start),
        TEST(test_a_key_that_is_listed_twice_is_read_once),
        TEST(test_printing_leaves_host_keys_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

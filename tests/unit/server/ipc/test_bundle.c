/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/ipc/bundle.h"

#define MAIN_TEXT "Port 2222\nInclude one.conf two*.conf\n"
#define KEY_TEXT "-----BEGIN KEY-----\n\0binary"

static const struct source includes_one[] = {
    {.name = "/c/one.conf", .text = "UsePAM no\n", .size = 10},
};
static const struct source includes_two[] = {
    {.name = "/c/two1.conf", .text = "", .size = 0},
    {.name = "/c/two2.conf", .text = "#\n", .size = 2},
};
static const struct include includes[] = {
    {.pattern = "one.conf", .list = includes_one, .count = 1},
    {.pattern = "none*.conf", .list = NULL, .count = 0},
    {.pattern = "two*.conf", .list = includes_two, .count = 2},
};
static const char *const overrides[] = {"Port 22", "LogLevel DEBUG"};
static const struct bundle_host_key host_keys[] = {
    {
        .path = "/k/rsa",
        .text = {(const uint8_t *)KEY_TEXT, sizeof(KEY_TEXT) - 1},
        .required = true,
    },
    {.path = "/k/empty", .text = {NULL, 0}, .required = false},
};

static const struct bundle sample = {
    .sources =
        {
            .main = {.name = "/c/sshd_config",
                     .text = MAIN_TEXT,
                     .size = sizeof(MAIN_TEXT) - 1},
            .includes = includes,
            .include_count = 3,
            .overrides = overrides,
            .override_count = 2,
        },
    .home = "/root",
    .directory = NULL,
    .host_keys = host_keys,
    .host_key_count = 2,
    .log_to_stderr = true,
};

static void
assert_source_equal(const struct source *a, const struct source *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->text, b->text, a->size);
}

static void
assert_is_sample(const struct bundle *b)
{
    assert_source_equal(&b->sources.main, &sample.sources.main);
    assert_int_equal(b->sources.include_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct include *include = &b->sources.includes[i];

        assert_string_equal(include->pattern, includes[i].pattern);
        assert_int_equal(include->count, includes[i].count);
        for (size_t j = 0; j < include->count; j++) {
            assert_source_equal(&include->list[j], &includes[i].list[j]);
        }
    }
    assert_int_equal(b->sources.override_count, 2);
    assert_string_equal(b->sources.overrides[0], "Port 22");
    assert_string_equal(b->sources.overrides[1], "LogLevel DEBUG");
    assert_string_equal(b->home, "/root");
    assert_null(b->directory);
    assert_true(b->log_to_stderr);
    assert_int_equal(b->host_key_count, 2);
    assert_string_equal(b->host_keys[0].path, "/k/rsa");
    assert_int_equal(b->host_keys[0].text.size, sizeof(KEY_TEXT) - 1);
    assert_memory_equal(b->host_keys[0].text.data, KEY_TEXT,
                        sizeof(KEY_TEXT) - 1);
    assert_true(b->host_keys[0].required);
    assert_false(b->host_keys[1].required);
    assert_int_equal(b->host_keys[1].text.size, 0);
}

/* An exact copy on the heap, so that a read behind its end is caught. */
static uint8_t *
encoded(size_t *ret_size)
{
    size_t size = bundle_size(&sample);
    uint8_t *data = malloc(size);

    assert_non_null(data);
    assert_int_equal(bundle_encode(&sample, data, size), size);
    *ret_size = size;
    return data;
}

static void
test_what_is_written_is_read(void **state)
{
    int fd = bundle_write(&sample);
    struct bundle b = {0};

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(bundle_read(fd, &b), 0);
    close(fd); /* the texts do not need it */
    assert_is_sample(&b);
    bundle_done(&b);
    bundle_done(&b);
}

static void
test_nobody_can_change_what_was_written(void **state)
{
    int fd = bundle_write(&sample);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 1), -1);
    assert_int_equal(ftruncate(fd, 1 << 20), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
    assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0),
                     MAP_FAILED);
    close(fd);
}

static void
test_a_file_that_is_not_sealed_is_refused(void **state)
{
    static const int seals[] = {
        0,
        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
        F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL,
        F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW,
    };
    size_t size = 0;
    uint8_t *data = encoded(&size);
    struct bundle b = {0};
    int pipes[2];

    (void)state;
    for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
        int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        assert_int_equal(write(fd, data, size), size);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
        assert_int_equal(bundle_read(fd, &b), -EPERM);
        close(fd);
    }
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    assert_int_equal(bundle_read(pipes[0], &b), -EPERM);
    assert_int_equal(bundle_read(-1, &b), -EPERM);
    close(pipes[0]);
    close(pipes[1]);
    free(data);
}

static void
test_an_empty_sealed_file_is_refused(void **state)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct bundle b = {0};

    (void)state;
    assert_int_equal(
        fcntl(fd, F_ADD_SEALS,
              F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
        0);
    assert_int_equal(bundle_read(fd, &b), -EBADMSG);
    close(fd);
}

static void
test_every_truncation_is_refused(void **state)
{
    size_t size = 0;
    uint8_t *data = encoded(&size);

    (void)state;
    for (size_t n = 0; n < size; n++) {
        uint8_t *cut = malloc(n + 1);
        struct bundle b = {0};

        memcpy(cut, data, n);
        assert_int_equal(bundle_decode(cut, n, &b), -EBADMSG);
        assert_null(b.storage);
        free(cut);
    }
    free(data);
}

static void
test_a_byte_too_many_is_refused(void **state)
{
    size_t size = 0;
    uint8_t *data = encoded(&size);
    struct bundle b = {0};

    (void)state;
    data = realloc(data, size + 1);
    data[size] = 0;
    assert_int_equal(bundle_decode(data, size + 1, &b), -EBADMSG);
    free(data);
}

static void
test_lies_in_the_header_are_refused(void **state)
{
    static const struct {
        size_t offset; /* of a byte in the header */
        uint8_t value;
        const char *sentence;
    } rows[] = {
        {0, 'X', "another magic"},
        {4, 0xff, "four billion includes"},
        {7, 4, "an include too many"},
        {7, 2, "an include too few"},
        {8, 0xff, "four billion sources"},
        {11, 4, "a source too many"},
        {11, 2, "a source too few"},
        {12, 0xff, "four billion overrides"},
        {15, 3, "an override too many"},
        {16, 0xff, "four billion host keys"},
        {19, 65, "more host keys than allowed"},
        {19, 1, "a host key too few"},
        {23, 2, "a flag that is neither yes nor no"},
    };
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *data = encoded(&size);
        struct bundle b = {0};

        print_message("%s\n", rows[i].sentence);
        data[rows[i].offset] = rows[i].value;
        assert_int_equal(bundle_decode(data, size, &b), -EBADMSG);
        free(data);
    }
}

static void
test_any_changed_byte_is_refused_or_decodes_in_bounds(void **state)
{
    size_t size = 0;
    uint8_t *data = encoded(&size);

    (void)state;
    for (size_t i = 0; i < size; i++) {
        uint8_t before = data[i];
        struct bundle b = {0};

        data[i] ^= 0xff;
        if (bundle_decode(data, size, &b) == 0) {
            assert_int_equal(bundle_size(&b), size);
        }
        bundle_done(&b);
        data[i] = before;
    }
    free(data);
}

static void
test_wiped_keys_are_gone_and_the_rest_is_not(void **state)
{
    int fd = bundle_write(&sample);
    struct bundle b = {0};
    struct bundle again = {0};

    (void)state;
    assert_int_equal(bundle_read(fd, &b), 0);
    bundle_wipe_keys(&b);
    for (size_t i = 0; i < b.host_keys[0].text.size; i++) {
        assert_int_equal(b.host_keys[0].text.data[i], 0);
    }
    assert_string_equal(b.host_keys[0].path, "/k/rsa");
    /* Only this view: the next connection reads its own. */
    assert_int_equal(bundle_read(fd, &again), 0);
    assert_is_sample(&again);
    bundle_done(&b);
    bundle_done(&again);
    close(fd);
}

static void
test_a_buffer_that_is_too_small_is_reported(void **state)
{
    uint8_t small[32];

    (void)state;
    assert_int_equal(bundle_encode(&sample, small, sizeof(small)), -EMSGSIZE);
}

static void
test_too_many_host_keys_are_refused(void **state)
{
    struct bundle b = sample;

    (void)state;
    b.host_key_count = BUNDLE_HOST_KEY_MAX + 1;
    assert_int_equal(bundle_write(&b), -EMSGSIZE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_nobody_can_change_what_was_written),
        cmocka_unit_test(test_a_file_that_is_not_sealed_is_refused),
        cmocka_unit_test(test_an_empty_sealed_file_is_refused),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_a_byte_too_many_is_refused),
        cmocka_unit_test(test_lies_in_the_header_are_refused),
        cmocka_unit_test(test_any_changed_byte_is_refused_or_decodes_in_bounds),
        cmocka_unit_test(test_wiped_keys_are_gone_and_the_rest_is_not),
        cmocka_unit_test(test_a_buffer_that_is_too_small_is_reported),
        cmocka_unit_test(test_too_many_host_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

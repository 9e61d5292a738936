#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/monitor/banner.h"

static char path[] = "/tmp/portcullis-banner-XXXXXX";

/* What banner_read() says to a file of these bytes. */
static int
read_file(const void *data, size_t size, char **ret)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return banner_read(path, ret);
}

static void
test_a_text_is_read_as_it_is(void **state)
{
    char *text = NULL;

    (void)state;
    assert_int_equal(read_file("No\n entry\n", 10, &text), 0);
    assert_string_equal(text, "No\n entry\n");
    free(text);
}

static void
test_nothing_is_not_shown(void **state)
{
    char *text = NULL;

    (void)state;
    assert_int_equal(read_file("", 0, &text), -ENOENT);
    assert_int_equal(banner_read("/nonexistent/banner", &text), -ENOENT);
    assert_null(text);
}

static void
test_what_is_no_text_is_an_error(void **state)
{
    char *text = NULL;

    (void)state;
    assert_int_equal(read_file("a\0b", 3, &text), -EBADMSG);
    assert_int_equal(banner_read("/tmp", &text), -EINVAL);
    assert_int_equal(banner_read("/dev/zero", &text), -EINVAL);
    assert_null(text);
}

static void
test_a_pipe_is_not_waited_for(void **state)
{
    char *text = NULL;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(banner_read(path, &text), -EINVAL);
    unlink(path);
}

static void
test_the_longest_text(void **state)
{
    char *data = malloc(BANNER_MAX + 1), *text = NULL;

    (void)state;
    memset(data, 'x', BANNER_MAX + 1);
    assert_int_equal(read_file(data, BANNER_MAX + 1, &text), -EFBIG);
    assert_int_equal(read_file(data, BANNER_MAX, &text), 0);
    assert_int_equal(strlen(text), BANNER_MAX);
    free(text);
    free(data);
}

static int
make_place(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int
remove_place(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_is_read_as_it_is),
        cmocka_unit_test(test_nothing_is_not_shown),
        cmocka_unit_test(test_what_is_no_text_is_an_error),
        cmocka_unit_test(test_a_pipe_is_not_waited_for),
        cmocka_unit_test(test_the_longest_text),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "server/dialer/path.h"
#include "tests/unit/server/dialer/scratch_path.h"

static struct scratch_path scratch;

static int
begin(void **state)
{
    (void)state;
    scratch_path_init(&scratch);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    scratch_path_done(&scratch);
    return 0;
}

static struct msg_dial_path
listen_message(uint32_t mask, bool unlink_first)
{
    return (struct msg_dial_path){
        .path = scratch.path, .mask = mask, .unlink = unlink_first};
}

static mode_t
mode_of_socket(void)
{
    struct stat st;

    assert_int_equal(lstat(scratch.path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    return st.st_mode & 0777;
}

static void
test_a_connected_stream_is_ready_to_use(void **state)
{
    int l = scratch_path_listen(&scratch, SOCK_STREAM, 1);
    int fd = -1;

    (void)state;
    assert_int_equal(path_connect(scratch.path, &fd), 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    close(fd);
    close(l);
}

static void
test_what_is_not_there_or_does_not_listen(void **state)
{
    int fd = -2;

    (void)state;
    assert_int_equal(path_connect(scratch.path, &fd), -ENOENT);
    assert_int_equal(fd, -1);
    close(scratch_path_listen(&scratch, SOCK_STREAM, 1));
    assert_int_equal(path_connect(scratch.path, &fd), -ECONNREFUSED);
    unlink(scratch.path);
    fd = scratch_path_listen(&scratch, SOCK_DGRAM, 0);
    close(fd);
    assert_true(path_connect(scratch.path, &fd) < 0);
    assert_int_equal(path_connect("/dev/null", &fd), -ECONNREFUSED);
    assert_int_equal(path_connect("/dev/null/x", &fd), -ENOTDIR);
}

static void
test_a_full_queue_is_told_apart(void **state)
{
    int l = scratch_path_listen(&scratch, SOCK_STREAM, 0);
    int first = scratch_path_connect(&scratch);
    int fd = -1;

    (void)state;
    assert_int_equal(path_connect(scratch.path, &fd), -EAGAIN);
    assert_int_equal(fd, -1);
    close(first);
    close(l);
}

static void
test_paths_that_cannot_be(void **state)
{
    char longest[109];
    struct msg_dial_path m = {.path = longest};
    int fd = -1;

    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[108] = '\0';
    assert_int_equal(path_connect(longest, &fd), -ENAMETOOLONG);
    assert_int_equal(path_listen(&m, &fd), -ENAMETOOLONG);
    longest[107] = '\0';
    assert_int_equal(path_connect(longest, &fd), -ENOENT);
    m.path = "";
    assert_int_equal(path_connect("", &fd), -EINVAL);
    assert_int_equal(path_listen(&m, &fd), -EINVAL);
    assert_int_equal(fd, -1);
}

static void
test_the_mask_is_for_the_socket_only(void **state)
{
    static const struct {
        uint32_t mask;
        mode_t mode;
    } rows[] = {{0177, 0600}, {0, 0777}, {0117, 0660}, {0777, 0}};
    mode_t before = umask(022);
    int fd = -1;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct msg_dial_path m = listen_message(rows[i].mask, false);

        assert_int_equal(path_listen(&m, &fd), 0);
        assert_int_equal(mode_of_socket(), rows[i].mode);
        assert_int_equal(umask(022), 022);
        close(fd);
        assert_int_equal(unlink(scratch.path), 0); /* it had stayed */
    }
    umask(before);
}

static void
test_what_stands_there_goes_only_when_told_to(void **state)
{
    struct msg_dial_path keep = listen_message(0177, false);
    struct msg_dial_path take = listen_message(0177, true);
    int fd = open(scratch.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    int again = -1;

    (void)state;
    close(fd);
    assert_int_equal(path_listen(&keep, &fd), -EADDRINUSE);
    assert_int_equal(path_listen(&take, &fd), 0);
    assert_int_equal(path_listen(&keep, &again), -EADDRINUSE);
    assert_int_equal(path_listen(&take, &again), 0);
    close(fd);
    close(again);
    unlink(scratch.path);
    assert_int_equal(path_listen(&take, &fd), 0); /* nothing to remove */
    close(fd);
    unlink(scratch.path);
    assert_int_equal(mkdir(scratch.path, 0700), 0);
    assert_true(path_listen(&take, &fd) < 0);
    assert_int_equal(rmdir(scratch.path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_connected_stream_is_ready_to_use,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_what_is_not_there_or_does_not_listen, begin, end),
        cmocka_unit_test_setup_teardown(test_a_full_queue_is_told_apart, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_paths_that_cannot_be, begin, end),
        cmocka_unit_test_setup_teardown(test_the_mask_is_for_the_socket_only,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_what_stands_there_goes_only_when_told_to, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

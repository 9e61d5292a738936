#include "server/config/file_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/fd.h"

#define FIRST_SIZE 4096

/* realloc() would leave a copy of a key behind. */
static int
grow(struct file_bytes *f, size_t *room, size_t max)
{
    size_t size = *room == 0 ? FIRST_SIZE : 2 * *room;
    char *data = NULL;

    if (f->size > max) {
        return -EFBIG;
    }
    data = malloc(size);
    if (data == NULL) {
        return -ENOMEM;
    }
    if (f->size > 0) {
        memcpy(data, f->data, f->size);
        explicit_bzero(f->data, f->size);
    }
    free(f->data);
    f->data = data;
    *room = size;
    return 0;
}

static int
read_all(int fd, size_t max, struct file_bytes *f)
{
    size_t room = 0;

    for (;;) {
        ssize_t n;
        int r = f->size == room ? grow(f, &room, max) : 0;

        if (r < 0) {
            return r;
        }
        n = read(fd, f->data + f->size, room - f->size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno != EISDIR) {
            return -errno;
        }
        if (n <= 0) {
            return f->size > max ? -EFBIG : 0;
        }
        f->size += (size_t)n;
    }
}

int
file_bytes_read(const char *path, size_t max, file_check_fn *check, void *arg,
                struct file_bytes *ret)
{
    struct file_bytes f = {0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int r = 0;

    if (fd < 0) {
        return -errno;
    }
    r = fstat(fd, &st) < 0 ? -errno : check(arg, &st);
    if (r == 0) {
        r = read_all(fd, max, &f);
    }
    fd_close(&fd);
    if (r < 0) {
        file_bytes_done(&f);
        return r;
    }
    *ret = f;
    return 0;
}

void
file_bytes_done(struct file_bytes *f)
{
    if (f->data != NULL) {
        explicit_bzero(f->data, f->size);
        free(f->data);
    }
    *f = (struct file_bytes){0};
}

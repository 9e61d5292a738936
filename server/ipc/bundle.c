#include "server/ipc/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* since Linux 6.3 */
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int
sealed_file(void)
{
    unsigned flags = MFD_ALLOW_SEALING | MFD_CLOEXEC;
    int fd = memfd_create("portcullis-bundle", flags | MFD_NOEXEC_SEAL);

    if (fd < 0 && errno == EINVAL) {
        fd = memfd_create("portcullis-bundle", flags);
    }
    return fd < 0 ? -errno : fd;
}

/* A writable mapping must be gone before F_SEAL_WRITE. */
static int
fill(int fd, const struct bundle *b, size_t size)
{
    void *map = NULL;
    long n;

    if (ftruncate(fd, (off_t)size) < 0) {
        return -errno;
    }
    map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return -errno;
    }
    n = bundle_encode(b, map, size);
    munmap(map, size);
    if (n != (long)size) {
        return -EMSGSIZE;
    }
    return fcntl(fd, F_ADD_SEALS, SEALS) < 0 ? -errno : 0;
}

int
bundle_write(const struct bundle *b)
{
    size_t size = 0;
    int fd = -1;
    int r = 0;

    if (b->host_key_count > BUNDLE_HOST_KEY_MAX) {
        return -EMSGSIZE;
    }
    size = bundle_size(b);
    if (size > BUNDLE_BYTES_MAX) {
        return -EMSGSIZE;
    }
    fd = sealed_file();
    if (fd < 0) {
        return fd;
    }
    r = fill(fd, b, size);
    if (r < 0) {
        fd_close(&fd);
        return r;
    }
    return fd;
}

/* Private and writable, so that bundle_wipe_keys() can zero its own view. */
static int
map_sealed(int fd, struct bundle *ret)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & SEALS) != SEALS) {
        return -EPERM;
    }
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (st.st_size <= 0 || (uint64_t)st.st_size > BUNDLE_BYTES_MAX) {
        return -EBADMSG;
    }
    ret->map_size = (size_t)st.st_size;
    ret->map =
        mmap(NULL, ret->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (ret->map == MAP_FAILED) {
        ret->map = NULL;
        return -errno;
    }
    return 0;
}

int
bundle_read(int fd, struct bundle *ret)
{
    struct bundle mapped = {0};
    int r = map_sealed(fd, &mapped);

    *ret = (struct bundle){0};
    if (r < 0) {
        return r;
    }
    r = bundle_decode(mapped.map, mapped.map_size, ret);
    if (r < 0) {
        bundle_done(&mapped);
        return r;
    }
    ret->map = mapped.map;
    ret->map_size = mapped.map_size;
    return 0;
}

void
bundle_done(struct bundle *b)
{
    free(b->storage);
    if (b->map != NULL) {
        munmap(b->map, b->map_size);
    }
    *b = (struct bundle){0};
}

void
bundle_wipe_keys(struct bundle *b)
{
    uint8_t *map = b->map;

    for (size_t i = 0; map != NULL && i < b->host_key_count; i++) {
        const struct wire_bytes *text = &b->host_keys[i].text;

        if (text->size > 0) {
            explicit_bzero(map + (text->data - map), text->size);
        }
    }
}

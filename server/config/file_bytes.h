#ifndef SERVER_CONFIG_FILE_BYTES_H
#define SERVER_CONFIG_FILE_BYTES_H

#include <stddef.h>

struct stat;

/* The content of a file.  data is NULL when it is empty. */
struct file_bytes {
    char *data; /* owned */
    size_t size;
};

/* Says no with a negative errno.  Asked about the opened file, so that the
 * file that was looked at is the one that is read. */
typedef int file_check_fn(void *arg, const struct stat *st);

/*
 * Read all of path; a directory reads as empty.  Returns 0, what check
 * returned, -EFBIG above max bytes, -ENOMEM or another -errno.
 */
int file_bytes_read(const char *path, size_t max, file_check_fn *check,
                    void *arg, struct file_bytes *ret);

/* Zero and free: it may have been a key. */
void file_bytes_done(struct file_bytes *f);

#endif

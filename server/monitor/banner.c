/* The text that a client sees before it has shown who it is. */
#include "server/monitor/banner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/fd.h"
#include "server/log/log.h"

/* Up to BANNER_MAX + 1 bytes, so that too many are seen. 0 or -errno. */
static int
read_all(int fd, char *text, size_t *ret_size)
{
    size_t size = 0;

    while (size <= BANNER_MAX) {
        ssize_t n = read(fd, text + size, BANNER_MAX + 1 - size);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        size += (size_t)n;
    }
    *ret_size = size;
    return 0;
}

static int
read_text(int fd, char **ret)
{
    char *text = malloc(BANNER_MAX + 2);
    size_t size = 0;
    int r = text == NULL ? -ENOMEM : read_all(fd, text, &size);

    if (r == 0 && size > BANNER_MAX) {
        r = -EFBIG;
    } else if (r == 0 && size == 0) {
        r = -ENOENT;
    } else if (r == 0 && memchr(text, '\0', size) != NULL) {
        r = -EBADMSG;
    }
    if (r < 0) {
        free(text);
        return r;
    }
    text[size] = '\0';
    *ret = text;
    return 0;
}

int
banner_read(const char *path, char **ret)
{
    /* Not to wait for the other end of a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    int r = 0;

    if (fd < 0 || fstat(fd, &st) < 0) {
        r = -errno;
    } else if (!S_ISREG(st.st_mode)) {
        r = -EINVAL;
    } else {
        r = read_text(fd, ret);
    }
    fd_close(&fd);
    return r;
}

void
banner_send(struct connection *c)
{
    const char *path = c->settings->banner.value;
    char *text = NULL;
    struct msg_text m;
    int r = path == NULL ? -ENOENT : banner_read(path, &text);

    if (r == 0) {
        m.text = text;
        connection_send(c, MSG_AUTH_BANNER, &m, -1);
        free(text);
    } else if (r != -ENOENT) {
        log_line(LOG_LEVEL_ERROR, "Banner %s is not shown: %s", path,
                 strerror(-r));
    }
}

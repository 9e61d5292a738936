/*
 * What libssh writes to its socket: small packets wait for each other, so that
 * one call sends all that an iteration of the loop has to say.
 */
#include <errno.h>
#include <sys/socket.h>

#include "server/limits.h"
#include "server/ssh/hooks.h"

struct ssh_socket_struct;

int __real_ssh_socket_write(struct ssh_socket_struct *, const void *, uint32_t);
ssize_t __real_send(int, const void *, size_t, int);

int __wrap_ssh_socket_write(struct ssh_socket_struct *, const void *, uint32_t);
ssize_t __wrap_send(int, const void *, size_t, int);

static struct {
    int fd; /* libssh's socket */
    bool is_held;
    bool is_fresh; /* libssh has written since hooks_release_output() */
    size_t unsent; /* bytes in libssh's buffer */
    bool has_room; /* the socket took all of the last send */
} output = {.fd = -1};

void
hooks_guard_output(int fd)
{
    output.fd = fd;
}

void
hooks_hold_output(void)
{
    output.is_held = true;
}

bool
hooks_release_output(void)
{
    bool is_due = output.is_fresh && output.unsent > 0 &&
                  output.unsent < LIMIT_UNSENT_HELD;

    output.is_held = output.is_fresh = false;
    return is_due;
}

size_t
hooks_unsent(void)
{
    return output.unsent;
}

bool
hooks_holds_output(void)
{
    return output.is_held && output.unsent < LIMIT_UNSENT_HELD;
}

bool
hooks_has_room(void)
{
    return output.has_room;
}

void
hooks_note_room(void)
{
    output.has_room = true;
}

int
__wrap_ssh_socket_write(struct ssh_socket_struct *socket, const void *bytes,
                        uint32_t size)
{
    hooks_hit(HOOK_WRITE);
    output.is_fresh = true;
    output.unsent += size;
    return __real_ssh_socket_write(socket, bytes, size);
}

/* libssh passes all of its buffer, and takes EAGAIN for the end. */
ssize_t
__wrap_send(int fd, const void *bytes, size_t size, int flags)
{
    ssize_t n = 0;

    if (fd != output.fd) {
        return __real_send(fd, bytes, size, flags);
    }
    hooks_hit(HOOK_OUTPUT);
    output.unsent = size;
    if (hooks_holds_output()) {
        return 0;
    }
    n = __real_send(fd, bytes, size, flags);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        n = 0;
    }
    if (n >= 0) {
        output.unsent -= (size_t)n;
    }
    output.has_room = n >= 0 && output.unsent == 0;
    return n;
}

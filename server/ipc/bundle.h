#ifndef SERVER_IPC_BUNDLE_H
#define SERVER_IPC_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "server/ipc/wire.h"

#define BUNDLE_BYTES_MAX ((size_t)64 << 20)
#define BUNDLE_HOST_KEY_MAX 64

struct bundle_host_key {
    const char *path;
    struct wire_bytes text; /* the private key file's bytes */
    bool required;          /* named by the configuration, not a default */
};

/*
 * What the daemon read once and every monitor needs: the configuration and
 * its includes as text, the command line's overrides, the host keys' bytes,
 * where to log.  It travels in a sealed memfd.
 */
struct bundle {
    struct sources sources;
    const char *home;      /* facts for parsing, see struct facts */
    const char *directory; /* or NULL */
    const struct bundle_host_key *host_keys;
    size_t host_key_count;
    bool log_to_stderr;
    /* What bundle_read() and bundle_decode() made; see bundle_done(). */
    void *storage; /* the arrays that sources and host_keys point to */
    void *map;     /* the texts; NULL when they belong to somebody else */
    size_t map_size;
};

/* Write b into a new memfd, sealed against every change. fd or -errno. */
int bundle_write(const struct bundle *b);

/*
 * Map fd (borrowed), check its seals and contents.  0, -EPERM (not sealed),
 * -EBADMSG, -ENOMEM or another -errno.  The texts live until bundle_done().
 */
int bundle_read(int fd, struct bundle *ret);
void bundle_done(struct bundle *b); /* after a failure too, and twice */

/*
 * Zero the host keys' bytes in this process's view of the bundle, once they
 * are loaded; then close the descriptor, which still shows them.
 */
void bundle_wipe_keys(struct bundle *b);

/*
 * The form in which it travels.  bundle_size() is what bundle_encode() will
 * write; bundle_decode() borrows data for as long as *ret lives, and accepts
 * exactly what bundle_encode() writes.  Returns bytes written or -EMSGSIZE;
 * 0, -EBADMSG or -ENOMEM.
 */
size_t bundle_size(const struct bundle *b);
long bundle_encode(const struct bundle *b, void *out, size_t size);
int bundle_decode(const void *data, size_t size, struct bundle *ret);

#endif

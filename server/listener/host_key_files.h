#ifndef SERVER_LISTENER_HOST_KEY_FILES_H
#define SERVER_LISTENER_HOST_KEY_FILES_H

#include "policy/settings.h"
#include "server/ipc/bundle.h"
#include "server/listener/say.h"

/* Private keys as bytes: nobody in this program knows what they mean. */
struct host_key_files {
    struct bundle_host_key list[BUNDLE_HOST_KEY_MAX];
    size_t count;
};

/*
 * Read what the HostKey lines name.  Files that cannot be used are left out
 * and spoken of: as an error, or at debug level when it is a default file
 * that is not there.  Paths are borrowed.  Zero keys is no failure here.
 * Returns 0 or -ENOMEM.
 */
int host_key_files_read(const struct texts_setting *names, const struct say *to,
                        struct host_key_files *ret);

/* Zeroes the bytes. */
void host_key_files_done(struct host_key_files *f);

#endif

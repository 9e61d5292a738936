#ifndef SERVER_SSH_HOST_KEYS_H
#define SERVER_SSH_HOST_KEYS_H

#include <libssh/server.h>

#include "server/ipc/msg.h"

/*
 * Give bind the host keys of setup: real public halves with private halves
 * that are no keys at all (libssh wants some).  Signatures come from the
 * monitor, through the hook of EVP_DigestSign.  0 or -EINVAL, -ENOMEM.
 */
int host_keys_import(ssh_bind bind, const struct msg_setup *setup);

#endif

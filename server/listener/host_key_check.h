#ifndef SERVER_LISTENER_HOST_KEY_CHECK_H
#define SERVER_LISTENER_HOST_KEY_CHECK_H

#include "server/listener/configuration.h"

/*
 * Let portcullis-monitor --check look at the host keys of c, because this
 * program does not link libcrypto.  Its words, and "no hostkeys available",
 * go to say.  Returns 0 when at least one key can be used, -ENOKEY, or
 * another -errno when nobody could be asked.
 */
int host_key_check(const struct configuration *c, const struct say *to);

#endif

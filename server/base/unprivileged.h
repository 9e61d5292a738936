#ifndef SERVER_BASE_UNPRIVILEGED_H
#define SERVER_BASE_UNPRIVILEGED_H

#include <stdint.h>

/*
 * The first port that anybody may listen on: ip_unprivileged_port_start of
 * our network namespace, read once; 1024 when it cannot be read.
 */
uint32_t unprivileged_start(void);

#endif

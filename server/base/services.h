#ifndef SERVER_BASE_SERVICES_H
#define SERVER_BASE_SERVICES_H

#include <stdint.h>

/*
 * The tcp port of a name in services(5), host order, or 0: what policy is
 * given as a service_port_fn.  arg is not used.
 */
uint16_t services_port(void *arg, const char *name);

#endif

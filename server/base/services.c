#include "server/base/services.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>

uint16_t
services_port(void *arg, const char *name)
{
    const struct servent *service = getservbyname(name, "tcp");

    (void)arg;
    return service == NULL ? 0 : ntohs((uint16_t)service->s_port);
}

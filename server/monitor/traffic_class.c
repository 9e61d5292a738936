/* IPQoS, which IPv4 calls type of service and IPv6 traffic class. */
#include "server/monitor/traffic_class.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include "policy/settings.h"

int
traffic_class_set(int fd, int value)
{
    int family = AF_UNSPEC, r = 0;
    socklen_t size = sizeof(family);

    if (value == QOS_NONE) {
        return 0;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0) {
        return -errno;
    }
    if (family == AF_INET6) {
        r = setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
    } else if (family == AF_INET) {
        r = setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof(value));
    }
    return r < 0 ? -errno : 0;
}

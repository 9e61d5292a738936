#ifndef SERVER_MONITOR_PEER_H
#define SERVER_MONITOR_PEER_H

#include <stdint.h>

#include "policy/address.h"

#define PEER_HOST_MAX 1025 /* bytes, with the NUL: NI_MAXHOST */

/* The two ends of the client's connection. */
struct peer {
    struct address address; /* of the client; ADDRESS_NONE: not a network */
    struct address local_address;
    uint16_t port; /* 65535 with an ip of "UNKNOWN" */
    uint16_t local_port;
    char ip[ADDRESS_TEXT_MAX];
    char local_ip[ADDRESS_TEXT_MAX];
    char host[PEER_HOST_MAX]; /* UseDNS: the confirmed name; else ip */
};

/* 0, or -errno when the client has already gone. */
int peer_of_socket(int fd, struct peer *ret);

#endif

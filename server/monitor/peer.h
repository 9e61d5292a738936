#ifndef SERVER_MONITOR_PEER_H
#define SERVER_MONITOR_PEER_H

#include <stdint.h>
#include <sys/socket.h>

#include "policy/address.h"

/* The two ends of the client's connection. */
struct peer {
    struct address address; /* of the client; ADDRESS_NONE: not a network */
    struct address local_address;
    uint16_t port; /* 65535 with an ip of "UNKNOWN" */
    uint16_t local_port;
    char ip[ADDRESS_TEXT_MAX];
    char local_ip[ADDRESS_TEXT_MAX];
};

/* 0, or -errno when the client has already gone. */
int peer_of_socket(int fd, struct peer *ret);

/*
 * The address and port in sa; a v4-mapped one becomes the v4 address.
 * -EAFNOSUPPORT when it is not of the network.
 */
int peer_address(const struct sockaddr_storage *sa, struct address *ret,
                 uint16_t *ret_port);

#endif

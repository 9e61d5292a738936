/*
 * What the two test clients share: command line, sockets and the carrying of
 * bytes.  A library is a table of functions over one login and one channel at
 * a time; everything but login() is called on a session that does not block.
 */
#ifndef CLIENTS_CLIENT_H
#define CLIENTS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct client_words {
    const char *port;
    const char *user;
    const char *host_key; /* file with the public half */
    const char *key;      /* file with the private half */
    const char *method;   /* "key", "password" or "keyboard" */
    const char *password;
};

/* Read and write return a count, 0 for "not now", -1 at an error. */
struct client_library {
    /* Blocks; returns the descriptor of the connection or -1. */
    int (*login)(const struct client_words *w);
    /* direct-tcpip; blocks; false when the server refuses. */
    bool (*open)(const char *host, int port);
    /* tcpip-forward; blocks; the port that stands open, or -1. */
    int (*listen)(const char *address, int port);
    bool (*cancel)(void);
    /* True when a channel from the listener has come in. */
    bool (*accept)(void);
    int (*read)(char *buffer, size_t size);
    int (*write)(const char *buffer, size_t size);
    bool (*at_end)(void);
    void (*send_end)(void);
    void (*close)(void);
    bool (*is_connected)(void);
    const char *(*error)(void);
};

int client_main(int argc, char **argv, const struct client_library *l);

#endif

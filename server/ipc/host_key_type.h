#ifndef SERVER_IPC_HOST_KEY_TYPE_H
#define SERVER_IPC_HOST_KEY_TYPE_H

/* The families of host keys, as the session names them to the monitor. */
enum host_key_type {
    HOST_KEY_NONE = 0,
    HOST_KEY_RSA,
    HOST_KEY_ECDSA,
    HOST_KEY_ED25519,
    HOST_KEY_TYPE_COUNT,
};

#endif

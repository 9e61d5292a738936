#ifndef SERVER_LISTENER_NOTIFY_H
#define SERVER_LISTENER_NOTIFY_H

/*
 * What a service manager is told of us, sd_notify(3).  Without NOTIFY_SOCKET
 * in the environment nobody is told anything, and that is no error.
 */
enum notify_state {
    NOTIFY_READY = 1, /* serving; again after each reload */
    NOTIFY_RELOADING,
    NOTIFY_STOPPING,
};

/*
 * 0 or -errno: -EINVAL for an address that is neither an absolute path nor
 * abstract ("@name"), -ENAMETOOLONG, -EAGAIN when its queue stays full.
 */
int notify_send(enum notify_state state);

#endif

#ifndef SERVER_MONITOR_TRAFFIC_CLASS_H
#define SERVER_MONITOR_TRAFFIC_CLASS_H

/*
 * Mark the packets of a TCP socket (borrowed) with a byte of IPQoS, or leave
 * them as they are: QOS_NONE.  Returns 0 or -errno.
 */
int traffic_class_set(int fd, int value);

#endif

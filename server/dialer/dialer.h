#ifndef SERVER_DIALER_DIALER_H
#define SERVER_DIALER_DIALER_H

/*
 * Serve the monitor at the other end of link (takes it) until it closes its
 * end.  Returns 0, or -errno when the link broke.  Lookups may still be
 * running afterwards: leave with _exit(2).
 */
int dialer_run(int link);

#endif

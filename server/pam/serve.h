#ifndef SERVER_PAM_SERVE_H
#define SERVER_PAM_SERVE_H

/*
 * Answer the monitor's requests on link, one at a time, until it closes its
 * end; then undo what PAM did for the session.  Returns 0, or -errno when
 * the link broke or the monitor did not keep to the table.
 */
int serve(int link);

#endif

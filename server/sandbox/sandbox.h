#ifndef SERVER_SANDBOX_SANDBOX_H
#define SERVER_SANDBOX_SANDBOX_H

/*
 * Allow the session's system calls (rules.c) and no others to this process
 * and all its threads, for good.  What is not on the list fails with EPERM.
 * Sets no_new_privs.  0 or -errno.
 */
int sandbox_enter_session(void);

/* One thing that a taken-over session would like to do. */
typedef void sandbox_attempt_fn(void *arg, const char *name, int error);

/*
 * Prove it: attempt socket, connect, bind, listen, accept, open, kill,
 * ptrace, exec, fork and sending to an address.  report() (may be NULL) hears
 * of each with the errno it gave.  Returns 0 when every one of them failed
 * with EPERM, else -EPERM.
 */
int sandbox_verify(sandbox_attempt_fn *report, void *arg);

#endif

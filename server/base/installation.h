#ifndef SERVER_BASE_INSTALLATION_H
#define SERVER_BASE_INSTALLATION_H

/* What an installation has to provide: names that several programs share. */

/*
 * Where the programs that portcullisd starts are when they are not beside it,
 * as seen from its folder.  CMake knows where both are installed.
 */
#ifndef INSTALLATION_PROGRAMS
#define INSTALLATION_PROGRAMS "../libexec/portcullis"
#endif
/* A program that is among them. */
#define INSTALLATION_ANY_PROGRAM "portcullis-monitor"

/* Read when -f names no other file; relative Includes are beside it. */
#define INSTALLATION_CONFIGURATION "/etc/portcullis/sshd_config"

/* The account that portcullis-session runs as. */
#define INSTALLATION_ACCOUNT "_portcullis"

/* An empty directory of root's, the session's root; the daemon makes it. */
#define INSTALLATION_EMPTY_DIRECTORY "/run/portcullis"

#endif

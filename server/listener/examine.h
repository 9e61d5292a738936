#ifndef SERVER_LISTENER_EXAMINE_H
#define SERVER_LISTENER_EXAMINE_H

#include "server/listener/command_line.h"
#include "server/listener/configuration.h"

/* The modes that look and do not serve. */

/* -T, -G: print what is in force for the identity of -C.  Exit status. */
int examine_dump(struct configuration *c, const struct command_line *options,
                 const struct say *to);

/* -t -v: what the configuration says and probably does not mean. */
void examine_warnings(const struct configuration *c, const struct say *to);

/* -V: our version and, asked from portcullis-session, that of libssh. */
int examine_version(void);

#endif

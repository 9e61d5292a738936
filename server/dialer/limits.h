#ifndef SERVER_DIALER_LIMITS_H
#define SERVER_DIALER_LIMITS_H

/* Everything that a client can make grow in the dialer of its connection. */

#define LOOKUPS_MAX 256   /* names being resolved, also forgotten ones */
#define DIALS_MAX 512     /* connects under way */
#define LISTENERS_MAX 256 /* each with up to MSG_ADDRESS_MAX sockets */

#define LOOKUP_STACK_SIZE (1 << 20) /* bytes, untouched ones cost nothing */

#define PATH_RETRY_MS 10U /* then twice as long each time, 1.3 s in all */
#define PATH_TRIES_MAX 7  /* at a socket whose queue is full */

#define ACCEPT_BUDGET 16      /* of one listener, then others get a turn */
#define ACCEPT_PAUSE_MS 1000  /* as sshd, when descriptors run out */
#define INCOMING_QUEUE_MAX 64 /* messages that the monitor has not taken */
#define INCOMING_PAUSE_MS 20  /* while it is that far behind */

#endif

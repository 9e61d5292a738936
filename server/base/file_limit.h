#ifndef SERVER_BASE_FILE_LIMIT_H
#define SERVER_BASE_FILE_LIMIT_H

#include <stddef.h>

/*
 * How many descriptors this process may have, getrlimit(2).  The soft limit
 * is what counts; up to the hard one a process raises it itself.
 */

/* The hard limit; SIZE_MAX when there is none. */
size_t file_limit_hard(void);

/* At least wanted, if the hard limit lets us; never fewer than now. 0 or
 * -errno. */
int file_limit_raise(size_t wanted);

/* Exactly wanted, or what the hard limit leaves of it, for good. 0 or -errno.
 */
int file_limit_fix(size_t wanted);

#endif

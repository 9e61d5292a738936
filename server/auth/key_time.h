#ifndef SERVER_AUTH_KEY_TIME_H
#define SERVER_AUTH_KEY_TIME_H

#include <time.h>

/*
 * Read expiry-time="YYYYMMDD[HHMM[SS]][Z]": local time, or UTC with a final
 * "Z" or "UTC".  Returns 0 or -EINVAL; never a time at or before the epoch.
 */
int key_time_parse(const char *text, time_t *ret);

#endif

/* The one notation of time that authorized_keys knows. */
#include "server/auth/key_time.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* digits of text at *at as a number between min and max; -1 otherwise. */
static int
take_number(const char *text, size_t *at, size_t digits, int min, int max)
{
    int value = 0;

    for (size_t i = 0; i < digits; i++, (*at)++) {
        if (text[*at] < '0' || text[*at] > '9') {
            return -1;
        }
        value = value * 10 + (text[*at] - '0');
    }
    return value >= min && value <= max ? value : -1;
}

/* text without its time zone; *utc says whether it had one. */
static size_t
zone_cut(const char *text, bool *utc)
{
    size_t size = strlen(text);

    *utc = true;
    if (size > 1 && strcasecmp(text + size - 1, "Z") == 0) {
        return size - 1;
    }
    if (size > 3 && strcasecmp(text + size - 3, "UTC") == 0) {
        return size - 3;
    }
    *utc = false;
    return size;
}

int
key_time_parse(const char *text, time_t *ret)
{
    bool utc = false;
    size_t size = zone_cut(text, &utc);
    size_t at = 0;
    struct tm tm = {0};
    time_t t = 0;

    if (size != 8 && size != 12 && size != 14) {
        return -EINVAL;
    }
    tm.tm_year = take_number(text, &at, 4, 1900, 9999);
    tm.tm_mon = take_number(text, &at, 2, 1, 12);
    tm.tm_mday = take_number(text, &at, 2, 1, 31);
    if (size > 8) {
        tm.tm_hour = take_number(text, &at, 2, 0, 23);
        tm.tm_min = take_number(text, &at, 2, 0, 59);
    }
    if (size > 12) {
        tm.tm_sec = take_number(text, &at, 2, 0, 60);
    }
    if (tm.tm_year < 0 || tm.tm_mon < 0 || tm.tm_mday < 0 || tm.tm_hour < 0 ||
        tm.tm_min < 0 || tm.tm_sec < 0) {
        return -EINVAL;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    tm.tm_isdst = utc ? 0 : -1; /* summer time, if there is one then */
    t = utc ? timegm(&tm) : mktime(&tm);
    if (t <= 0) {
        return -EINVAL;
    }
    *ret = t;
    return 0;
}

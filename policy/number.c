/* Decimal numbers, the way sshd reads them everywhere. */
#include "policy/number.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

uint64_t
number_digits(const char **p, uint64_t max)
{
    uint64_t value = 0;

    for (; **p >= '0' && **p <= '9'; (*p)++) {
        uint64_t digit = (uint64_t)(**p - '0');

        if (value > max || value > (max - digit) / 10) {
            value = max + 1;
        } else {
            value = value * 10 + digit;
        }
    }
    return value;
}

int
number_read(const char *text, uint64_t max, uint64_t *ret)
{
    const char *p = text + strspn(text, " \t\r\n\v\f");
    bool negative = *p == '-';
    const char *digits = p + (negative || *p == '+' ? 1 : 0);
    uint64_t value = 0;

    p = digits;
    value = number_digits(&p, max);
    if (p == digits || *p != '\0') {
        return -EINVAL;
    }
    if (negative && value != 0) {
        return -EDOM;
    }
    if (value > max) {
        return -ERANGE;
    }
    *ret = value;
    return 0;
}

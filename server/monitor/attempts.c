/* Arithmetic of MaxAuthTries, apart from everything that could obscure it. */
#include "server/monitor/attempts.h"

#include "server/limits.h"

#define SLOW_MS 5000 /* what took this long gives nothing more away */

bool
attempts_request(struct attempts *a)
{
    return ++a->requests <= LIMIT_LOGIN_REQUESTS;
}

bool
attempts_failure(struct attempts *a, enum auth_method method,
                 uint64_t max_auth_tries)
{
    if (a->requests > 1 || method != AUTH_METHOD_NONE) {
        a->failures++;
    }
    return a->failures < max_auth_tries;
}

bool
attempts_are_loud(const struct attempts *a, enum auth_method method, bool valid,
                  uint64_t max_auth_tries)
{
    return !valid || method == AUTH_METHOD_PASSWORD ||
           a->failures >= max_auth_tries / 2;
}

uint64_t
attempts_delay_ms(uint64_t elapsed_ms)
{
    uint64_t due = FAIL_DELAY_MS;

    if (elapsed_ms >= SLOW_MS) {
        return 0;
    }
    while (due < elapsed_ms) {
        due *= 2;
    }
    return due - elapsed_ms;
}

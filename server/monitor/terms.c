/* From the settings of a user to the numbers that the session gets. */
#include "server/monitor/terms.h"

#include "policy/timeouts.h"
#include "server/limits.h"

_Static_assert(POLICY_WINDOW_MIN == LIMIT_WINDOW, "what each window has");

/* RFC 4254 section 7.2, and sections 2.4 of OpenSSH's PROTOCOL. */
static const char *const channel_types[CHANNEL_KIND_COUNT] = {
    [CHANNEL_DIRECT_TCPIP] = "direct-tcpip",
    [CHANNEL_FORWARDED_TCPIP] = "forwarded-tcpip",
    [CHANNEL_DIRECT_PATH] = "direct-streamlocal@openssh.com",
    [CHANNEL_FORWARDED_PATH] = "forwarded-streamlocal@openssh.com",
};

static uint32_t
fit(uint64_t value)
{
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

struct msg_terms
terms_of(const struct settings *s)
{
    struct msg_terms m = {
        .rekey_bytes = s->rekey_limit.bytes,
        .rekey_seconds = fit(s->rekey_limit.seconds),
        .max_sessions = fit(s->max_sessions.value),
        .alive_interval = fit(s->client_alive_interval_s.value),
        .alive_count_max = fit(s->client_alive_count_max.value),
        .unused_timeout = fit(s->unused_connection_timeout_s.value),
        .global_timeout = fit(timeouts_global(&s->channel_timeout)),
        .forward_rate = s->forward_rate_limit_bytes.value,
        .window_each = fit(s->max_forward_window.each),
        .window_total = fit(s->max_forward_window.total),
    };

    for (int kind = 0; kind < CHANNEL_KIND_COUNT; kind++) {
        m.idle_timeout[kind] =
            fit(timeouts_find(&s->channel_timeout, channel_types[kind]));
    }
    return m;
}

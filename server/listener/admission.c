#include "server/listener/admission.h"

#include "server/listener/startups.h"

#define MICROSECONDS 1000000 /* in a second */

void
admission_init(struct admission *a)
{
    *a = (struct admission){
        /* sshd's numbers */
        .penalty_lines = {.burst = 8,
                          .depth = 60,
                          .calm_s = 30,
                          .every_s = 120},
        .startup_lines = {.burst = 4,
                          .depth = 60,
                          .calm_s = 20,
                          .every_s = 300},
    };
}

/* A line that was held back is there for who debugs. */
static void
say_drop(struct log_limit *limit, const char *keyword, const char *why,
         const struct arrival *next, const struct say *to)
{
    char client[ADDRESS_TEXT_MAX], local[ADDRESS_TEXT_MAX];
    unsigned held_back = 0;
    bool is_told =
        log_limit_allows(limit, next->now_us / MICROSECONDS, &held_back);

    address_format(&next->client, client);
    address_format(&next->local, local);
    say(to, is_told ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG3,
        "drop connection #%zu from [%s]:%u on [%s]:%u %s", next->waiting,
        client, next->client_port, local, next->local_port, why);
    if (held_back > 0) {
        say(to, LOG_LEVEL_INFO,
            "%s logging rate-limited: additional %u connections dropped",
            keyword, held_back);
    }
}

bool
admission_allows(struct admission *a, const struct settings *s,
                 const struct arrival *next, const struct say *to)
{
    const char *penalty =
        penalties_forbid(&a->penalties, s, &next->client, next->now_us);

    if (penalty != NULL) {
        say_drop(&a->penalty_lines, "PerSourcePenalties", penalty, next, to);
        return false;
    }
    if (startups_drop(&s->max_startups, next->waiting, next->dice)) {
        say_drop(&a->startup_lines, "MaxStartups", "past MaxStartups", next,
                 to);
        return false;
    }
    if (next->waiting_from_source >= s->per_source_max_startups.value &&
        next->client.family != ADDRESS_NONE) {
        say_drop(&a->startup_lines, "MaxStartups", "past PerSourceMaxStartups",
                 next, to);
        return false;
    }
    return true;
}

/* A forward's lines: in the log, and on the client's terminal. */
#include "server/monitor/forward_log.h"

#include "server/log/log.h"
#include "server/monitor/console.h"
#include "server/monitor/paced_log.h"

struct words_forward
forward_words(const struct forward *f)
{
    return (struct words_forward){
        .number = f->number,
        .kind = f->kind,
        .host = f->host,
        .port = f->port,
        .peer = f->kind == CHANNEL_FORWARDED_TCPIP ? f->peer : NULL,
        .peer_port = f->peer_port,
    };
}

void
forward_log_opened(struct connection *c, const struct forward *f)
{
    struct words_who who = connection_who(c);
    struct words_forward words = forward_words(f);
    const struct address *at = f->at.family == ADDRESS_NONE ? NULL : &f->at;
    bool is_offer = (f->id & MSG_ACCEPTED_BIT) != 0;
    char line[WORDS_MAX];

    words_forward_opened(line, &who, &words, at,
                         is_offer ? NULL : &f->decision);
    log_line(LOG_LEVEL_INFO, "%s", line);
    console_opened(c, &words);
}

/* Tell the client's console; the line for the log is the caller's. */
static void
tell_failed(struct connection *c, const struct forward *f, const char *why,
            char line[WORDS_MAX])
{
    struct words_who who = connection_who(c);
    struct words_forward words = forward_words(f);

    words_forward_failed(line, &who, &words, why);
    console_failed(c, &words, why);
}

void
forward_log_failed(struct connection *c, const struct forward *f,
                   const char *why)
{
    char line[WORDS_MAX];

    tell_failed(c, f, why, line);
    log_line(LOG_LEVEL_INFO, "%s", line);
}

void
forward_log_short(struct connection *c, const struct forward *f,
                  const char *why)
{
    char line[WORDS_MAX];

    tell_failed(c, f, why, line);
    paced_log(c, PACED_SHORTAGE, LOG_LEVEL_ERROR, line);
}

void
forward_log_closed(struct connection *c, const struct forward *f, uint64_t up,
                   uint64_t down)
{
    struct words_who who = connection_who(c);
    struct words_forward words = forward_words(f);
    char line[WORDS_MAX];

    words_forward_closed(line, &who, &words, up, down,
                         uv_now(&c->loop) - f->opened_ms);
    log_line(LOG_LEVEL_INFO, "%s", line);
    console_closed(c, &words, up, down, uv_now(&c->loop) - f->opened_ms);
}

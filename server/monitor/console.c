/* What a client sees that opened a session and not only forwards. */
#include "server/monitor/console.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/log/escape.h"
#include "server/monitor/denial.h"
#include "server/monitor/exec_words.h"
#include "server/monitor/greeting.h"
#include "server/monitor/hints.h"
#include "server/monitor/policy_words.h"
#include "server/monitor/status.h"

#define EXIT_NOT_FOUND 127 /* as a shell says for an unknown command */
/* OpenSSH ends at a refused subsystem, and shows only what it has read. */
#define HINT_READ_MS 100
#define NAME_MAX_SHOWN 200 /* bytes of a host name on the screen */
#define PORT_WORDS_MAX 24
#define LINES_MAX 4000   /* of all that is shown at once: a byte each */
#define ENTRIES_MAX 1000 /* of each list of the policy */

enum console_state {
    CONSOLE_NEW = 0, /* nothing was asked of it yet */
    CONSOLE_SCREEN,
    CONSOLE_SLEEPING,
    CONSOLE_DONE, /* has its exit status */
};

/* Freed when its timer is closed. */
struct console {
    struct console *next;
    struct connection *c;
    uint32_t id;
    enum console_state state;
    bool has_terminal;
    uv_timer_t timer;
};

static struct console *
find(const struct connection *c, uint32_t id)
{
    struct console *k = c->consoles;

    while (k != NULL && k->id != id) {
        k = k->next;
    }
    return k;
}

static size_t
count_consoles(const struct connection *c)
{
    size_t count = 0;

    for (const struct console *k = c->consoles; k != NULL; k = k->next) {
        count++;
    }
    return count;
}

void
console_open(struct connection *c, uint32_t id)
{
    struct console *k = NULL;

    if (find(c, id) != NULL) {
        connection_breach(c, "a session with an id that is in use");
        return;
    }
    if (count_consoles(c) >= LIMIT_CONSOLES) {
        return; /* what it asks for will be refused */
    }
    k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return;
    }
    k->c = c;
    k->id = id;
    k->timer.data = k;
    uv_timer_init(&c->loop, &k->timer);
    k->next = c->consoles;
    c->consoles = k;
}

static void
on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void
console_close(struct connection *c, uint32_t id)
{
    struct console **p = &c->consoles;
    struct console *k = NULL;

    while (*p != NULL && (*p)->id != id) {
        p = &(*p)->next;
    }
    k = *p;
    if (k != NULL) {
        *p = k->next;
        uv_close((uv_handle_t *)&k->timer, on_timer_closed);
    }
}

void
consoles_end(struct connection *c)
{
    while (c->consoles != NULL) {
        console_close(c, c->consoles->id);
    }
}

/* ---- what is said ---- */

static void
put(struct console *k, bool is_error, const char *text)
{
    char lines[LIMIT_STATUS_BYTES + LINES_MAX];
    const struct msg_session_text m = {
        .id = k->id,
        .is_error = is_error,
        .text = k->has_terminal ? lines : text,
    };

    greeting_add_returns(text, lines, sizeof(lines));
    connection_send(k->c, MSG_SESSION_TEXT, &m, -1);
}

static void
leave(struct console *k, uint32_t status)
{
    const struct msg_session_exit m = {.id = k->id, .status = status};

    k->state = CONSOLE_DONE;
    connection_send(k->c, MSG_SESSION_EXIT, &m, -1);
}

static void
put_greeting(struct console *k)
{
    const struct connection *c = k->c;
    struct words_who who = connection_who(c);
    char text[GREETING_MAX];

    greeting_write(text, &who, c->settings, c->limits);
    put(k, false, text);
}

static void
put_help(struct console *k)
{
    put(k, false,
        "This host only forwards connections: ssh -L, -R, -D, -W and -J.\n"
        "These words stand where a command would (ssh HOST WORD):\n"
        "  help           this text\n"
        "  policy         what you may forward\n"
        "  status         your connection, its listeners and forwards\n"
        "  status --json  the same for programs\n"
        "  sleep N        wait so many seconds; also 5m, 2h, 1d, infinity\n"
        "  true           nothing, with success\n"
        "No word shows a line for each forward that opens and closes.\n");
}

static void
put_policy(struct console *k)
{
    char text[LIMIT_STATUS_BYTES];
    struct page p = page_over(text, sizeof(text));

    policy_words_write(&p, k->c->settings, k->c->limits, ENTRIES_MAX);
    put(k, false, text);
}

static void
put_status(struct console *k, bool is_json)
{
    char text[LIMIT_STATUS_BYTES];
    struct status now;

    status_collect(&now, k->c, (int64_t)time(NULL));
    (is_json ? status_write_json : status_write)(text, &now);
    put(k, false, text);
}

static void
put_hint(struct console *k, const char *hint)
{
    char line[WORDS_MAX];

    snprintf(line, sizeof(line), "%s\n", hint);
    put(k, true, line);
}

static void
on_slept(uv_timer_t *timer)
{
    leave(timer->data, 0);
}

static void
sleep_for(struct console *k, uint64_t ms)
{
    k->state = CONSOLE_SLEEPING;
    if (ms != EXEC_FOREVER) {
        uv_timer_start(&k->timer, on_slept, ms, 0);
    }
}

static void
run(struct console *k, struct wire_bytes command)
{
    struct exec_command parsed = exec_words_parse(command);

    switch (parsed.word) {
    case EXEC_SHELL:
        k->state = CONSOLE_SCREEN;
        put_greeting(k);
        return;
    case EXEC_TRUE:
        leave(k, 0);
        return;
    case EXEC_SLEEP:
        sleep_for(k, parsed.sleep_ms);
        return;
    case EXEC_HELP:
        put_help(k);
        leave(k, 0);
        return;
    case EXEC_POLICY:
        put_policy(k);
        leave(k, 0);
        return;
    case EXEC_STATUS:
    case EXEC_STATUS_JSON:
        put_status(k, parsed.word == EXEC_STATUS_JSON);
        leave(k, 0);
        return;
    case EXEC_UNKNOWN:
        put_hint(k, hint_command(command));
        leave(k, EXIT_NOT_FOUND);
        return;
    }
}

static void
answer(struct connection *c, uint32_t id, bool ok)
{
    const struct msg_session_reply m = {.id = id, .ok = ok};

    connection_send(c, MSG_SESSION_REPLY, &m, -1);
}

static void
on_hint_read(uv_timer_t *timer)
{
    const struct console *k = timer->data;

    answer(k->c, k->id, false);
}

void
console_request(struct connection *c, const struct msg_session_request *m)
{
    struct console *k = find(c, m->id);
    bool is_new = k != NULL && k->state == CONSOLE_NEW;

    if (m->kind == SESSION_X11) {
        if (is_new) {
            put_hint(k, hint_x11);
        }
        return;
    }
    if (!is_new) {
        answer(c, m->id, false);
        return;
    }
    if (m->kind == SESSION_SUBSYSTEM) {
        put_hint(k, hint_subsystem(m->command));
        uv_timer_start(&k->timer, on_hint_read, HINT_READ_MS, 0);
        return;
    }
    answer(c, m->id, true);
    k->has_terminal = m->has_terminal != 0;
    run(k, m->kind == SESSION_EXEC ? m->command : (struct wire_bytes){0});
}

void
console_leave(struct connection *c, uint32_t id)
{
    struct console *k = find(c, id);

    if (k != NULL && k->state == CONSOLE_SCREEN) {
        leave(k, 0);
    }
}

/* ---- lines for all ---- */

static void
put_all(struct connection *c, const char *line)
{
    for (struct console *k = c->consoles; k != NULL; k = k->next) {
        if (k->state == CONSOLE_SCREEN) {
            put(k, false, line);
        }
    }
}

/* "opened: db.internal port 5432", "opened: /run/app.sock", and what else
 * there is to say. */
static void
put_event(struct connection *c, const char *event,
          const struct words_listener *place, const char *more)
{
    char name[NAME_MAX_SHOWN], tail[DENIAL_MAX], line[WORDS_MAX];
    char port[PORT_WORDS_MAX] = "";

    if (c->consoles == NULL) {
        return;
    }
    escape_text(place->host, strlen(place->host), name, sizeof(name));
    escape_text(more, strlen(more), tail, sizeof(tail));
    if (!place->is_path) {
        snprintf(port, sizeof(port), " port %" PRIu32, place->port);
    }
    snprintf(line, sizeof(line), "%s: %s%s%s%s\n", event, name, port,
             tail[0] == '\0' ? "" : ", ", tail);
    put_all(c, line);
}

static void
put_forward(struct connection *c, const char *event,
            const struct words_forward *f, const char *more)
{
    const struct words_listener place = {
        .is_path =
            f->kind == CHANNEL_DIRECT_PATH || f->kind == CHANNEL_FORWARDED_PATH,
        .host = f->host,
        .port = f->port,
    };

    put_event(c, event, &place, more);
}

/* "from PEER port N", and what else there is to say. */
static void
put_arrival(struct connection *c, const char *event,
            const struct words_forward *f, const char *more)
{
    char from[DENIAL_MAX + NAME_MAX_SHOWN] = "";

    if (f->peer != NULL && f->peer[0] != '\0') {
        snprintf(from, sizeof(from), "from %.64s port %" PRIu32 "%s%s", f->peer,
                 f->peer_port, more[0] == '\0' ? "" : ", ", more);
        more = from;
    }
    put_forward(c, event, f, more);
}

void
console_opened(struct connection *c, const struct words_forward *f)
{
    put_arrival(c, "opened", f, "");
}

void
console_turned_away(struct connection *c, const struct words_forward *f,
                    const char *why)
{
    put_arrival(c, "turned away", f, why);
}

void
console_closed(struct connection *c, const struct words_forward *f, uint64_t up,
               uint64_t down, uint64_t duration_ms)
{
    char counts[NAME_MAX_SHOWN];

    snprintf(counts, sizeof(counts),
             "%" PRIu64 " bytes up, %" PRIu64 " bytes down, %" PRIu64
             ".%03u seconds",
             up, down, duration_ms / 1000, (unsigned)(duration_ms % 1000));
    put_forward(c, "closed", f, counts);
}

void
console_failed(struct connection *c, const struct words_forward *f,
               const char *why)
{
    put_forward(c, "failed", f, why);
}

void
console_refused(struct connection *c, const struct words_forward *f,
                const char *why)
{
    put_forward(c, "refused", f, why);
}

void
console_listen_refused(struct connection *c, const struct words_listener *l,
                       const char *why)
{
    put_event(c, "refused to listen", l, why);
}

void
console_listen_opened(struct connection *c, const struct words_listener *l)
{
    put_event(c, "listening", l, "");
}

void
console_listen_closed(struct connection *c, const struct words_listener *l)
{
    put_event(c, "no longer listening", l, "");
}

void
console_listen_failed(struct connection *c, const struct words_listener *l,
                      const char *why)
{
    put_event(c, "not listening", l, why);
}

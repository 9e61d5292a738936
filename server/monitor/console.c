/* What a client sees that opened a session and not only forwards. */
#include "server/monitor/console.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/log/escape.h"
#include "server/monitor/exec_words.h"
#include "server/monitor/greeting.h"

#define EXIT_NOT_FOUND 127 /* as a shell says for an unknown command */
#define NAME_MAX_SHOWN 200 /* bytes of a host name on the screen */

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
    if (count_consoles(c) >= CONSOLES_MAX) {
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
    char lines[GREETING_MAX * 2];
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
        "Commands: true, sleep N, sleep infinity, help.\n");
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
run(struct console *k, const struct exec_command *command)
{
    switch (command->word) {
    case EXEC_SHELL:
        k->state = CONSOLE_SCREEN;
        put_greeting(k);
        return;
    case EXEC_TRUE:
        leave(k, 0);
        return;
    case EXEC_SLEEP:
        sleep_for(k, command->sleep_ms);
        return;
    case EXEC_HELP:
        put_help(k);
        leave(k, 0);
        return;
    case EXEC_UNKNOWN:
        put(k, true,
            "This host only forwards connections and runs no commands; "
            "\"help\" tells more.\n");
        leave(k, EXIT_NOT_FOUND);
        return;
    }
}

void
console_request(struct connection *c, const struct msg_session_request *m)
{
    struct console *k = find(c, m->id);
    struct exec_command command = {.word = EXEC_SHELL};
    struct msg_session_reply reply = {.id = m->id};

    if (k == NULL || k->state != CONSOLE_NEW || m->kind == SESSION_SUBSYSTEM) {
        connection_send(c, MSG_SESSION_REPLY, &reply, -1);
        return;
    }
    if (m->kind == SESSION_EXEC) {
        command = exec_words_parse(m->command);
    }
    reply.ok = 1;
    connection_send(c, MSG_SESSION_REPLY, &reply, -1);
    k->has_terminal = m->has_terminal != 0;
    run(k, &command);
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

/* "opened: db.internal port 5432", and what else there is to say. */
static void
put_event(struct connection *c, const char *event, const char *host,
          uint32_t port, const char *more)
{
    char name[NAME_MAX_SHOWN], tail[NAME_MAX_SHOWN], line[WORDS_MAX];

    if (c->consoles == NULL) {
        return;
    }
    escape_text(host, strlen(host), name, sizeof(name));
    escape_text(more, strlen(more), tail, sizeof(tail));
    snprintf(line, sizeof(line), "%s: %s port %" PRIu32 "%s%s\n", event, name,
             port, tail[0] == '\0' ? "" : ", ", tail);
    put_all(c, line);
}

void
console_opened(struct connection *c, const struct words_forward *f)
{
    char from[NAME_MAX_SHOWN] = "";

    if (f->peer != NULL) {
        snprintf(from, sizeof(from), "from %.64s port %" PRIu32, f->peer,
                 f->peer_port);
    }
    put_event(c, "opened", f->host, f->port, from);
}

void
console_closed(struct connection *c, const struct words_forward *f, uint64_t up,
               uint64_t down)
{
    char counts[NAME_MAX_SHOWN];

    snprintf(counts, sizeof(counts),
             "%" PRIu64 " bytes up, %" PRIu64 " bytes down", up, down);
    put_event(c, "closed", f->host, f->port, counts);
}

void
console_failed(struct connection *c, const struct words_forward *f,
               const char *why)
{
    put_event(c, "failed", f->host, f->port, why);
}

void
console_refused(struct connection *c, const struct words_forward *f,
                const char *why)
{
    put_event(c, "refused", f->host, f->port, why);
}

void
console_listen_opened(struct connection *c, const char *host, uint32_t port)
{
    put_event(c, "listening", host, port, "");
}

void
console_listen_closed(struct connection *c, const char *host, uint32_t port)
{
    put_event(c, "no longer listening", host, port, "");
}

void
console_listen_failed(struct connection *c, const char *host, uint32_t port,
                      const char *why)
{
    put_event(c, "not listening", host, port, why);
}

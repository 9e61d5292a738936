/* Policy in plain words, for the person it is about. */
#include "server/monitor/greeting.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/log/escape.h"

#define ENTRIES_SHOWN 20 /* of each list */
#define ENTRY_MAX 300    /* bytes */

/* Text that is cut when it is full. */
struct page {
    char *out;
    size_t used;
};

static void add(struct page *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct page *p, const char *fmt, ...)
{
    size_t room = GREETING_MAX - p->used;
    va_list ap;
    int n = 0;

    va_start(ap, fmt);
    n = vsnprintf(p->out + p->used, room, fmt, ap);
    va_end(ap);
    if (n > 0) {
        p->used += (size_t)n < room ? (size_t)n : room - 1;
    }
}

static void
add_list(struct page *p, const char *what, const struct endpoints_setting *set)
{
    char entry[ENTRY_MAX], shown[ENTRY_MAX];

    if (set->count == 0) {
        return;
    }
    add(p, "  %s:", what);
    for (size_t i = 0; i < set->count && i < ENTRIES_SHOWN; i++) {
        endpoint_format(&set->list[i], entry, sizeof(entry));
        escape_text(entry, strlen(entry), shown, sizeof(shown));
        add(p, " %s", shown);
    }
    if (set->count > ENTRIES_SHOWN) {
        add(p, " and %zu more", set->count - ENTRIES_SHOWN);
    }
    add(p, "\n");
}

static bool
is_on(const struct settings *s, const struct key_limits *k,
      enum forward_kind direction)
{
    return s->disable_forwarding.value == 0 && k->port_forwarding &&
           (s->allow_tcp_forwarding.value & (int)direction) != 0;
}

/* One sentence a direction, then the lists that narrow it. */
static void
add_direction(struct page *p, const char *what, bool on,
              const struct endpoints_setting *configured,
              const struct endpoints_setting *key)
{
    if (!on) {
        add(p, "%s: not permitted.\n", what);
        return;
    }
    if (configured->count == 0 && key->count == 0) {
        add(p, "%s: permitted everywhere.\n", what);
        return;
    }
    add(p, "%s: permitted where each of these says so.\n", what);
    add_list(p, "this host", configured);
    add_list(p, "your key", key);
}

void
greeting_write(char out[GREETING_MAX], const struct words_who *who,
               const struct settings *s, const struct key_limits *k)
{
    struct page p = {.out = out};
    char user[ENTRY_MAX];

    escape_text(who->user, strlen(who->user), user, sizeof(user));
    out[0] = '\0';
    add(&p, "You are %s, from %s port %u.\n", user, who->ip, who->port);
    add(&p, "This host only forwards connections; there is no shell.\n");
    add_direction(&p, "To other hosts (ssh -L, -D, -W, -J)",
                  is_on(s, k, FORWARD_LOCAL), &s->permit_open, &k->permit_open);
    add_direction(&p, "Listening here for you (ssh -R)",
                  is_on(s, k, FORWARD_REMOTE), &s->permit_listen,
                  &k->permit_listen);
    add(&p, "Ctrl-C, Ctrl-D or q ends this session.\n");
}

void
greeting_add_returns(const char *text, char *out, size_t size)
{
    size_t used = 0;

    for (; *text != '\0' && used + 3 <= size; text++) {
        if (*text == '\n') {
            out[used++] = '\r';
        }
        out[used++] = *text;
    }
    out[used] = '\0';
}

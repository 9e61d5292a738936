/* Policy in plain words, for the person it is about. */
#include "server/monitor/policy_words.h"

#include <stdbool.h>

#include "server/monitor/words.h"

#define ENTRY_MAX 300 /* bytes */
#define RULE_MAX 300

/* What can be asked for, and how one says it. */
struct topic {
    const char *may; /* behind "You may ..." */
    const char *anything;
    const char *how;
    enum request_kind kind;
};

static const struct topic connect_to = {"connect to", "any host and port",
                                        "ssh -L, -D, -W, -J", REQUEST_OPEN};
static const struct topic listen_on = {"listen on", "any address and port",
                                       "ssh -R", REQUEST_LISTEN};
static const struct topic connect_to_path = {"connect to", "Unix sockets",
                                             "ssh -L", REQUEST_OPEN_PATH};
static const struct topic listen_on_path = {"listen on", "Unix sockets",
                                            "ssh -R", REQUEST_LISTEN_PATH};

struct telling {
    struct page *page;
    const struct settings *settings;
    const struct key_limits *limits;
    size_t entries_max;
};

static void
end_sentence(const struct telling *t, const struct origin *from)
{
    char rule[RULE_MAX];

    if (t->settings->explain_denials.value != EXPLAIN_FULL) {
        page_add(t->page, ".\n");
        return;
    }
    words_rule(from, rule, sizeof(rule));
    page_add(t->page, ". (");
    page_add_peer(t->page, rule);
    page_add(t->page, ")\n");
}

static void
tell_list(const struct telling *t, const char *opening,
          const struct endpoints_setting *set)
{
    char entry[ENTRY_MAX];

    for (size_t i = 0; i < set->count && i < t->entries_max; i++) {
        const struct endpoint *e = &set->list[i];

        endpoint_format(e, entry, sizeof(entry));
        page_add(t->page, "  %s ", opening);
        page_add_peer(t->page, e->never ? "nothing" : entry);
        end_sentence(t, e->from.file == NULL ? &set->from : &e->from);
    }
    if (set->count > t->entries_max) {
        page_add(t->page, "  %s %zu more.\n", opening,
                 set->count - t->entries_max);
    }
}

/*
 * What the switches say.  True: on, and lists may narrow it.  The request is
 * one that no switch could tell from another.
 */
static bool
is_on(const struct telling *t, const struct topic *topic)
{
    const struct request any = {
        .kind = topic->kind,
        .host = "any",
        .path = "/any",
        .port = 1,
        .wants_reply = true,
    };
    struct decision d = decide(t->settings, t->limits, &any);

    if (d.verdict == VERDICT_ALLOW || !reason_is_switch(d.reason)) {
        return true;
    }
    page_add(t->page, "You may not %s %s (%s)", topic->may, topic->anything,
             topic->how);
    end_sentence(t, &d.from);
    return false;
}

static void
tell_ports(const struct telling *t, const struct topic *topic,
           const struct endpoints_setting *configured,
           const struct endpoints_setting *key)
{
    if (!is_on(t, topic)) {
        return;
    }
    if (configured->count == 0 && key->count == 0) {
        page_add(t->page, "You may %s %s (%s)", topic->may, topic->anything,
                 topic->how);
        end_sentence(t, &t->settings->allow_tcp_forwarding.from);
        return;
    }
    page_add(t->page, "You may %s (%s):\n", topic->may, topic->how);
    tell_list(t, "This host allows", configured);
    tell_list(t,
              configured->count == 0 ? "Your key allows"
                                     : "Your key must allow it too, and allows",
              key);
}

static void
tell_paths(const struct telling *t, const struct topic *topic, bool narrowed)
{
    if (is_on(t, topic)) {
        page_add(t->page, "You may %s %s (%s)%s", topic->may, topic->anything,
                 topic->how, narrowed ? " that an entry above names" : "");
        end_sentence(t, &t->settings->allow_stream_local_forwarding.from);
    }
}

void
policy_words_write(struct page *p, const struct settings *s,
                   const struct key_limits *k, size_t entries_max)
{
    const struct telling t = {p, s, k, entries_max};

    tell_ports(&t, &connect_to, &s->permit_open, &k->permit_open);
    tell_ports(&t, &listen_on, &s->permit_listen, &k->permit_listen);
    tell_paths(&t, &connect_to_path,
               s->permit_open.count > 0 || k->permit_open.count > 0);
    tell_paths(&t, &listen_on_path, false);
}

/* Policy in plain words, for the person it is about. */
#include "server/monitor/policy_words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

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

/* The lists about it; count 0: it is not there. */
struct lists {
    const struct endpoints_setting *permit, *key;
    const struct grants_setting *grant, *deny;
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
tell_entry(const struct telling *t, const char *opening, const char *entry,
           const struct origin *from)
{
    page_add(t->page, "  %s ", opening);
    page_add_peer(t->page, entry);
    end_sentence(t, from);
}

static void
tell_rest(const struct telling *t, const char *opening, size_t count)
{
    if (count > t->entries_max) {
        page_add(t->page, "  %s %zu more.\n", opening, count - t->entries_max);
    }
}

static void
tell_list(const struct telling *t, const char *opening,
          const struct endpoints_setting *set)
{
    char entry[ENTRY_MAX];

    for (size_t i = 0; i < set->count && i < t->entries_max; i++) {
        const struct endpoint *e = &set->list[i];

        endpoint_format(e, entry, sizeof(entry));
        tell_entry(t, opening, e->never ? "nothing" : entry,
                   e->from.file == NULL ? &set->from : &e->from);
    }
    tell_rest(t, opening, set->count);
}

static void
tell_grants(const struct telling *t, const char *opening,
            const struct grants_setting *set)
{
    for (size_t i = 0; i < set->count && i < t->entries_max; i++) {
        const struct grant *g = &set->list[i];

        tell_entry(t, opening, g->kind == GRANT_NONE ? "nothing" : g->text,
                   &g->from);
    }
    tell_rest(t, opening, set->count);
}

static void
tell_texts(const struct telling *t, const char *opening,
           const struct texts_setting *set)
{
    for (size_t i = 0; i < set->count && i < t->entries_max; i++) {
        tell_entry(t, opening, set->list[i].text, &set->list[i].from);
    }
    tell_rest(t, opening, set->count);
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

/* True: forwards of this kind are on. */
static bool
tell_ports(const struct telling *t, const struct topic *topic,
           const struct lists *lists)
{
    bool is_listed = lists->permit->count > 0 || lists->grant->count > 0;

    if (!is_on(t, topic)) {
        return false;
    }
    page_add(t->page, "You may %s", topic->may);
    if (!is_listed && lists->key->count == 0) {
        page_add(t->page, " %s (%s)", topic->anything, topic->how);
        end_sentence(t, &t->settings->allow_tcp_forwarding.from);
    } else {
        page_add(t->page, " (%s):\n", topic->how);
        tell_list(t, "This host allows", lists->permit);
        tell_grants(t, "This host allows", lists->grant);
        tell_list(t,
                  is_listed ? "Your key must allow it too, and allows"
                            : "Your key allows",
                  lists->key);
    }
    tell_grants(t, "This host denies", lists->deny);
    return true;
}

static void
tell_listening(const struct telling *t)
{
    const struct settings *s = t->settings;
    const struct lists lists = {&s->permit_listen, &t->limits->permit_listen,
                                &s->grant_listen, &s->deny_listen};
    char ports[ENTRY_MAX];

    if (!tell_ports(t, &listen_on, &lists)) {
        return;
    }
    for (size_t i = 0; i < s->privileged_ports.count && i < t->entries_max;
         i++) {
        const struct port_range *range = &s->privileged_ports.list[i];

        snprintf(ports, sizeof(ports), "%u-%u", range->first, range->last);
        tell_entry(t, "Without being root, there also on ports", ports,
                   &s->privileged_ports.from);
    }
    tell_grants(t, "Who connects there must come from", &s->listen_from);
}

static void
tell_paths(const struct telling *t, const struct topic *topic, bool narrowed,
           const struct texts_setting *granted)
{
    if (!is_on(t, topic)) {
        return;
    }
    page_add(t->page, "You may %s %s (%s)", topic->may, topic->anything,
             topic->how);
    if (granted->count > 0) {
        page_add(t->page, ":\n");
        tell_texts(t, "This host allows", granted);
        return;
    }
    page_add(t->page, "%s", narrowed ? " that an entry above names" : "");
    end_sentence(t, &t->settings->allow_stream_local_forwarding.from);
}

/* Ceilings that somebody has set. */
static void
tell_ceilings(const struct telling *t)
{
    const struct settings *s = t->settings;
    const struct {
        const struct number_setting *limit;
        bool zero_counts; /* it is no word for "none" */
        const char *before, *behind;
    } rows[] = {
        {&s->max_forwards, true, "At a time there may be", "forwards"},
        {&s->max_listeners, true, "At a time there may be", "listeners"},
        {&s->max_connections_per_user, false, "At a time you may have",
         "connections"},
        {&s->max_connection_lifetime_s, false, "A connection ends after",
         "seconds"},
        {&s->connect_timeout_s, false, "A target has to answer within",
         "seconds"},
        {&s->forward_rate_limit_bytes, false, "All forwards together carry",
         "bytes a second, each way"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct number_setting *limit = rows[i].limit;

        if (limit->from.file != NULL &&
            (limit->value != 0 || rows[i].zero_counts)) {
            page_add(t->page, "%s %" PRIu64 " %s", rows[i].before, limit->value,
                     rows[i].behind);
            end_sentence(t, &limit->from);
        }
    }
}

void
policy_words_write(struct page *p, const struct settings *s,
                   const struct key_limits *k, size_t entries_max)
{
    const struct telling t = {p, s, k, entries_max};
    const struct lists open = {&s->permit_open, &k->permit_open, &s->grant_open,
                               &s->deny_open};

    tell_ports(&t, &connect_to, &open);
    tell_listening(&t);
    tell_paths(&t, &connect_to_path,
               s->permit_open.count > 0 || k->permit_open.count > 0 ||
                   s->grant_open.count > 0,
               &s->grant_open_path);
    tell_paths(&t, &listen_on_path, false, &s->grant_listen_path);
    tell_ceilings(&t);
}

/* What to ask two configurations for. */
#include "server/ctl/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/printout.h"
#include "server/ctl/forward_spec.h"

/* Documentation's own (RFC 2606, 5737, 3849), so that hardly a line names
 * them. */
#define UNNAMED_HOST "unnamed.example"
#define UNNAMED_V4 "203.0.113.99"
#define UNNAMED_V6 "2001:db8:ffff::99"
#define UNNAMED_PORT "54321"
#define UNNAMED_PATH "/unnamed/socket"

#define ACCEPT "accept "

void
places_seed(struct census *c)
{
    name_set_add(&c->open_hosts, UNNAMED_HOST);
    name_set_add(&c->open_hosts, UNNAMED_V4);
    name_set_add(&c->open_hosts, UNNAMED_V6);
    name_set_add(&c->open_hosts, "127.0.0.1");
    name_set_add(&c->open_ports, UNNAMED_PORT);
    name_set_add(&c->listen_hosts, "localhost");
    name_set_add(&c->listen_hosts, "");
    name_set_add(&c->listen_hosts, UNNAMED_V4);
    name_set_add(&c->listen_hosts, UNNAMED_HOST);
    name_set_add(&c->listen_ports, UNNAMED_PORT);
    name_set_add(&c->listen_ports, "0");
    name_set_add(&c->listen_ports, "99"); /* privileged */
    name_set_add(&c->open_paths, UNNAMED_PATH);
    name_set_add(&c->listen_paths, UNNAMED_PATH);
    name_set_add(&c->sources, UNNAMED_V4);
    name_set_add(&c->sources, UNNAMED_V6);
}

static void
add(struct places *p, enum request_kind kind, const char *host,
    const char *port)
{
    struct request request = {.kind = kind, .host = host};
    struct printout text = {0};

    request.port = (uint32_t)strtoul(port, NULL, 10);
    forward_spec_format(&request, &text);
    if (text.failed) {
        p->texts.failed = true;
    } else {
        name_set_add(&p->texts, text.text);
    }
    printout_done(&text);
}

/* Each with each.  The first of both come first, in case there is no end. */
static void
add_pairs(struct places *p, enum request_kind kind,
          const struct name_set *hosts, const struct name_set *ports)
{
    size_t most = p->texts.count + PLACES_MAX;

    for (size_t sum = 0; sum < hosts->count + ports->count; sum++) {
        size_t from = sum < ports->count ? 0 : sum - ports->count + 1;

        for (size_t i = from; i <= sum && i < hosts->count; i++) {
            if (p->texts.count >= most) {
                p->is_cut = true;
                return;
            }
            add(p, kind, hosts->list[i], ports->list[sum - i]);
        }
    }
}

static void
add_words(struct places *p, const char *word, const struct name_set *names)
{
    struct printout text = {0};

    for (size_t i = 0; i < names->count; i++) {
        if (i == PLACES_MAX) {
            p->is_cut = true;
            break;
        }
        printout_clear(&text);
        printout_add(&text, "%s%s", word, names->list[i]);
        if (text.failed) {
            p->texts.failed = true;
            break;
        }
        name_set_add(&p->texts, text.text);
    }
    printout_done(&text);
}

/* From the text that is shown, so that it asks for what it says. */
static int
read_place(struct arena *arena, const char *text, struct place *ret)
{
    const char *where = strchr(text, ' ') + 1;
    const char *kind = arena_text(arena, text, (size_t)(where - text - 1));
    struct diag ignored;

    ret->text = text;
    if (kind == NULL) {
        return -ENOMEM;
    }
    if (strncmp(text, ACCEPT, strlen(ACCEPT)) == 0) {
        return address_parse(where, &ret->source);
    }
    return forward_spec_parse(arena, kind, where, NULL, &ret->request,
                              &ignored);
}

/* What would not be understood on a command line is not asked either. */
static int
read_places(struct places *p)
{
    p->arena = arena_new();
    if (p->arena != NULL) {
        p->list = arena_alloc(p->arena, p->texts.count * sizeof(*p->list));
    }
    if (p->list == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < p->texts.count; i++) {
        int r = read_place(p->arena, p->texts.list[i], &p->list[p->count]);

        if (r == -ENOMEM) {
            return r;
        }
        p->count += r == 0 ? 1 : 0;
    }
    return 0;
}

int
places_make(const struct census *c, struct places *ret)
{
    *ret = (struct places){0};
    add_pairs(ret, REQUEST_OPEN, &c->open_hosts, &c->open_ports);
    add_pairs(ret, REQUEST_LISTEN, &c->listen_hosts, &c->listen_ports);
    add_words(ret, "open-path ", &c->open_paths);
    add_words(ret, "listen-path ", &c->listen_paths);
    add_words(ret, ACCEPT, &c->sources);
    return ret->texts.failed ? -ENOMEM : read_places(ret);
}

void
places_done(struct places *p)
{
    name_set_done(&p->texts);
    arena_free(p->arena);
    *p = (struct places){0};
}

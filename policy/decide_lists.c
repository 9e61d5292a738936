/* Looking an answer up in a list, and writing down how. */
#include <stdio.h>
#include <string.h>

#include "policy/decide_parts.h"
#include "policy/path_pattern.h"

static bool
lists(const struct endpoint *e, const struct request *req)
{
    switch (req->kind) {
    case REQUEST_OPEN:
        return endpoint_matches_open(e, req->host, (uint16_t)req->port);
    case REQUEST_LISTEN:
        return endpoint_matches_listen(e, req->host, (uint16_t)req->port);
    case REQUEST_OPEN_PATH:
        return endpoint_matches_path(e, req->path);
    case REQUEST_LISTEN_PATH:
        break;
    }
    return false;
}

static void
note_rule(const struct inquiry *in, const char *keyword, const char *text,
          struct origin from, bool matched)
{
    trace_step(in->trace,
               (struct trace_step){TRACE_RULE, matched, keyword, text, from});
}

static void
note_endpoint(const struct inquiry *in, const char *keyword,
              const struct endpoint *e, bool matched)
{
    char text[ENDPOINT_HOST_MAX + sizeof("[]:65535")];

    if (in->trace != NULL) {
        endpoint_format(e, text, sizeof(text));
        note_rule(in, keyword, text, e->from, matched);
    }
}

/* One entry after the other, as far as needed. */
static const struct endpoint *
walk_endpoints(const struct inquiry *in, const char *keyword,
               const struct endpoints_setting *set)
{
    for (size_t i = 0; i < set->count; i++) {
        bool matched = lists(&set->list[i], in->req);

        note_endpoint(in, keyword, &set->list[i], matched);
        if (matched) {
            return &set->list[i];
        }
    }
    return NULL;
}

/* An index finds what the walk would; tests hold one against the other. */
const struct endpoint *
inquiry_find_endpoint(const struct inquiry *in, const char *keyword,
                      const struct endpoints_setting *set)
{
    if (in->trace == NULL && in->req->kind == REQUEST_OPEN) {
        return endpoints_find_open(set, in->req->host, (uint16_t)in->req->port);
    }
    if (in->trace == NULL && in->req->kind == REQUEST_OPEN_PATH) {
        return endpoints_find_path(set, in->req->path);
    }
    return walk_endpoints(in, keyword, set);
}

const struct grant *
inquiry_walk_grants(const struct inquiry *in, const char *keyword,
                    const struct grants_setting *set, grant_compare_fn *compare,
                    const struct grant_query *q)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct grant *g = &set->list[i];
        bool matched = compare(g, q);

        note_rule(in, keyword, g->text, g->from, matched);
        if (matched) {
            return g;
        }
    }
    return NULL;
}

/* The same of GrantOpen and its kin. */
const struct grant *
inquiry_find_grant(const struct inquiry *in, const char *keyword,
                   const struct grants_setting *set,
                   const struct grant_query *q)
{
    if (in->trace != NULL) {
        return inquiry_walk_grants(in, keyword, set, grant_matches, q);
    }
    return grants_find(set, q);
}

/* A path that is not plain has many names, and a pattern knows one. */
struct decision
inquiry_granted_path(const struct inquiry *in, const char *keyword,
                     const struct texts_setting *set)
{
    if (!path_is_plain(in->req->path)) {
        return decision_deny(REASON_BAD_PATH, set->from);
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct text_item *item = &set->list[i];
        bool matched = path_pattern_matches(item->text, in->req->path);

        note_rule(in, keyword, item->text, item->from, matched);
        if (matched) {
            return decision_allow(REASON_PERMITTED, item->from);
        }
    }
    return decision_deny(REASON_NOT_PERMITTED, set->from);
}

bool
inquiry_is_restricted(const struct endpoints_setting *permit,
                      const struct grants_setting *grant)
{
    return permit->count > 0 || grant->count > 0;
}

struct decision
inquiry_deny_unlisted(const struct endpoints_setting *permit,
                      const struct grants_setting *grant)
{
    return decision_deny(REASON_NOT_PERMITTED,
                         permit->count > 0 ? permit->from : grant->from);
}

void
inquiry_note_address(const struct inquiry *in, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX];

    if (in->trace != NULL) {
        address_format(a, text);
        trace_step(in->trace, (struct trace_step){.kind = TRACE_ADDRESS,
                                                  .keyword = "Address",
                                                  .text = text});
    }
}

#ifndef POLICY_DECIDE_PARTS_H
#define POLICY_DECIDE_PARTS_H

/* Shared by the files that decide; not for others. */

#include "policy/decide.h"

/* One request that is being decided; passed down, never kept. */
struct inquiry {
    const struct settings *s;
    const struct request *req;
    const struct trace *trace; /* NULL: nobody asks why */
};

/*
 * The first entry of a list that lists the request, or NULL.  keyword names
 * the list in the trace.
 */
const struct endpoint *
inquiry_find_endpoint(const struct inquiry *in, const char *keyword,
                      const struct endpoints_setting *set);

typedef bool grant_compare_fn(const struct grant *g,
                              const struct grant_query *q);

const struct grant *inquiry_find_grant(const struct inquiry *in,
                                       const char *keyword,
                                       const struct grants_setting *set,
                                       const struct grant_query *q);

/* The same, one entry after the other, by another comparison. */
const struct grant *inquiry_walk_grants(const struct inquiry *in,
                                        const char *keyword,
                                        const struct grants_setting *set,
                                        grant_compare_fn *compare,
                                        const struct grant_query *q);

/* GrantOpenPath or GrantListenPath, which has entries. */
struct decision inquiry_granted_path(const struct inquiry *in,
                                     const char *keyword,
                                     const struct texts_setting *set);

/* Is there a list?  And when both lack the request: the first that is. */
bool inquiry_is_restricted(const struct endpoints_setting *permit,
                           const struct grants_setting *grant);
struct decision inquiry_deny_unlisted(const struct endpoints_setting *permit,
                                      const struct grants_setting *grant);

/* Say in the trace that what follows is about one address. */
void inquiry_note_address(const struct inquiry *in, const struct address *a);

/* REASON_PERMITTED when nothing is wrong with the request's form. */
enum reason inquiry_check_shape(const struct request *req);

/* Does AddressFamily leave the address in? */
bool inquiry_wants_family(const struct settings *s, const struct address *a);

/*
 * What the lists of the configuration say; so_far is what the switches and
 * the key said, and stays when no list restricts.
 */
struct decision inquiry_open(const struct inquiry *in, struct decision so_far);
struct decision inquiry_open_path(const struct inquiry *in,
                                  struct decision so_far);
struct decision inquiry_listen(const struct inquiry *in,
                               struct decision so_far);
struct decision inquiry_listen_path(const struct inquiry *in,
                                    struct decision so_far);

/* The same of one address that a request leads to. */
struct decision inquiry_open_address(const struct inquiry *in,
                                     const struct address *a);
struct decision inquiry_listen_address(const struct inquiry *in,
                                       const struct address *a);

#endif

/*
 * What a decision costs, by how many rules there are.  Run by hand:
 *
 *   build/bench/decide_speed
 *
 * For each kind of rule a configuration of 10, 1,000 and 100,000 of them is
 * parsed and resolved for a user, then asked about what its last rule lists
 * and about what none lists.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/arena.h"
#include "policy/decide.h"
#include "policy/parser.h"
#include "policy/printout.h"

#define SPAN_NS 100000000 /* how long a question is repeated */

typedef void rule_fn(struct printout *out, unsigned i);

static void
write_permit(struct printout *out, unsigned i)
{
    printout_add(out, "%s host%u.example.org:%u", i == 0 ? "PermitOpen" : "", i,
                 1 + i % 60000);
}

static void
write_name(struct printout *out, unsigned i)
{
    printout_add(out, "GrantOpen host%u.example.org:%u\n", i, 1 + i % 60000);
}

static void
write_network(struct printout *out, unsigned i)
{
    printout_add(out, "GrantOpen 10.%u.%u.%u/%u:443\n", i >> 14 & 255,
                 i >> 6 & 255, i << 2 & 255, 30);
}

static void
write_address(struct printout *out, unsigned i)
{
    printout_add(out, "DenyOpen 10.%u.%u.%u:*\n", i >> 16 & 255, i >> 8 & 255,
                 i & 255);
}

static void
write_suffix(struct printout *out, unsigned i)
{
    printout_add(out, "GrantOpen *.zone%u.example.org:443\n", i);
}

static void
write_pattern(struct printout *out, unsigned i)
{
    printout_add(out, "GrantOpen db-*.zone%u.example.org:443\n", i);
}

static const struct kind {
    const char *name;
    rule_fn *write;
    const char *hit, *miss; /* "#" in hit: the number of the last rule */
    bool by_address;
} kinds[] = {
    {"PermitOpen host:port", write_permit, "host#.example.org", "other", false},
    {"GrantOpen host:port", write_name, "host#.example.org", "other", false},
    {"GrantOpen CIDR:port", write_network, "10.0.0.1", "11.0.0.1", true},
    {"DenyOpen address:*", write_address, "10.0.0.0", "11.0.0.1", true},
    {"GrantOpen *.suffix", write_suffix, "a.zone#.example.org", "a.b.org",
     false},
    {"GrantOpen other globs", write_pattern, "db-1.zone#.example.org",
     "db-1.b.org", false},
};

static uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
complain(void *arg, const struct diag *diag)
{
    (void)arg;
    fprintf(stderr, "%s line %u: %s\n", diag->file, diag->line, diag->text);
    exit(1);
}

/* Nanoseconds of one decision: of the name, or of the address it leads to. */
static double
time_question(const struct settings *s, const char *host, uint32_t port,
              bool by_address)
{
    const struct request req = {
        .kind = REQUEST_OPEN, .host = by_address ? "name" : host, .port = port};
    struct address a = {0};
    uint64_t start, end, count = 0;
    unsigned allowed = 0;

    address_parse(host, &a);
    start = end = now_ns();
    while (end - start < SPAN_NS) {
        for (int i = 0; i < 16; i++) {
            struct decision d = by_address ? decide_address(s, &req, &a)
                                           : decide(s, &key_limits_none, &req);

            allowed += d.verdict == VERDICT_ALLOW;
        }
        count += 16;
        end = now_ns();
    }
    return allowed <= count ? (double)(end - start) / (double)count : 0;
}

static void
write_hit(const char *hit, unsigned last, char *out, size_t size)
{
    int before = (int)strcspn(hit, "#");

    if (hit[before] == '#') {
        snprintf(out, size, "%.*s%u%s", before, hit, last, hit + before + 1);
    } else {
        snprintf(out, size, "%s", hit);
    }
}

static void
measure(const struct kind *kind, unsigned rules)
{
    static const struct facts facts = {.version = POLICY_MATCH_VERSION};
    const struct identity who = {.user = "alice", .host = "192.0.2.1"};
    struct printout text = {0};
    struct sources sources;
    struct policy *policy = NULL;
    const struct settings *s = NULL;
    uint64_t start, parsed, resolved;
    char hit[64];
    double hit_ns, miss_ns;
    uint32_t port = kind->by_address || kind->write == write_suffix ||
                            kind->write == write_pattern
                        ? 443
                        : 1 + (rules - 1) % 60000;

    for (unsigned i = 0; i < rules; i++) {
        kind->write(&text, i);
    }
    sources = (struct sources){.main = {"bench", text.text, text.size}};
    start = now_ns();
    if (policy_parse(&sources, &facts, complain, NULL, &policy) < 0) {
        exit(1);
    }
    parsed = now_ns();
    if (policy_resolve(policy, &who, complain, NULL, &s) < 0) {
        exit(1);
    }
    resolved = now_ns();
    write_hit(kind->hit, rules - 1, hit, sizeof(hit));
    hit_ns = time_question(s, hit, port, kind->by_address);
    miss_ns = time_question(s, kind->miss, port, kind->by_address);
    printf("%-22s %7u rules: listed %9.0f ns, not listed %9.0f ns; "
           "parse %6.1f ms, resolve %5.1f ms, %5.1f MiB\n",
           kind->name, rules, hit_ns, miss_ns, (double)(parsed - start) / 1e6,
           (double)(resolved - parsed) / 1e6,
           (double)arena_used(policy->arena) / (1 << 20));
    policy_free(policy);
    printout_done(&text);
}

int
main(void)
{
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (unsigned rules = 10; rules <= 100000; rules *= 100) {
            measure(&kinds[k], rules);
        }
    }
    return 0;
}

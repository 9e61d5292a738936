/*
 * Input: the host that is asked for, a port, an address that it resolves to,
 * and an entry to deny, a line each; then a configuration.
 *
 * What must hold whatever they say: one more DenyOpen never allows anything,
 * a v4-mapped address is treated as the v4 address, and writing the walk down
 * (which looks at entry after entry) does not change the answer (which comes
 * from an index).  And of listeners: what is to be bound passes, and so does
 * every port that a request for port 0 may get.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/decide.h"
#include "policy/policy.h"

#define TEXT_MAX 4000
#define LINES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    char text[TEXT_MAX + 1];
    char *line[LINES];
    char *config;
};

/* The answers to one request under one configuration. */
struct answers {
    struct decision by_name, by_address;
};

static void
ignore_report(void *arg, const struct diag *diag)
{
    (void)arg;
    assert(diag->text[0] != '\0');
}

static void
ignore_step(void *arg, const struct trace_step *step)
{
    (void)arg;
    assert(step->kind != TRACE_NONE && step->keyword != NULL);
}

static bool
cut(struct input *c, const uint8_t *data, size_t size)
{
    char *p = c->text;

    if (size > TEXT_MAX || memchr(data, '\0', size) != NULL) {
        return false;
    }
    memcpy(c->text, data, size);
    c->text[size] = '\0';
    for (size_t i = 0; i < LINES; i++) {
        c->line[i] = p;
        p = strchr(p, '\n');
        if (p == NULL) {
            return false;
        }
        *p++ = '\0';
    }
    c->config = p;
    return true;
}

static const struct settings *
settings_of(const char *text, struct policy **ret)
{
    static const struct facts facts = {.version = POLICY_MATCH_VERSION};
    const struct identity who = {.user = "u", .host = "h", .test = true};
    const struct sources sources = {.main = {"f", text, strlen(text)}};
    const struct settings *s = NULL;

    *ret = NULL;
    if (policy_parse(&sources, &facts, ignore_report, NULL, ret) == 0) {
        policy_resolve(*ret, &who, ignore_report, NULL, &s);
    }
    return s;
}

static bool
same(struct decision a, struct decision b)
{
    return a.verdict == b.verdict && a.reason == b.reason &&
           a.from.file == b.from.file && a.from.line == b.from.line;
}

static struct answers
ask(const struct settings *s, const char *host, uint32_t port,
    const struct address *address)
{
    const struct request req = {
        .kind = REQUEST_OPEN, .host = host, .port = port};
    const struct trace trace = {.step = ignore_step};
    struct answers a = {
        .by_name = decide(s, &key_limits_none, &req),
        .by_address = decide_address(s, &req, address),
    };

    assert(same(a.by_name, decide_traced(s, &key_limits_none, &req, &trace)));
    assert(same(a.by_address, decide_address_traced(s, &req, address, &trace)));
    return a;
}

static struct address
mapped(const struct address *v4)
{
    struct address a = {.family = ADDRESS_V6,
                        .bytes = {[10] = 0xff, [11] = 0xff}};

    memcpy(a.bytes + 12, v4->bytes, 4);
    return a;
}

/* PermitOpen alone goes by the text, as sshd's does. */
static void
check_mapped(const struct settings *s, const struct input *c, uint32_t port,
             const struct address *address, const struct answers *plain)
{
    char host[TEXT_MAX + 20];
    struct address v6 = mapped(address);
    struct address literal = {0};

    if (address->family == ADDRESS_V4) {
        assert(
            same(ask(s, c->line[0], port, &v6).by_address, plain->by_address));
    }
    if (address_parse(c->line[0], &literal) == 0 &&
        strchr(c->line[0], ':') == NULL && s->permit_open.count == 0) {
        snprintf(host, sizeof(host), "::ffff:%s", c->line[0]);
        assert(same(ask(s, host, port, address).by_name, plain->by_name));
    }
}

static void
check_denial(const struct input *c, uint32_t port,
             const struct address *address, const struct answers *without)
{
    char text[2 * TEXT_MAX];
    struct policy *policy = NULL;
    const struct settings *s = NULL;

    snprintf(text, sizeof(text), "DenyOpen %s\n%s", c->line[3], c->config);
    s = settings_of(text, &policy);
    if (s != NULL) {
        struct answers with = ask(s, c->line[0], port, address);

        assert(without->by_name.verdict != VERDICT_DENY ||
               with.by_name.verdict == VERDICT_DENY);
        assert(without->by_address.verdict != VERDICT_DENY ||
               with.by_address.verdict == VERDICT_DENY);
    }
    policy_free(policy);
}

static void
check_ports(const struct settings *s, struct request req,
            const struct address *address)
{
    struct port_set ports;
    uint16_t port = 0;

    decide_ports(s, &req, address, &ports);
    port = port_set_next(&ports, 1);
    assert(port != 0);
    for (unsigned i = 0; i < 20; i++) {
        req.port = port;
        assert(decide_address(s, &req, address).verdict == VERDICT_ALLOW);
        port = port_set_next(&ports, (uint16_t)(port * 3));
    }
}

static void
check_listen(const struct settings *s, const char *host, uint32_t port)
{
    const struct request req = {.kind = REQUEST_LISTEN,
                                .host = host,
                                .port = port,
                                .wants_reply = true};
    struct bind_plan plan = decide_bind(s, &req);
    struct decision d = decide(s, &key_limits_none, &req);

    for (unsigned i = 0; i < plan.count; i++) {
        assert(d.verdict == VERDICT_ALLOW || s->disable_forwarding.value != 0 ||
               (s->allow_tcp_forwarding.value & FORWARD_REMOTE) == 0);
        if (port == 0) {
            check_ports(s, req, &plan.list[i]);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input c;
    struct policy *policy = NULL;
    const struct settings *s = NULL;

    if (!cut(&c, data, size)) {
        return 0;
    }
    s = settings_of(c.config, &policy);
    if (s != NULL) {
        uint32_t port = (uint32_t)strtoul(c.line[1], NULL, 10);
        struct address address = {0};
        struct answers plain;

        address_parse(c.line[2], &address);
        plain = ask(s, c.line[0], port, &address);
        check_mapped(s, &c, port, &address, &plain);
        check_denial(&c, port, &address, &plain);
        check_listen(s, c.line[0], port);
    }
    policy_free(policy);
    return 0;
}

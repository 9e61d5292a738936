#include "server/ipc/msg.h"

#include <errno.h>
#include <string.h>

#include "server/ipc/msg_rules.h"

static const struct msg_rule *
find_rule(uint32_t type)
{
    if (type >= MSG_COUNT || msg_rules[type].route == ROUTE_NONE) {
        return NULL;
    }
    return &msg_rules[type];
}

bool
msg_allowed(uint32_t type, enum msg_route route, enum msg_phase now,
            size_t body, bool has_fd)
{
    const struct msg_rule *rule = find_rule(type);
    size_t most;

    if (rule == NULL) {
        return false;
    }
    most = rule->max_body != 0 ? rule->max_body : LIMIT_MESSAGE_BYTES;
    return rule->route == route && (rule->phases & (unsigned)now) != 0 &&
           body <= most && (!has_fd || rule->carries_fd);
}

bool
msg_carries_fd(uint32_t type)
{
    const struct msg_rule *rule = find_rule(type);

    return rule != NULL && rule->carries_fd;
}

const char *
msg_name(uint32_t type)
{
    const struct msg_rule *rule = find_rule(type);

    return rule == NULL ? "unknown" : rule->name;
}

static void
put_addresses(struct wire_out *w, const struct msg_addresses *list)
{
    w->bad = w->bad || list->count > LIMIT_ADDRESSES;
    wire_put_u32(w, list->count);
    for (uint32_t i = 0; !w->bad && i < list->count; i++) {
        wire_put_u8(w, list->list[i].family);
        wire_put_raw(w, list->list[i].bytes, sizeof(list->list[i].bytes));
        wire_put_u32(w, list->list[i].scope);
    }
}

static void
get_addresses(struct wire *w, struct msg_addresses *ret)
{
    uint32_t count = wire_u32(w);

    w->bad = w->bad || count > LIMIT_ADDRESSES;
    for (uint32_t i = 0; !w->bad && i < count; i++) {
        const uint8_t *bytes = NULL;

        ret->list[i].family = wire_u8(w);
        bytes = wire_raw(w, sizeof(ret->list[i].bytes));
        if (bytes != NULL) {
            memcpy(ret->list[i].bytes, bytes, sizeof(ret->list[i].bytes));
        }
        ret->list[i].scope = wire_u32(w);
    }
    ret->count = count;
}

/*
 * A text in place: it moves over its own length prefix, which makes room for
 * a NUL behind it.
 */
static const char *
get_text(struct wire *w)
{
    struct wire_bytes b = wire_string(w);
    uint8_t *start = NULL;

    if (b.data == NULL || memchr(b.data, '\0', b.size) != NULL) {
        w->bad = true;
        return "";
    }
    start = (uint8_t *)(uintptr_t)b.data - 4;
    memmove(start, b.data, b.size);
    start[b.size] = '\0';
    return (const char *)start;
}

static void
put_prompts(struct wire_out *w, const struct msg_prompt *m)
{
    w->bad = w->bad || m->count > LIMIT_PROMPTS;
    wire_put_u32(w, m->count);
    for (uint32_t i = 0; !w->bad && i < m->count; i++) {
        wire_put_text(w, m->prompts[i]);
        wire_put_u8(w, m->echo[i]);
    }
}

static void
get_prompts(struct wire *w, struct msg_prompt *ret)
{
    uint32_t count = wire_u32(w);

    w->bad = w->bad || count > LIMIT_PROMPTS;
    for (uint32_t i = 0; !w->bad && i < count; i++) {
        ret->prompts[i] = get_text(w);
        ret->echo[i] = wire_u8(w);
    }
    ret->count = count;
}

static void
put_answers(struct wire_out *w, const struct msg_answer *m)
{
    w->bad = w->bad || m->count > LIMIT_PROMPTS;
    wire_put_u32(w, m->count);
    for (uint32_t i = 0; !w->bad && i < m->count; i++) {
        wire_put_text(w, m->answers[i]);
    }
}

static void
get_answers(struct wire *w, struct msg_answer *ret)
{
    uint32_t count = wire_u32(w);

    w->bad = w->bad || count > LIMIT_PROMPTS;
    for (uint32_t i = 0; !w->bad && i < count; i++) {
        ret->answers[i] = get_text(w);
    }
    ret->count = count;
}

static void
put_field(struct wire_out *w, enum field_kind kind, const void *member)
{
    const struct wire_bytes *bytes = member;

    switch (kind) {
    case FIELD_END:
        return;
    case FIELD_U8:
        wire_put_u8(w, *(const uint8_t *)member);
        return;
    case FIELD_U16:
        wire_put_u16(w, *(const uint16_t *)member);
        return;
    case FIELD_U32:
        wire_put_u32(w, *(const uint32_t *)member);
        return;
    case FIELD_U64:
        wire_put_u64(w, *(const uint64_t *)member);
        return;
    case FIELD_TEXT:
        wire_put_text(w, *(const char *const *)member);
        return;
    case FIELD_BYTES:
        wire_put_string(w, bytes->data, bytes->size);
        return;
    case FIELD_ADDRESSES:
        put_addresses(w, member);
        return;
    case FIELD_PROMPTS:
        put_prompts(w, (const void *)((const char *)member -
                                      offsetof(struct msg_prompt, count)));
        return;
    case FIELD_ANSWERS:
        put_answers(w, member);
        return;
    }
}

static void
get_field(struct wire *w, enum field_kind kind, void *member)
{
    switch (kind) {
    case FIELD_END:
        return;
    case FIELD_U8:
        *(uint8_t *)member = wire_u8(w);
        return;
    case FIELD_U16:
        *(uint16_t *)member = wire_u16(w);
        return;
    case FIELD_U32:
        *(uint32_t *)member = wire_u32(w);
        return;
    case FIELD_U64:
        *(uint64_t *)member = wire_u64(w);
        return;
    case FIELD_TEXT:
        *(const char **)member = get_text(w);
        return;
    case FIELD_BYTES:
        *(struct wire_bytes *)member = wire_string(w);
        return;
    case FIELD_ADDRESSES:
        get_addresses(w, member);
        return;
    case FIELD_PROMPTS:
        get_prompts(
            w, (void *)((char *)member - offsetof(struct msg_prompt, count)));
        return;
    case FIELD_ANSWERS:
        get_answers(w, member);
        return;
    }
}

long
msg_encode(enum msg_type type, const void *body, void *out, size_t size)
{
    const struct msg_rule *rule = find_rule(type);
    struct wire_out w = wire_into(out, size);

    if (rule == NULL) {
        return -EMSGSIZE;
    }
    wire_put_u32(&w, type);
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        put_field(&w, rule->fields[i].kind,
                  (const char *)body + rule->fields[i].offset);
    }
    return wire_out_size(&w);
}

int
msg_decode(enum msg_type type, uint8_t *body, size_t size, void *ret)
{
    const struct msg_rule *rule = find_rule(type);
    struct wire w = wire_over(body, size);

    if (rule == NULL) {
        return -EBADMSG;
    }
    memset(ret, 0, rule->size);
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        get_field(&w, rule->fields[i].kind,
                  (char *)ret + rule->fields[i].offset);
    }
    if (wire_done(&w) < 0) {
        memset(ret, 0, rule->size);
        return -EBADMSG;
    }
    return 0;
}

struct msg_address
msg_address_of(const struct address *a)
{
    struct msg_address m = {.family = (uint8_t)a->family, .scope = a->scope};

    memcpy(m.bytes, a->bytes, sizeof(m.bytes));
    return m;
}

int
msg_address_get(const struct msg_address *m, struct address *ret)
{
    if (m->family != ADDRESS_V4 && m->family != ADDRESS_V6) {
        return -EBADMSG;
    }
    *ret = (struct address){.family = m->family, .scope = m->scope};
    memcpy(ret->bytes, m->bytes, sizeof(ret->bytes));
    return 0;
}

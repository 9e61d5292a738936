/* All forwards of a connection: how one is found, and whose turn it is. */
#include "server/ssh/relay.h"
#include "server/ssh/relay_state.h"

static struct relay **
bucket_of(struct transport *t, uint32_t local_channel)
{
    size_t count =
        sizeof(t->relays.by_channel) / sizeof(t->relays.by_channel[0]);

    return &t->relays.by_channel[local_channel % count];
}

void
relay_attach(struct relay *r, uint32_t local_channel)
{
    struct relay **bucket = bucket_of(r->t, local_channel);

    r->local_channel = local_channel;
    r->next_by_channel = *bucket;
    *bucket = r;
}

void
relay_detach(struct relay *r)
{
    struct relay **p = bucket_of(r->t, r->local_channel);

    while (*p != NULL && *p != r) {
        p = &(*p)->next_by_channel;
    }
    if (*p != NULL) {
        *p = r->next_by_channel; /* else it never was attached */
    }
}

struct relay *
relay_find(struct transport *t, uint32_t local_channel)
{
    struct relay *r = *bucket_of(t, local_channel);

    while (r != NULL && r->local_channel != local_channel) {
        r = r->next_by_channel;
    }
    return r;
}

void
relay_mark_changed(struct relay *r)
{
    struct relay_queue *q = &r->t->relays.changed;

    if (!r->changed) {
        r->changed = true;
        r->next_changed = NULL;
        *q->tail = r;
        q->tail = &r->next_changed;
    }
}

void
relay_wait_for_client(struct relay *r)
{
    struct relay_queue *q = &r->t->relays.waiting;

    if (r->wait != WAIT_CLIENT) {
        r->wait = WAIT_CLIENT;
        r->next_waiting = NULL;
        *q->tail = r;
        q->tail = &r->next_waiting;
    }
}

void
relay_window_opened(struct transport *t, uint32_t local_channel)
{
    struct relay *r = relay_find(t, local_channel);

    if (r != NULL && r->wait == WAIT_WINDOW) {
        relay_mark_changed(r);
    }
}

static void
resume_changed(struct relays *relays)
{
    struct relay *r = relays->changed.head;

    relays->changed.head = NULL;
    relays->changed.tail = &relays->changed.head;
    while (r != NULL) {
        struct relay *next = r->next_changed;

        r->changed = false;
        if (r->wait == WAIT_WINDOW && ssh_channel_window_size(r->channel) > 0) {
            r->wait = WAIT_NOT;
        }
        relay_grant(r);
        relay_advance(r);
        r = next;
    }
}

/* One after the other, a chunk each; the first that cannot is the last. */
static void
resume_waiting(struct relays *relays)
{
    struct relay_queue *q = &relays->waiting;

    while (q->head != NULL && !transport_is_congested(q->head->t) &&
           relay_retry_tail(q->head)) {
        struct relay *r = q->head;

        q->head = r->next_waiting;
        if (q->head == NULL) {
            q->tail = &q->head;
        }
        r->wait = WAIT_NOT;
        if (r->fd >= 0 && !r->target_eof && !r->offered) {
            relay_read_target(r);
        }
        relay_advance(r);
    }
}

void
relay_resume(struct transport *t)
{
    resume_changed(&t->relays);
    resume_waiting(&t->relays);
}

uint32_t
relay_count_open(const struct transport *t)
{
    uint32_t n = 0;

    for (const struct relay *r = t->relays.all; r != NULL; r = r->next) {
        n += r->fd >= 0 && !r->offered;
    }
    return n;
}

bool
relay_refuse_request(struct transport *t, ssh_message message)
{
    ssh_channel channel = ssh_message_channel_request_channel(message);

    for (const struct relay *r = t->relays.all; r != NULL; r = r->next) {
        if (r->channel == channel && !r->offered) {
            ssh_message_reply_default(message);
            return true;
        }
    }
    return false;
}

/*
 * The data path.  Client to target: the hook hands us the packet's bytes,
 * which go straight to the socket; what it does not take is the spill.  Target
 * to client: read no more than the channel's window; what a key exchange does
 * not let through is the tail.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/limits.h"
#include "server/ssh/relay.h"
#include "server/ssh/relay_rate.h"
#include "server/ssh/relay_state.h"

#define CHANNEL_WINDOW_ADJUST 93
#define SHARED_MS 500 /* after another target spoke */

/* ChannelTimeout counts from here. */
static void
touch(struct relay *r)
{
    r->moved_ms = r->t->moved_ms = uv_now(r->t->prepare.loop);
}

static void
count_up(struct relay *r, size_t size)
{
    r->up += size;
    touch(r);
}

/* As send(2); EAGAIN also when the rate has no bytes left. */
static ssize_t
send_up(struct relay *r, const uint8_t *data, size_t size)
{
    size_t most = relay_rate_up(r, size);
    ssize_t n = -1;

    if (most == 0) {
        errno = EAGAIN;
        return -1;
    }
    n = send(r->fd, data, most, MSG_DONTWAIT | MSG_NOSIGNAL);
    relay_rate_up_unused(r, most - (n < 0 ? 0 : (size_t)n));
    return n;
}

void
relay_write_target(struct relay *r)
{
    while (spill_size(&r->spill) > 0 && !r->write_shut) {
        ssize_t n = send_up(r, spill_head(&r->spill), spill_size(&r->spill));

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (n < 0) {
            relay_upstream_failed(r);
            return;
        }
        count_up(r, (size_t)n);
        spill_pass(&r->spill, (size_t)n);
    }
    relay_mark_changed(r); /* the client may send more */
    relay_advance(r);
}

/*
 * Give libssh bytes for the client; what it did not take is the caller's.  An
 * error does not say how much went out: then there is no going on.
 */
static size_t
write_client(struct relay *r, const uint8_t *data, size_t size)
{
    uint32_t window = ssh_channel_window_size(r->channel);
    int n;

    if (window == 0 || r->channel_closed) {
        return 0;
    }
    n = ssh_channel_write(r->channel, data,
                          (uint32_t)(size < window ? size : window));
    if (n < 0) {
        if (!transport_is_closed(r->t)) { /* else libssh knows why */
            r->t->hostile = "channel data could not be sent";
        }
        return 0;
    }
    return (size_t)n;
}

static void
keep_tail(struct relay *r, const uint8_t *data, size_t size)
{
    r->tail = malloc(size);
    if (r->tail == NULL) {
        relay_target_failed(r);
        return;
    }
    memcpy(r->tail, data, size);
    r->tail_size = size;
    r->tail_done = 0;
}

bool
relay_may_read(struct relay *r)
{
    return r->tail == NULL && !transport_is_congested(r->t) &&
           ssh_channel_window_size(r->channel) > 0;
}

/* Not now: until something happens, of which we hear. */
static void
wait_for_client(struct relay *r)
{
    if (r->tail != NULL || transport_is_congested(r->t)) {
        relay_wait_for_client(r);
    } else if (r->wait == WAIT_NOT) {
        r->wait = WAIT_WINDOW;
    }
    relay_rearm(r);
}

static void
pass_down(struct relay *r, const uint8_t *data, size_t size)
{
    size_t done;

    r->down += size;
    touch(r);
    done = write_client(r, data, size);
    if (done < size) {
        keep_tail(r, data + done, size - done);
        relay_wait_for_client(r);
    } else if (transport_is_congested(r->t)) {
        relay_wait_for_client(r); /* the others are first then */
    }
    relay_rearm(r);
}

/* Whole packets, many while this is the only target that has something. */
static size_t
chunk_of(struct relay *r)
{
    struct relays *relays = &r->t->relays;
    uint64_t now_ms = uv_now(r->t->prepare.loop);
    size_t window = ssh_channel_window_size(r->channel);
    size_t most = LIMIT_CHUNK;

    if (relays->speaker != r) {
        relays->speaker = r;
        relays->shared_ms = now_ms;
    }
    if (now_ms - relays->shared_ms < SHARED_MS) {
        most = LIMIT_CHUNK_SHARED;
    }
    if (r->packet < most) {
        most -= most % r->packet;
    }
    return window < most ? window : most;
}

void
relay_read_target(struct relay *r)
{
    size_t most;
    static uint8_t chunk[LIMIT_CHUNK];
    ssize_t n;

    if (!relay_may_read(r)) {
        wait_for_client(r);
        return;
    }
    most = relay_rate_down(r, chunk_of(r));
    if (most == 0) {
        relay_rearm(r);
        return;
    }
    n = recv(r->fd, chunk, most, MSG_DONTWAIT);
    relay_rate_down_unused(r, most - (n < 0 ? 0 : (size_t)n));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n < 0) {
        relay_target_failed(r);
    } else if (n == 0) {
        r->target_eof = true;
        relay_advance(r);
    } else {
        pass_down(r, chunk, (size_t)n);
    }
}

void
relay_grant(struct relay *r)
{
    uint8_t bytes[16];
    struct wire_out w = wire_into(bytes, sizeof(bytes));
    uint32_t grant;

    if (r->offered || r->client_eof || r->channel_closed || r->close_sent) {
        return;
    }
    grant = window_grant(&r->window, &r->t->relays.pool, spill_size(&r->spill),
                         uv_now(r->t->prepare.loop));
    if (grant > 0) {
        wire_put_u8(&w, CHANNEL_WINDOW_ADJUST);
        wire_put_u32(&w, r->client_channel);
        wire_put_u32(&w, grant);
        transport_send(r->t, &w);
    }
}

static void
spill(struct relay *r, const uint8_t *data, size_t size)
{
    if (!spill_put(&r->spill, data, size)) {
        r->t->hostile = "out of memory";
    }
    relay_rearm(r);
}

/* An error shows again when the socket is polled for the spill. */
static void
deliver(struct relay *r, const uint8_t *data, size_t size)
{
    ssize_t n = 0;

    if (spill_size(&r->spill) == 0) {
        n = send_up(r, data, size);
        n = n < 0 ? 0 : n;
    }
    if (n > 0) {
        count_up(r, (size_t)n);
    }
    if ((size_t)n < size) {
        spill(r, data + n, size - (size_t)n);
    }
    if (window_is_due(&r->window, spill_size(&r->spill))) {
        relay_mark_changed(r);
    }
}

/* What one read of the client brings for one target, before it is sent. */
static struct {
    struct relay *of; /* NULL: empty */
    size_t size;
    uint8_t bytes[LIMIT_READ];
} batch;

void
relay_flush(void)
{
    struct relay *r = batch.of;

    batch.of = NULL;
    if (r != NULL) {
        deliver(r, batch.bytes, batch.size);
    }
}

static void
collect(struct relay *r, struct wire_bytes data)
{
    if (batch.of != r || batch.size + data.size > sizeof(batch.bytes)) {
        relay_flush();
        batch.size = 0;
    }
    if (data.size > sizeof(batch.bytes)) {
        deliver(r, data.data, data.size);
        return;
    }
    batch.of = r;
    memcpy(batch.bytes + batch.size, data.data, data.size);
    batch.size += data.size;
}

/* Called inside libssh.  After its end of file nothing is meant for target. */
bool
relay_take(struct transport *t, uint32_t local_channel, struct wire_bytes data,
           bool is_extended)
{
    struct relay *r = relay_find(t, local_channel);

    if (r == NULL) {
        return false;
    }
    if (r->offered && !r->confirmed) {
        t->hostile = "data on a channel that is not open";
        return true;
    }
    if (!window_take(&r->window, data.size, uv_now(t->prepare.loop))) {
        t->hostile = "channel window ignored";
        return true;
    }
    if (data.size > 0 && !is_extended && !r->write_shut && !r->client_eof &&
        !r->channel_closed && !r->close_sent) {
        collect(r, data);
    } else if (window_is_due(&r->window, spill_size(&r->spill))) {
        relay_mark_changed(r);
    }
    return true;
}

/* Bytes that a key exchange held up. False: still held up. */
bool
relay_retry_tail(struct relay *r)
{
    if (r->tail == NULL) {
        return true;
    }
    r->tail_done +=
        write_client(r, r->tail + r->tail_done, r->tail_size - r->tail_done);
    if (r->tail_done < r->tail_size && !r->channel_closed) {
        return false;
    }
    relay_drop_tail(r);
    return true;
}

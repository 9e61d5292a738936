/*
 * The data path.  Client to target: libssh's callback sends straight from its
 * buffer; what the socket does not take stays there, and later moves to a
 * spill of ours in one piece (partial reads would grant the client a new
 * window each).  Target to client: read no more than the channel's window;
 * what a key exchange does not let through is the tail.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/ssh/limits.h"
#include "server/ssh/relay_rate.h"
#include "server/ssh/relay_state.h"

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

static void
free_spill(struct relay *r)
{
    if (r->spill_done == r->spill_size) {
        free(r->spill);
        r->spill = NULL;
        r->spill_size = r->spill_done = 0;
    }
}

/* Take everything that libssh holds for this channel, in one read. */
static bool
refill_spill(struct relay *r)
{
    uint8_t *spill = malloc(r->held);
    int n;

    if (spill == NULL) {
        return false;
    }
    n = ssh_channel_read_timeout(r->channel, spill, (uint32_t)r->held, 0, 0);
    if (n <= 0) {
        free(spill);
        return false;
    }
    r->held -= (size_t)n;
    r->spill = spill;
    r->spill_size = (size_t)n;
    r->spill_done = 0;
    return true;
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
    while (relay_has_upstream(r) && !r->write_shut) {
        ssize_t n;

        if (r->spill == NULL && !refill_spill(r)) {
            relay_target_failed(r);
            return;
        }
        n = send_up(r, r->spill + r->spill_done, r->spill_size - r->spill_done);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (n < 0) {
            relay_upstream_failed(r);
            return;
        }
        count_up(r, (size_t)n);
        r->spill_done += (size_t)n;
        free_spill(r);
    }
    relay_advance(r);
}

/*
 * Give libssh bytes for the client; what it did not take is the caller's.  What
 * it took and did not pack waits for the client's part of a key exchange.
 */
static size_t
write_client(struct relay *r, const uint8_t *data, size_t size)
{
    uint32_t window = ssh_channel_window_size(r->channel);
    uint64_t packed = r->t->packets.out_bytes;
    int n;

    if (window == 0 || r->channel_closed) {
        return 0;
    }
    n = ssh_channel_write(r->channel, data,
                          (uint32_t)(size < window ? size : window));
    if (n < 0) {
        return 0;
    }
    if (r->t->packets.out_bytes < packed + (uint64_t)n) {
        r->t->held_until = packed + (uint64_t)n;
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

void
relay_read_target(struct relay *r)
{
    static uint8_t chunk[LIMIT_CHUNK];
    uint32_t window = ssh_channel_window_size(r->channel);
    size_t most = window < sizeof(chunk) ? window : sizeof(chunk);
    size_t done;
    ssize_t n;

    if (!relay_may_read(r)) {
        relay_pause_reading(r);
        relay_rearm(r);
        return;
    }
    most = relay_rate_down(r, most);
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
        return;
    }
    if (n == 0) {
        r->target_eof = true;
        relay_advance(r);
        return;
    }
    r->down += (uint64_t)n;
    touch(r);
    done = write_client(r, chunk, (size_t)n);
    if (done < (size_t)n) {
        keep_tail(r, chunk + done, (size_t)n - done);
        relay_pause_reading(r);
    }
    relay_rearm(r);
}

/* Called by libssh: data is everything it holds; return what was consumed. */
int
relay_on_data(ssh_session session, ssh_channel channel, void *data,
              uint32_t size, int is_stderr, void *arg)
{
    struct relay *r = arg;
    ssize_t n = 0;

    (void)session;
    (void)channel;
    if (is_stderr || r->write_shut || r->close_sent) {
        return (int)size;
    }
    if (size > LIMIT_CHANNEL_BYTES) {
        r->t->hostile = "channel window ignored";
        return (int)size;
    }
    if (!relay_has_upstream(r)) {
        n = send_up(r, data, size);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            r->held = size; /* relay_write_target() finds the error again */
            n = 0;
        }
        n = n < 0 ? 0 : n;
        count_up(r, (size_t)n);
    }
    r->held = size - (size_t)n;
    relay_rearm(r);
    return (int)n;
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

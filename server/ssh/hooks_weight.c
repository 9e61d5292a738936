/*
 * What packets weigh: ours that libssh holds back during a key exchange, and
 * the client's that grow when they are unpacked.
 */
#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include "server/limits.h"
#include "server/ssh/hooks.h"

#define HELD_OVERHEAD 256 /* bytes of buffer and list around a packet */

int __real_ssh_packet_send(ssh_session);
int __real_ssh_packet_send_newkeys(ssh_session);
int __real_decompress_buffer(ssh_session, ssh_buffer, size_t);
uint32_t __real_ssh_buffer_get_len(ssh_buffer);

int __wrap_ssh_packet_send(ssh_session);
int __wrap_ssh_packet_send_newkeys(ssh_session);
int __wrap_decompress_buffer(ssh_session, ssh_buffer, size_t);

/* Invariant: bytes is 0 when packets is. */
static struct {
    const struct ssh_counter_struct *counter;
    uint64_t sends;   /* calls of these functions */
    bool is_sending;  /* one of them is under way */
    bool wants_size;  /* libssh is about to ask for the packet's length */
    size_t size;      /* its answer */
    uint64_t packets; /* held back */
    size_t bytes;     /* at least as many as they are */
} held;

static struct {
    bool seen;       /* the client compresses */
    bool is_bounded; /* the last read was large */
    size_t bytes;    /* that it has brought, unpacked */
} inflated;

void
hooks_count_held(const struct ssh_counter_struct *packets)
{
    held.counter = packets;
}

size_t
hooks_held(void)
{
    return held.bytes;
}

void
hooks_note_size(uint32_t size)
{
    if (held.wants_size) {
        held.wants_size = false;
        held.size = size;
    }
}

/*
 * So many packets were given to libssh in one call, and so many did it pack:
 * the difference is what it holds back, or does no longer.
 */
static void
account(uint64_t given, uint64_t packed)
{
    if (given > packed) {
        held.packets += given - packed;
        held.bytes += held.size + HELD_OVERHEAD;
    } else if (packed - given < held.packets) {
        held.packets -= packed - given;
    } else {
        held.packets = held.bytes = 0;
    }
}

typedef int send_fn(ssh_session);

/* libssh comes back here, through its other files, to begin a key exchange. */
static int
count(send_fn *real, ssh_session session)
{
    uint64_t given = held.sends++;
    uint64_t packed;
    int r;

    hooks_hit(HOOK_PACKET);
    if (held.is_sending || held.counter == NULL) {
        return real(session);
    }
    packed = held.counter->out_packets;
    held.is_sending = held.wants_size = true;
    hooks_pool_random(true);
    r = real(session);
    hooks_pool_random(false);
    held.is_sending = held.wants_size = false;
    account(held.sends - given, held.counter->out_packets - packed);
    return r;
}

int
__wrap_ssh_packet_send(ssh_session session)
{
    return count(__real_ssh_packet_send, session);
}

/* Behind this one goes what was held back. */
int
__wrap_ssh_packet_send_newkeys(ssh_session session)
{
    return count(__real_ssh_packet_send_newkeys, session);
}

bool
hooks_may_read_much(void)
{
    inflated.bytes = 0;
    inflated.is_bounded = !inflated.seen;
    return !inflated.seen;
}

bool
hooks_has_overgrown(void)
{
    return inflated.is_bounded && inflated.bytes > LIMIT_INFLATED;
}

/* An error ends the connection. */
int
__wrap_decompress_buffer(ssh_session session, ssh_buffer buffer, size_t most)
{
    int r = __real_decompress_buffer(session, buffer, most);

    hooks_hit(HOOK_INFLATE);
    inflated.seen = true;
    inflated.bytes += __real_ssh_buffer_get_len(buffer);
    return hooks_has_overgrown() ? -1 : r;
}

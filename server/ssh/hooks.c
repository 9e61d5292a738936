#include "server/ssh/hooks.h"

#include <poll.h>
#include <string.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

/*
 * libssh's own functions behind the wraps.  Prototypes as in libssh's
 * packet-callback type and buffer.h; buffer functions that libssh.a has but
 * its public headers do not declare are named here too.
 */
int __real_ssh_packet_userauth_request(ssh_session, uint8_t, ssh_buffer,
                                       void *);
int __real_ssh_packet_userauth_info_response(ssh_session, uint8_t, ssh_buffer,
                                             void *);
int __real_ssh_packet_channel_open(ssh_session, uint8_t, ssh_buffer, void *);
int __real_ssh_packet_channel_open_conf(ssh_session, uint8_t, ssh_buffer,
                                        void *);
int __real_ssh_packet_channel_open_fail(ssh_session, uint8_t, ssh_buffer,
                                        void *);
int __real_ssh_packet_global_request(ssh_session, uint8_t, ssh_buffer, void *);
int __real_channel_rcv_data(ssh_session, uint8_t, ssh_buffer, void *);
int __real_channel_rcv_change_window(ssh_session, uint8_t, ssh_buffer, void *);
int __real_ssh_packet_disconnect_callback(ssh_session, uint8_t, ssh_buffer,
                                          void *);
uint32_t __real_ssh_buffer_get_len(ssh_buffer);
void *__real_ssh_buffer_allocate(ssh_buffer, uint32_t);
uint32_t __real_ssh_buffer_pass_bytes_end(ssh_buffer, uint32_t);
ssize_t __real_recv(int, void *, size_t, int);
int __real_poll(struct pollfd *, nfds_t, int);

int __wrap_ssh_packet_userauth_request(ssh_session, uint8_t, ssh_buffer,
                                       void *);
int __wrap_ssh_packet_userauth_info_response(ssh_session, uint8_t, ssh_buffer,
                                             void *);
int __wrap_ssh_packet_channel_open(ssh_session, uint8_t, ssh_buffer, void *);
int __wrap_ssh_packet_channel_open_conf(ssh_session, uint8_t, ssh_buffer,
                                        void *);
int __wrap_ssh_packet_channel_open_fail(ssh_session, uint8_t, ssh_buffer,
                                        void *);
int __wrap_ssh_packet_global_request(ssh_session, uint8_t, ssh_buffer, void *);
int __wrap_ssh_packet_disconnect_callback(ssh_session, uint8_t, ssh_buffer,
                                          void *);
int __wrap_channel_rcv_data(ssh_session, uint8_t, ssh_buffer, void *);
int __wrap_channel_rcv_change_window(ssh_session, uint8_t, ssh_buffer, void *);
uint32_t __wrap_ssh_buffer_get_len(ssh_buffer);
void *__wrap_ssh_buffer_allocate(ssh_buffer, uint32_t);
uint32_t __wrap_ssh_buffer_pass_bytes_end(ssh_buffer, uint32_t);
ssize_t __wrap_recv(int, void *, size_t, int);
int __wrap_poll(struct pollfd *, nfds_t, int);

typedef int packet_fn(ssh_session, uint8_t, ssh_buffer, void *);

/* RFC 4254 section 9 */
#define MSG_NUMBER_CHANNEL_OPEN 90
#define MSG_NUMBER_CHANNEL_OPEN_CONFIRMATION 91
#define MSG_NUMBER_CHANNEL_EXTENDED_DATA 95

/* What libssh asks for in one read: MAX_BUF_SIZE of its priv.h. */
#define LIBSSH_READ 4096

/* The one connection of this process. */
static struct {
    hook_inbound_fn *inbound;
    void *inbound_arg;
    const uint8_t *packet; /* armed replacement, or NULL */
    size_t packet_size;
    bool packet_written;
    bool open_armed;
    bool open_seen;
    uint32_t open_window;  /* 0: libssh's own */
    const char *open_type; /* NULL: libssh's own */
    const uint8_t *open_payload;
    size_t open_payload_size;
    uint32_t open_channel;
    int guarded_fd;
    bool gate_open;
    bool drained;           /* the last read got all there was */
    bool has_input;         /* it is known that a read gets some */
    bool read_due;          /* poll told libssh to read */
    size_t read_size;       /* instead of LIBSSH_READ; 0: not */
    ssh_buffer read_buffer; /* where a larger read is under way, or NULL */
    unsigned long count[HOOK_COUNT];
} hooks = {.guarded_fd = -1};

static const char *const names[HOOK_COUNT] = {
    [HOOK_AUTH_REQUEST] = "auth-request",
    [HOOK_AUTH_RESPONSE] = "auth-response",
    [HOOK_CHANNEL_OPEN] = "channel-open",
    [HOOK_OPEN_CONFIRMED] = "open-confirmed",
    [HOOK_OPEN_FAILED] = "open-failed",
    [HOOK_GLOBAL_REQUEST] = "global-request",
    [HOOK_DATA] = "data",
    [HOOK_EXTENDED_DATA] = "extended-data",
    [HOOK_WINDOW] = "window",
    [HOOK_DISCONNECT] = "disconnect",
    [HOOK_SEND] = "send",
    [HOOK_POLL] = "poll",
    [HOOK_READ] = "read",
    [HOOK_PACKET] = "packet",
    [HOOK_INFLATE] = "inflate",
    [HOOK_WRITE] = "write",
    [HOOK_OUTPUT] = "output",
    [HOOK_RANDOM] = "random",
    [HOOK_SIGN] = "sign",
};

const char *
hooks_name(enum hook hook)
{
    return (unsigned)hook < HOOK_COUNT ? names[hook] : "unknown";
}

void
hooks_hit(enum hook hook)
{
    hooks.count[hook]++;
}

unsigned long
hooks_count(enum hook hook)
{
    return (unsigned)hook < HOOK_COUNT ? hooks.count[hook] : 0;
}

void
hooks_set_inbound(hook_inbound_fn *inbound, void *arg)
{
    hooks.inbound = inbound;
    hooks.inbound_arg = arg;
}

void
hooks_arm_packet(const uint8_t *bytes, size_t size)
{
    hooks.packet = bytes;
    hooks.packet_size = size;
    hooks.packet_written = false;
}

bool
hooks_disarm_packet(void)
{
    hooks.packet = NULL;
    return hooks.packet_written;
}

void
hooks_arm_open(uint32_t window, const char *type, const uint8_t *payload,
               size_t size)
{
    hooks.open_armed = true;
    hooks.open_seen = false;
    hooks.open_window = window;
    hooks.open_type = type;
    hooks.open_payload = payload;
    hooks.open_payload_size = size;
}

bool
hooks_disarm_open(uint32_t *ret_channel)
{
    hooks.open_armed = false;
    *ret_channel = hooks.open_channel;
    return hooks.open_seen;
}

/* Hand libssh a packet of our own in place of the peer's. */
static int
pass_replacement(packet_fn *real, ssh_session session, uint8_t type,
                 const struct hook_replacement *replacement, void *user)
{
    ssh_buffer buffer = ssh_buffer_new();
    int r = SSH_PACKET_USED;

    if (buffer == NULL) {
        return SSH_PACKET_USED;
    }
    if (ssh_buffer_add_data(buffer, replacement->bytes,
                            (uint32_t)replacement->size) == SSH_OK) {
        r = real(session, type, buffer, user);
    }
    ssh_buffer_free(buffer);
    return r;
}

static int
inbound(enum hook hook, packet_fn *real, ssh_session session, uint8_t type,
        ssh_buffer packet, void *user)
{
    struct hook_replacement replacement = {.size = 0};
    const struct wire_bytes payload = {
        .data = ssh_buffer_get(packet),
        .size = ssh_buffer_get_len(packet),
    };
    enum hook_verdict verdict = HOOK_SWALLOW;

    hooks.count[hook]++;
    if (hooks.inbound != NULL) {
        verdict = hooks.inbound(hooks.inbound_arg, hook, payload, &replacement);
    }
    switch (verdict) {
    case HOOK_SWALLOW:
        return SSH_PACKET_USED;
    case HOOK_PASS:
        return real(session, type, packet, user);
    case HOOK_REPLACE:
        return pass_replacement(real, session, type, &replacement, user);
    }
    return SSH_PACKET_USED;
}

int
__wrap_ssh_packet_userauth_request(ssh_session session, uint8_t type,
                                   ssh_buffer packet, void *user)
{
    return inbound(HOOK_AUTH_REQUEST, __real_ssh_packet_userauth_request,
                   session, type, packet, user);
}

int
__wrap_ssh_packet_userauth_info_response(ssh_session session, uint8_t type,
                                         ssh_buffer packet, void *user)
{
    return inbound(HOOK_AUTH_RESPONSE, __real_ssh_packet_userauth_info_response,
                   session, type, packet, user);
}

int
__wrap_ssh_packet_channel_open(ssh_session session, uint8_t type,
                               ssh_buffer packet, void *user)
{
    return inbound(HOOK_CHANNEL_OPEN, __real_ssh_packet_channel_open, session,
                   type, packet, user);
}

int
__wrap_ssh_packet_channel_open_conf(ssh_session session, uint8_t type,
                                    ssh_buffer packet, void *user)
{
    return inbound(HOOK_OPEN_CONFIRMED, __real_ssh_packet_channel_open_conf,
                   session, type, packet, user);
}

int
__wrap_ssh_packet_channel_open_fail(ssh_session session, uint8_t type,
                                    ssh_buffer packet, void *user)
{
    return inbound(HOOK_OPEN_FAILED, __real_ssh_packet_channel_open_fail,
                   session, type, packet, user);
}

int
__wrap_ssh_packet_global_request(ssh_session session, uint8_t type,
                                 ssh_buffer packet, void *user)
{
    return inbound(HOOK_GLOBAL_REQUEST, __real_ssh_packet_global_request,
                   session, type, packet, user);
}

int
__wrap_channel_rcv_data(ssh_session session, uint8_t type, ssh_buffer packet,
                        void *user)
{
    return inbound(type == MSG_NUMBER_CHANNEL_EXTENDED_DATA ? HOOK_EXTENDED_DATA
                                                            : HOOK_DATA,
                   __real_channel_rcv_data, session, type, packet, user);
}

int
__wrap_channel_rcv_change_window(ssh_session session, uint8_t type,
                                 ssh_buffer packet, void *user)
{
    return inbound(HOOK_WINDOW, __real_channel_rcv_change_window, session, type,
                   packet, user);
}

int
__wrap_ssh_packet_disconnect_callback(ssh_session session, uint8_t type,
                                      ssh_buffer packet, void *user)
{
    return inbound(HOOK_DISCONNECT, __real_ssh_packet_disconnect_callback,
                   session, type, packet, user);
}

static bool
replace(ssh_buffer buffer, const uint8_t *bytes, size_t size)
{
    return ssh_buffer_reinit(buffer) == SSH_OK &&
           ssh_buffer_add_data(buffer, bytes, (uint32_t)size) == SSH_OK;
}

/* The window that a packet of ours grants, at w: as we want it. */
static void
rewrite_window(ssh_buffer buffer, const struct wire *w)
{
    uint8_t *bytes = ssh_buffer_get(buffer);
    struct wire_out out = wire_into(bytes + (w->p - bytes), 4);

    if (!w->bad && hooks.open_window != 0) {
        wire_put_u32(&out, hooks.open_window);
    }
}

/* The open or confirmation in buffer: note our number, make it as we want. */
static void
rewrite_open(ssh_buffer buffer)
{
    struct wire w =
        wire_over(ssh_buffer_get(buffer), __real_ssh_buffer_get_len(buffer));
    uint8_t packet[512];
    struct wire_out out = wire_into(packet, sizeof(packet));
    uint8_t number = wire_u8(&w);

    if (number == MSG_NUMBER_CHANNEL_OPEN) {
        wire_string(&w);
    } else if (number == MSG_NUMBER_CHANNEL_OPEN_CONFIRMATION) {
        wire_u32(&w);
    } else {
        return;
    }
    hooks.open_channel = wire_u32(&w);
    hooks.open_seen = !w.bad;
    hooks.open_armed = false;
    rewrite_window(buffer, &w);
    if (hooks.open_type == NULL) {
        return;
    }
    wire_put_u8(&out, MSG_NUMBER_CHANNEL_OPEN);
    wire_put_text(&out, hooks.open_type);
    wire_put_u32(&out, hooks.open_channel);
    wire_put_u32(&out, wire_u32(&w)); /* window */
    wire_put_u32(&out, wire_u32(&w)); /* maximum packet size */
    wire_put_raw(&out, hooks.open_payload, hooks.open_payload_size);
    hooks.open_seen = !w.bad && !out.bad && replace(buffer, packet, out.used);
}

/*
 * The first thing that libssh asks about a packet that it is going to send is
 * its length: the place to write another one in its stead.
 */
uint32_t
__wrap_ssh_buffer_get_len(ssh_buffer buffer)
{
    uint32_t size;

    if (hooks.packet != NULL) {
        hooks.count[HOOK_SEND]++;
        hooks.packet_written = replace(buffer, hooks.packet, hooks.packet_size);
        hooks.packet = NULL;
    } else if (hooks.open_armed) {
        rewrite_open(buffer);
    }
    size = __real_ssh_buffer_get_len(buffer);
    hooks_note_size(size);
    return size;
}

void
hooks_guard_input(int fd)
{
    hooks.guarded_fd = fd;
    hooks.gate_open = false;
    hooks_guard_output(fd);
}

void
hooks_open_gate(bool open)
{
    hooks.gate_open = open;
}

/* Nothing is to be read now: is there room to send? */
static int
poll_output(struct pollfd *fd)
{
    short wanted = fd->events;
    int r = 1;

    fd->revents = 0;
    if ((wanted & POLLOUT) == 0 || hooks_holds_output()) {
        return 0;
    }
    if (hooks_has_room()) {
        fd->revents = POLLOUT;
        return 1;
    }
    fd->events = POLLOUT;
    r = __real_poll(fd, 1, 0);
    fd->events = wanted;
    fd->revents = (short)(fd->revents & POLLOUT);
    if (fd->revents != 0) {
        hooks_note_room();
    }
    return r > 0 && fd->revents == 0 ? 0 : r;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int r;

    if (count != 1 || fds->fd != hooks.guarded_fd) {
        return __real_poll(fds, count, timeout);
    }
    hooks.count[HOOK_POLL]++;
    if (!hooks.gate_open || hooks.drained) {
        return poll_output(fds);
    }
    if (hooks.has_input && (fds->events & POLLIN) != 0) {
        fds->revents = POLLIN; /* room is asked for by who sends */
        hooks.read_due = true;
        return 1;
    }
    r = __real_poll(fds, count, timeout);
    hooks.read_due = r > 0 && (fds->revents & POLLIN) != 0;
    return r;
}

void
hooks_set_read_size(size_t size)
{
    hooks.read_size = size;
}

void
hooks_expect_input(bool is_there)
{
    hooks.drained = false;
    hooks.has_input = is_there;
}

/*
 * Three calls of libssh stand around each read of its socket: make room, read
 * into it, give back what was too much.  They take our size in place of its.
 */
void *
__wrap_ssh_buffer_allocate(ssh_buffer buffer, uint32_t size)
{
    bool is_read = hooks.read_due && size == LIBSSH_READ;
    void *room = NULL;

    hooks.read_due = false;
    if (!is_read || !hooks_may_read_much() || hooks.read_size == 0) {
        return __real_ssh_buffer_allocate(buffer, size);
    }
    hooks.count[HOOK_READ]++;
    room = __real_ssh_buffer_allocate(buffer, (uint32_t)hooks.read_size);
    hooks.read_buffer = room == NULL ? NULL : buffer;
    return room;
}

ssize_t
__wrap_recv(int fd, void *room, size_t size, int flags)
{
    ssize_t n;

    if (fd != hooks.guarded_fd) {
        return __real_recv(fd, room, size, flags);
    }
    if (hooks.read_buffer != NULL) {
        size = hooks.read_size;
    }
    n = __real_recv(fd, room, size, flags);
    hooks.drained = n > 0 && (size_t)n < size;
    hooks.has_input = false;
    return n;
}

uint32_t
__wrap_ssh_buffer_pass_bytes_end(ssh_buffer buffer, uint32_t size)
{
    if (buffer == hooks.read_buffer) {
        hooks.read_buffer = NULL;
        size += (uint32_t)hooks.read_size - LIBSSH_READ;
    }
    return __real_ssh_buffer_pass_bytes_end(buffer, size);
}

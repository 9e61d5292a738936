#include "server/ssh/hooks.h"

#include <poll.h>
#include <string.h>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <openssl/evp.h>

#include "server/ipc/host_key_type.h"

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
int __real_ssh_packet_disconnect_callback(ssh_session, uint8_t, ssh_buffer,
                                          void *);
int __real_EVP_DigestSign(EVP_MD_CTX *, unsigned char *, size_t *,
                          const unsigned char *, size_t);
EVP_PKEY *__real_EVP_PKEY_new_raw_private_key(int, ENGINE *,
                                              const unsigned char *, size_t);
uint32_t __real_ssh_buffer_get_len(ssh_buffer);
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
uint32_t __wrap_ssh_buffer_get_len(ssh_buffer);
int __wrap_poll(struct pollfd *, nfds_t, int);
int __wrap_EVP_DigestSign(EVP_MD_CTX *, unsigned char *, size_t *,
                          const unsigned char *, size_t);
EVP_PKEY *__wrap_EVP_PKEY_new_raw_private_key(int, ENGINE *,
                                              const unsigned char *, size_t);

typedef int packet_fn(ssh_session, uint8_t, ssh_buffer, void *);

/* RFC 4254 section 9 */
#define MSG_NUMBER_CHANNEL_OPEN 90
#define MSG_NUMBER_CHANNEL_OPEN_CONFIRMATION 91

/* The one connection of this process. */
static struct {
    hook_inbound_fn *inbound;
    void *inbound_arg;
    hook_sign_fn *sign;
    void *sign_arg;
    const uint8_t *packet; /* armed replacement, or NULL */
    size_t packet_size;
    bool packet_written;
    bool open_armed;
    bool open_seen;
    const char *open_type; /* NULL: libssh's own */
    const uint8_t *open_payload;
    size_t open_payload_size;
    uint32_t open_channel;
    int guarded_fd;
    bool gate_open;
    uint8_t ed25519[32];
    bool has_ed25519;
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
    [HOOK_DISCONNECT] = "disconnect",
    [HOOK_SEND] = "send",
    [HOOK_POLL] = "poll",
    [HOOK_SIGN] = "sign",
};

const char *
hooks_name(enum hook hook)
{
    return (unsigned)hook < HOOK_COUNT ? names[hook] : "unknown";
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
hooks_set_sign(hook_sign_fn *sign, void *arg)
{
    hooks.sign = sign;
    hooks.sign_arg = arg;
}

void
hooks_set_ed25519(const uint8_t public_key[32])
{
    memcpy(hooks.ed25519, public_key, sizeof(hooks.ed25519));
    hooks.has_ed25519 = true;
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
hooks_arm_open(const char *type, const uint8_t *payload, size_t size)
{
    hooks.open_armed = true;
    hooks.open_seen = false;
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
    return inbound(HOOK_DATA, __real_channel_rcv_data, session, type, packet,
                   user);
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

/* The open or confirmation in buffer: note our number, give it our type. */
static void
rewrite_open(ssh_buffer buffer)
{
    struct wire w =
        wire_over(ssh_buffer_get(buffer), __real_ssh_buffer_get_len(buffer));
    uint8_t packet[512];
    struct wire_out out = wire_into(packet, sizeof(packet));
    uint8_t number;

    number = wire_u8(&w);
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
    if (hooks.packet != NULL) {
        hooks.count[HOOK_SEND]++;
        hooks.packet_written = replace(buffer, hooks.packet, hooks.packet_size);
        hooks.packet = NULL;
    } else if (hooks.open_armed) {
        rewrite_open(buffer);
    }
    return __real_ssh_buffer_get_len(buffer);
}

void
hooks_guard_input(int fd)
{
    hooks.guarded_fd = fd;
    hooks.gate_open = false;
}

void
hooks_open_gate(bool open)
{
    hooks.gate_open = open;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    short wanted;
    int r;

    if (count != 1 || fds->fd != hooks.guarded_fd) {
        return __real_poll(fds, count, timeout);
    }
    hooks.count[HOOK_POLL]++;
    if (hooks.gate_open) {
        return __real_poll(fds, count, timeout);
    }
    wanted = fds->events;
    fds->events = (short)(wanted & POLLOUT);
    r = __real_poll(fds, count, 0);
    fds->events = wanted;
    fds->revents = (short)(fds->revents & POLLOUT);
    return r > 0 && fds->revents == 0 ? 0 : r;
}

static uint8_t
key_type_of(EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return HOST_KEY_RSA;
    case EVP_PKEY_EC:
        return HOST_KEY_ECDSA;
    case EVP_PKEY_ED25519:
        return HOST_KEY_ED25519;
    default:
        return HOST_KEY_NONE;
    }
}

/* Everything that libssh signs is an exchange hash, with a key we have not. */
int
__wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
                      const unsigned char *data, size_t size)
{
    EVP_PKEY *key = EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_get_pkey_ctx(ctx));
    const EVP_MD *md = EVP_MD_CTX_get0_md(ctx);
    const struct wire_bytes hash = {.data = data, .size = size};
    uint8_t type;

    if (key == NULL) {
        return 0;
    }
    if (sig == NULL) {
        *siglen = (size_t)EVP_PKEY_get_size(key);
        return 1;
    }
    hooks.count[HOOK_SIGN]++;
    type = key_type_of(key);
    if (hooks.sign == NULL || type == HOST_KEY_NONE) {
        return 0;
    }
    return hooks.sign(hooks.sign_arg, type,
                      md == NULL || type == HOST_KEY_ED25519
                          ? 0
                          : (uint32_t)EVP_MD_get_type(md),
                      hash, sig, siglen)
               ? 1
               : 0;
}

EVP_PKEY *
__wrap_EVP_PKEY_new_raw_private_key(int type, ENGINE *engine,
                                    const unsigned char *key, size_t size)
{
    if (type == EVP_PKEY_ED25519 && hooks.has_ed25519) {
        return EVP_PKEY_new_raw_public_key(type, engine, hooks.ed25519,
                                           sizeof(hooks.ed25519));
    }
    return __real_EVP_PKEY_new_raw_private_key(type, engine, key, size);
}

#ifndef SERVER_SSH_HOOKS_H
#define SERVER_SSH_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/ipc/wire.h"

/*
 * The only place where we reach into libssh: link-time wraps (--wrap, see
 * server/CMakeLists.txt) around packet handlers and one buffer function of an
 * unmodified libssh.a.  They use public types only.
 *
 * The inbound wraps see a packet before libssh does.  They only copy and
 * record: libssh's output functions must not be called from inside it.
 */

enum hook {
    HOOK_AUTH_REQUEST = 0, /* SSH_MSG_USERAUTH_REQUEST */
    HOOK_AUTH_RESPONSE,    /* SSH_MSG_USERAUTH_INFO_RESPONSE */
    HOOK_CHANNEL_OPEN,     /* SSH_MSG_CHANNEL_OPEN */
    HOOK_OPEN_CONFIRMED,   /* SSH_MSG_CHANNEL_OPEN_CONFIRMATION */
    HOOK_OPEN_FAILED,      /* SSH_MSG_CHANNEL_OPEN_FAILURE */
    HOOK_GLOBAL_REQUEST,   /* SSH_MSG_GLOBAL_REQUEST */
    HOOK_DATA,             /* SSH_MSG_CHANNEL_DATA */
    HOOK_EXTENDED_DATA,    /* SSH_MSG_CHANNEL_EXTENDED_DATA, the same wrap */
    HOOK_WINDOW,           /* SSH_MSG_CHANNEL_WINDOW_ADJUST */
    HOOK_DISCONNECT,       /* SSH_MSG_DISCONNECT */
    HOOK_SEND,             /* a packet of ours is being sent */
    HOOK_POLL,             /* libssh asks whether its socket is ready */
    HOOK_READ,             /* libssh makes room to read from it */
    HOOK_PACKET,           /* libssh packs or holds back a packet of ours */
    HOOK_INFLATE,          /* libssh unpacks a compressed packet */
    HOOK_WRITE,            /* libssh writes to its socket's buffer */
    HOOK_OUTPUT,           /* libssh sends what is in there */
    HOOK_RANDOM,           /* libssh pads a packet of ours */
    HOOK_SIGN,             /* EVP_DigestSign */
    HOOK_COUNT,
};

/* What to do with an inbound packet after it was recorded. */
enum hook_verdict {
    HOOK_SWALLOW = 0, /* libssh never sees it */
    HOOK_PASS,        /* libssh handles it as it came */
    HOOK_REPLACE,     /* libssh handles *replacement instead */
};

/* Bytes of a packet that libssh gets in place of the peer's. */
struct hook_replacement {
    uint8_t bytes[128];
    size_t size;
};

/* payload: the packet without its message number; valid during the call. */
typedef enum hook_verdict hook_inbound_fn(void *arg, enum hook hook,
                                          struct wire_bytes payload,
                                          struct hook_replacement *replacement);

/*
 * Ask the holder of the host keys for a signature over hash.  *ret_size is
 * room on entry and length on success.  False: refused.
 */
typedef bool hook_sign_fn(void *arg, uint8_t key, uint32_t digest,
                          struct wire_bytes hash, uint8_t *ret,
                          size_t *ret_size);

/* One SSH connection a process, so the hooks have one receiver. */
void hooks_set_inbound(hook_inbound_fn *inbound, void *arg);
void hooks_set_sign(hook_sign_fn *sign, void *arg);

/*
 * The raw public half of the Ed25519 host key: what libssh gets where it
 * builds an Ed25519 private key (0.11 and later derive the public key from
 * the private one, which is not here).
 */
void hooks_set_ed25519(const uint8_t public_key[32]);

/*
 * The next packet that libssh writes is replaced by these bytes (borrowed
 * until hooks_disarm); false afterwards means that it wrote none.
 */
void hooks_arm_packet(const uint8_t *bytes, size_t size);
bool hooks_disarm_packet(void);

/*
 * Remember our channel's number in the next SSH_MSG_CHANNEL_OPEN, or
 * SSH_MSG_CHANNEL_OPEN_CONFIRMATION, that we send, and let it grant this
 * window (0: libssh's own).  With a type, an open is of that type and has this
 * payload (both borrowed until hooks_disarm_open) in place of what libssh puts
 * there.
 */
void hooks_arm_open(uint32_t window, const char *type, const uint8_t *payload,
                    size_t size);
bool hooks_disarm_open(uint32_t *ret_channel);

/*
 * libssh receives and dispatches inside every channel write, close and flush.
 * With the gate shut it only sends there: input on fd is not reported to it.
 * Open it around the calls that are meant to read.  Shut at first.
 */
void hooks_guard_input(int fd);
void hooks_open_gate(bool open);

/*
 * libssh sends each packet by itself, and asks for room before and after it.
 * While its output to fd is held, packets wait in its buffer as if the socket
 * were full, as long as that is less than LIMIT_UNSENT_HELD.  Released, it
 * sends; true: something waits, so flush it.  Not held at first.
 */
void hooks_guard_output(int fd);
void hooks_hold_output(void);
bool hooks_release_output(void);

/* Bytes in libssh's buffer. */
size_t hooks_unsent(void);

/* For the answer when libssh asks whether it may send, and what it was. */
bool hooks_holds_output(void);
bool hooks_has_room(void);
void hooks_note_room(void);

/*
 * libssh reads 4096 bytes at a time.  From now on it reads up to so many.
 * Only from a client whose packets are not compressed.
 * When a read got less than it asked for, nothing is left: through the open
 * gate input is then not even asked for until hooks_expect_input() says that
 * there may be some, or that it is there for sure: then nobody asks before the
 * next read.
 */
void hooks_set_read_size(size_t size);
void hooks_expect_input(bool is_there);

/*
 * From the middle of a key exchange libssh holds packets of ours back.  Count
 * them from now on, with the session's counters (borrowed), and tell how much
 * memory they take, in bytes and about.
 */
struct ssh_counter_struct;
void hooks_count_held(const struct ssh_counter_struct *packets);
size_t hooks_held(void);

/*
 * Random bytes that libssh asks for from now on are for a packet of ours: its
 * padding, and the cookie of a key exchange that it makes due.  Everybody may
 * see both; they come from a pool, which libssh's own source fills.  Off, which
 * it is at first, and where libssh wants strong ones, they come from there.
 */
void hooks_pool_random(bool on);

/* The length of a packet of ours, as libssh asks for it. */
void hooks_note_size(uint32_t size);

/*
 * A read begins.  False: packets of this client are compressed, and a large
 * read could bring too much.
 */
bool hooks_may_read_much(void);

/* The read before that one did: libssh has given the session up. */
bool hooks_has_overgrown(void);

/*
 * How many copies were cut into pieces: those that "rep movsb" is slow at, see
 * hooks_copy.c.
 */
unsigned long hooks_cut_copies(void);

/* How often each hook was hit: a test proves that every wrap binds. */
void hooks_hit(enum hook hook);
unsigned long hooks_count(enum hook hook);
const char *hooks_name(enum hook hook);

#endif

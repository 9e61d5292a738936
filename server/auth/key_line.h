#ifndef SERVER_AUTH_KEY_LINE_H
#define SERVER_AUTH_KEY_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "server/ipc/wire.h"

#define KEY_LINE_BYTES_MAX ((size_t)1 << 20) /* longer lines hold no key */

/* A piece of a line.  Borrowed, not terminated. */
struct key_text {
    const char *text;
    size_t size;
};

/* The parts of one line of an authorized_keys file. */
struct key_line {
    struct key_text options; /* text NULL: none */
    struct wire_bytes blob;  /* decoded, in the caller's room */
    struct key_text comment;
};

enum key_line_kind {
    KEY_LINE_NONE = 0, /* blank, a comment, or not a key */
    KEY_LINE_BAD,      /* a quote in the options is not closed */
    KEY_LINE_KEY,
};

/*
 * Split a line (sshd(8) AUTHORIZED_KEYS FILE FORMAT): a key, or options and a
 * key.  A NUL, a CR or a LF ends the line.  The type in front of the key must
 * be one that we know by name and must be the type that the key itself says;
 * more of the key's bytes are not looked at.  The options are not parsed.
 *
 * room  for the key's bytes; PUBLIC_KEY_BLOB_MAX is enough for every key.
 * ret   set only for KEY_LINE_KEY.
 */
enum key_line_kind key_line_split(const char *text, size_t size, uint8_t *room,
                                  size_t room_size, struct key_line *ret);

#endif

#ifndef SERVER_IPC_WIRE_H
#define SERVER_IPC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The data types of RFC 4251 section 5, used for SSH blobs and for the
 * messages between our own processes.
 */

/*
 * A cursor over bytes from a less trusted party.  The first bad read makes it
 * fail for good; later reads return zeroes.  So a decoder reads all its
 * fields, then asks once, with wire_done().
 */
struct wire {
    const uint8_t *p, *end; /* borrowed */
    bool bad;
};

/* A length-prefixed string inside the bytes of a struct wire. */
struct wire_bytes {
    const uint8_t *data; /* borrowed; NULL after a bad read */
    size_t size;
};

struct wire wire_over(const void *data, size_t size);

uint8_t wire_u8(struct wire *w);
uint16_t wire_u16(struct wire *w);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);

/* "string": uint32 length, then that many bytes of any value. */
struct wire_bytes wire_string(struct wire *w);

/*
 * Copy a "string" that is text into out; bad if it holds a NUL or does not
 * fit with its NUL.  out is always terminated.
 */
void wire_text(struct wire *w, char *out, size_t size);

/* Exactly n raw bytes, or NULL and bad. */
const uint8_t *wire_raw(struct wire *w, size_t n);

/* 0 when every read succeeded and no byte is left over, else -EBADMSG. */
int wire_done(const struct wire *w);

/* True when b holds exactly the characters of text. */
bool wire_bytes_are(struct wire_bytes b, const char *text);

/*
 * The other direction: fields are appended to a buffer of fixed size.  What
 * does not fit makes it fail for good; ask once, with wire_out_size().
 */
struct wire_out {
    uint8_t *data; /* borrowed */
    size_t size, used;
    bool bad;
};

struct wire_out wire_into(void *data, size_t size);

void wire_put_u8(struct wire_out *w, uint8_t value);
void wire_put_u16(struct wire_out *w, uint16_t value);
void wire_put_u32(struct wire_out *w, uint32_t value);
void wire_put_u64(struct wire_out *w, uint64_t value);
void wire_put_raw(struct wire_out *w, const void *data, size_t size);
void wire_put_string(struct wire_out *w, const void *data, size_t size);
void wire_put_text(struct wire_out *w, const char *text); /* NULL is "" */

/* Bytes written, or -EMSGSIZE when something did not fit. */
long wire_out_size(const struct wire_out *w);

#endif

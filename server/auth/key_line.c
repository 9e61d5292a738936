/* Lines of authorized_keys, which have no grammar but a habit. */
#include "server/auth/key_line.h"

#include <stdbool.h>
#include <string.h>

#include "server/auth/base64.h"

/* What may stand before the key, and what the key then calls itself. */
static const struct key_name {
    const char *word, *type;
} names[] = {
    {"ssh-ed25519", "ssh-ed25519"},
    {"ssh-rsa", "ssh-rsa"},
    {"rsa-sha2-256", "ssh-rsa"},
    {"rsa-sha2-512", "ssh-rsa"},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
    {"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com"},
    {"sk-ecdsa-sha2-nistp256@openssh.com",
     "sk-ecdsa-sha2-nistp256@openssh.com"},
    {"ssh-dss", "ssh-dss"},
};

struct cursor {
    const char *p, *end;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
skip_blanks(struct cursor *c)
{
    while (c->p < c->end && is_blank(*c->p)) {
        c->p++;
    }
}

static struct key_text
take_word(struct cursor *c)
{
    struct key_text word = {.text = c->p};

    while (c->p < c->end && !is_blank(*c->p)) {
        c->p++;
    }
    word.size = (size_t)(c->p - word.text);
    return word;
}

static const struct key_name *
find_name(struct key_text word)
{
    struct wire_bytes bytes = {(const uint8_t *)word.text, word.size};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (wire_bytes_are(bytes, names[i].word)) {
            return &names[i];
        }
    }
    return NULL;
}

/* "type base64 comment"; c is moved only on success. */
static bool
take_key(struct cursor *c, uint8_t *room, size_t room_size,
         struct key_line *ret)
{
    struct cursor here = *c;
    const struct key_name *name = find_name(take_word(&here));
    struct key_text base64 = {0};
    struct wire w = {0};
    size_t size = 0;

    if (name == NULL) {
        return false;
    }
    skip_blanks(&here);
    base64 = take_word(&here);
    if (base64.size == 0 ||
        base64_decode(base64.text, base64.size, room, room_size, &size) < 0) {
        return false;
    }
    w = wire_over(room, size);
    if (!wire_bytes_are(wire_string(&w), name->type)) {
        return false;
    }
    skip_blanks(&here);
    ret->blob = (struct wire_bytes){room, size};
    ret->comment.text = here.p;
    ret->comment.size = (size_t)(here.end - here.p);
    *c = here;
    return true;
}

/* Options end at the first blank outside quotes; \" does not end a quote. */
static bool
take_options(struct cursor *c, struct key_text *ret)
{
    const char *start = c->p;
    bool quoted = false;

    while (c->p < c->end && (quoted || !is_blank(*c->p))) {
        if (*c->p == '\\' && c->end - c->p > 1 && c->p[1] == '"') {
            c->p++;
        } else if (*c->p == '"') {
            quoted = !quoted;
        }
        c->p++;
    }
    ret->text = start;
    ret->size = (size_t)(c->p - start);
    return !quoted;
}

static struct cursor
cut_line(const char *text, size_t size)
{
    struct cursor c = {text, text};

    while (c.end < text + size && *c.end != '\0' && *c.end != '\r' &&
           *c.end != '\n') {
        c.end++;
    }
    return c;
}

enum key_line_kind
key_line_split(const char *text, size_t size, uint8_t *room, size_t room_size,
               struct key_line *ret)
{
    struct cursor c = cut_line(text, size);
    struct key_line line = {0};

    skip_blanks(&c);
    if (size > KEY_LINE_BYTES_MAX || c.p == c.end || *c.p == '#') {
        return KEY_LINE_NONE;
    }
    if (!take_key(&c, room, room_size, &line)) {
        if (!take_options(&c, &line.options)) {
            return KEY_LINE_BAD;
        }
        skip_blanks(&c);
        if (!take_key(&c, room, room_size, &line)) {
            return KEY_LINE_NONE;
        }
    }
    *ret = line;
    return KEY_LINE_KEY;
}

/* A growing line of text, for -T and for comparing values as text. */
#include "policy/printout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
reserve(struct printout *out, size_t more)
{
    size_t room = out->room > 0 ? out->room : 256;
    char *text;

    if (out->failed || more > (size_t)-1 / 4 - out->size) {
        out->failed = true;
        return false;
    }
    while (room < out->size + more + 1) {
        room *= 2;
    }
    if (room == out->room) {
        return true;
    }
    text = realloc(out->text, room);
    if (text == NULL) {
        out->failed = true;
        return false;
    }
    text[out->size] = '\0';
    out->text = text;
    out->room = room;
    return true;
}

static void
add_bytes(struct printout *out, const char *bytes, size_t len)
{
    if (reserve(out, len)) {
        memcpy(out->text + out->size, bytes, len);
        out->size += len;
        out->text[out->size] = '\0';
    }
}

void
printout_add(struct printout *out, const char *fmt, ...)
{
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0 || !reserve(out, (size_t)len)) {
        out->failed = true;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(out->text + out->size, (size_t)len + 1, fmt, ap);
    va_end(ap);
    out->size += (size_t)len;
}

static bool
needs_quotes(const char *word)
{
    if (*word == '\0' || *word == '#') {
        return true;
    }
    for (; *word != '\0'; word++) {
        if ((unsigned char)*word <= ' ' || strchr("\"'\\", *word) != NULL) {
            return true;
        }
    }
    return false;
}

void
printout_word(struct printout *out, const char *word)
{
    if (!needs_quotes(word)) {
        add_bytes(out, word, strlen(word));
        return;
    }
    add_bytes(out, "\"", 1);
    for (; *word != '\0'; word++) {
        if (*word == '"' || *word == '\\') {
            add_bytes(out, "\\", 1);
        }
        add_bytes(out, word, 1);
    }
    add_bytes(out, "\"", 1);
}

void
printout_clear(struct printout *out)
{
    out->size = 0;
    if (out->text != NULL) {
        out->text[0] = '\0';
    }
}

void
printout_done(struct printout *out)
{
    free(out->text);
    *out = (struct printout){0};
}

#ifndef SERVER_LOG_ESCAPE_H
#define SERVER_LOG_ESCAPE_H

#include <stddef.h>

/*
 * Write text so that it stays on one line, cannot move a cursor and cannot be
 * mistaken for other text: a byte that is no part of printable UTF-8 becomes
 * \ooo (octal, as in vis(3)), a backslash becomes two.  Controls, line
 * separators and marks that change the direction of writing are not
 * printable.
 *
 * text may hold any bytes, NUL too; size is in bytes.  out is always
 * terminated; what does not fit is left out at a character's end.
 * out_size > 0.  Returns the bytes written, without the NUL.
 */
size_t escape_text(const char *text, size_t size, char *out, size_t out_size);

#endif

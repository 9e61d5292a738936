#ifndef SERVER_LOG_JSON_ESCAPE_H
#define SERVER_LOG_JSON_ESCAPE_H

#include <stddef.h>

/*
 * The inside of a JSON string (RFC 8259 section 7) whose value is what
 * escape_text() would show: printable UTF-8 as it is, every other byte as
 * \ooo, a backslash as two.  So whatever bytes come in, the string is valid,
 * and who decodes it reads exactly what the log for people says.
 *
 * out is always terminated; what does not fit is left out at the end of a
 * character or an escape.  out_size > 0.  Returns the bytes written, without
 * the NUL.
 */
size_t json_escape(const char *text, size_t size, char *out, size_t out_size);

#endif

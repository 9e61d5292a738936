#ifndef POLICY_TYPES_H
#define POLICY_TYPES_H

#include "policy/keyword.h"

/* Shared by the files that implement value types. */

/* sshd's "Keyword missing argument.", as -EINVAL. */
int value_missing(const struct value_context *ctx, struct diag *reterr);

/* The next word that is not empty; NULL after value_missing(). */
const char *value_word(const struct value_context *ctx, struct words *words,
                       struct diag *reterr);

/* sshd's soft errors: the file is refused, but reading goes on. */
int value_soft(struct diag *reterr, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "90", "1h30m", "2.5s" in whole seconds.  0 or -EINVAL. */
int value_seconds(const char *text, uint64_t *ret);

/* The same with six digits of a second's fraction, in microseconds. */
int value_microseconds(const char *text, uint64_t *ret);

/* A number as sshd takes it, or its words: "NAME integer value too large." */
int value_integer(const struct value_context *ctx, const char *word,
                  uint64_t *ret, struct diag *reterr);

/* "10M" in bytes, units of 1024.  0, -EINVAL or -ERANGE. */
int value_bytes(const char *text, uint64_t *ret);

/* 1..65535 or a service name; 0 when it is neither, as in sshd. */
uint16_t value_port(const struct value_context *ctx, const char *text);

/* "~" expanded; a relative path under the working directory. */
int value_path(struct value_context *ctx, const char *text, bool relative,
               const char **ret, struct diag *reterr);

/*
 * Room for more items behind count ones: list itself, or a copy with room.
 * Only for lists that this function made (or count 0); NULL: no memory.
 */
void *value_room(struct arena *arena, const void *list, size_t count,
                 size_t more, size_t item_size);

#define VALUE_SECONDS_MAX 0x7fffffff /* INT_MAX, as in sshd */

#endif

#ifndef TESTS_UNIT_SERVER_AUTH_SCRATCH_H
#define TESTS_UNIT_SERVER_AUTH_SCRATCH_H

/*
 * A directory that is gone after the tests, and ssh-keygen in it: keys and
 * signatures that our own code did not make.  Include after cmocka.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/ipc/wire.h"

static char scratch_dir[] = "/tmp/portcullis-test-XXXXXX";

/* Run a shell command in the directory; it must succeed. */
static inline void __attribute__((format(printf, 1, 2)))
scratch_run(const char *fmt, ...)
{
    char command[2000];
    int used = snprintf(command, sizeof(command), "cd '%s' && ", scratch_dir);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(command + used, sizeof(command) - (size_t)used, fmt, ap);
    va_end(ap);
    if (system(command) != 0) {
        fail_msg("failed: %s", command);
    }
}

static inline int
scratch_setup(void **state)
{
    (void)state;
    return mkdtemp(scratch_dir) == NULL ? -1 : chmod(scratch_dir, 0755);
}

static inline int
scratch_teardown(void **state)
{
    (void)state;
    scratch_run("rm -rf '%s'", scratch_dir);
    return 0;
}

/* NAME in the directory; valid until the next call. */
static inline const char *
scratch_path(const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s", scratch_dir, name);
    return path;
}

static inline void
scratch_write(const char *name, const void *data, size_t size)
{
    FILE *f = fopen(scratch_path(name), "w");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* The whole file, with a NUL after it; free it. */
static inline char *
scratch_read(const char *name, size_t *ret_size)
{
    FILE *f = fopen(scratch_path(name), "r");
    char *text = calloc(1, 100001);

    assert_non_null(f);
    assert_non_null(text);
    *ret_size = fread(text, 1, 100000, f);
    fclose(f);
    return text;
}

/* The obvious base64 decoder: any other character is skipped. */
static inline size_t
scratch_base64(const char *text, size_t size, uint8_t *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned held = 0;
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        const char *at = text[i] == '\0' ? NULL : strchr(letters, text[i]);

        if (at == NULL) {
            continue;
        }
        bits = bits << 6 | (uint32_t)(at - letters);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[used++] = (uint8_t)(bits >> held);
        }
    }
    return used;
}

/* The blob of a ".pub" file, in room of 8192 bytes. */
static inline struct wire_bytes
scratch_blob(const char *name, uint8_t *room)
{
    size_t size = 0;
    char *text = scratch_read(name, &size);
    char *start = strchr(text, ' ') + 1;
    size_t used = scratch_base64(start, strcspn(start, " \n"), room);

    free(text);
    return (struct wire_bytes){room, used};
}

#endif

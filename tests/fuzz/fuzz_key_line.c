#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"
#include "server/auth/key_line.h"
#include "server/auth/key_options.h"
#include "server/auth/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
parse(struct arena *arena, const char *text, size_t size,
      struct key_options *ret, struct diag *reterr)
{
    const struct key_options_context context = {.arena = arena,
                                                .from = {"keys", 1}};

    return key_options_parse((struct key_text){text, size}, &context, ret,
                             reterr);
}

/* Options that are good stay so with ",restrict" behind; it shuts the door. */
static void
check_options(struct key_text text)
{
    static const char restricted[] = ",restrict";
    struct arena *arena = arena_new();
    char *longer = malloc(text.size + sizeof(restricted));
    struct key_options options = {0};
    struct diag err = {.text = ""};

    if (arena == NULL || longer == NULL) {
        abort();
    }
    if (parse(arena, text.text, text.size, &options, &err) < 0) {
        assert(err.text[0] != '\0');
    } else {
        assert(options.limits.permit_open.count <= KEY_PERMITS_MAX);
        assert(!options.has_principals || options.cert_authority);
        memcpy(longer, text.text, text.size);
        memcpy(longer + text.size, restricted, sizeof(restricted));
        assert(parse(arena, longer, text.size + sizeof(restricted) - 1,
                     &options, &err) == 0);
        assert(!options.limits.port_forwarding);
    }
    free(longer);
    arena_free(arena);
}

/* Whatever a line is, its parts lie inside it and in their order. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct key_line line = {0};
    uint8_t room[PUBLIC_KEY_BLOB_MAX];
    char fingerprint[FINGERPRINT_MAX];

    if (size == 0) {
        return 0;
    }
    if (key_line_split(text, size, room, sizeof(room), &line) != KEY_LINE_KEY) {
        assert(line.blob.data == NULL);
        return 0;
    }
    assert(line.blob.data == room && line.blob.size <= sizeof(room));
    assert(line.comment.text + line.comment.size <= text + size);
    assert(strcmp(public_key_word(line.blob), "unknown") != 0);
    public_key_fingerprint(line.blob, fingerprint);
    assert(strlen(fingerprint) == 50);
    if (line.options.text != NULL) {
        assert(line.options.text >= text && line.options.size > 0);
        assert(line.options.text + line.options.size < line.comment.text);
        check_options(line.options);
    }
    return 0;
}

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lexer.h"
#include "policy/printout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words written back must be read as the same words. */
static void
check_words(struct arena *arena, const struct words *words)
{
    struct printout out = {0};
    struct words again = {0};

    printout_add(&out, "%s", "");
    for (size_t i = 0; i < words->count; i++) {
        printout_add(&out, "%s", i > 0 ? " " : "");
        printout_word(&out, words->list[i]);
    }
    assert(!out.failed);
    assert(lexer_split(arena, out.text, &again) == 0);
    assert(again.count == words->count);
    for (size_t i = 0; i < words->count; i++) {
        assert(strcmp(again.list[i], words->list[i]) == 0);
    }
    printout_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct lexer lexer;
    struct line line;
    enum lex result = LEX_END;
    unsigned last = 0;

    assert(arena != NULL);
    lexer_init(&lexer, (const char *)data, size);
    do {
        result = lexer_next(&lexer, arena, &line);
        assert(lexer.at <= size && lexer.line >= last);
        last = lexer.line;
        if (result == LEX_LINE) {
            struct words words = {0};
            int r = lexer_split(arena, line.rest, &words);

            assert(r == 0 || r == -EINVAL);
            if (r == 0) {
                check_words(arena, &words);
            }
        }
    } while (result != LEX_END);
    arena_free(arena);
    return 0;
}

/* What Include lines ask for, and what was read for them. */
#include "policy/includes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/lexer.h"

static int
compare(const void *a, const void *b)
{
    const struct include *const *left = a;
    const struct include *const *right = b;

    return strcmp((*left)->pattern, (*right)->pattern);
}

int
includes_init(struct includes *includes, const struct sources *sources,
              struct arena *arena)
{
    size_t count = sources->include_count;

    includes->count = count;
    includes->sorted =
        arena_alloc(arena, (count + 1) * sizeof(*includes->sorted));
    if (includes->sorted == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        includes->sorted[i] = &sources->includes[i];
    }
    qsort(includes->sorted, count, sizeof(*includes->sorted), compare);
    return 0;
}

const struct include *
includes_find(const struct includes *includes, const char *pattern)
{
    const struct include key = {.pattern = pattern};
    const struct include *wanted = &key;
    const struct include **found =
        bsearch(&wanted, includes->sorted, includes->count,
                sizeof(*includes->sorted), compare);

    return found != NULL ? *found : NULL;
}

static int
scan_line(const struct line *line, struct arena *arena, include_found_fn *found,
          void *arg)
{
    struct words words;
    int r = lexer_split(arena, line->rest, &words);

    if (r == -EINVAL) {
        return 0;
    }
    for (size_t i = 0; r == 0 && i < words.count; i++) {
        if (*words.list[i] != '\0') {
            r = found(arg, words.list[i]);
        }
    }
    return r;
}

static int
scan(const struct source *source, struct arena *arena, include_found_fn *found,
     void *arg)
{
    struct lexer lexer;
    struct line line;
    enum lex result;
    int r = 0;

    lexer_init(&lexer, source->text, source->size);
    do {
        result = lexer_next(&lexer, arena, &line);
        if (result == LEX_NO_MEMORY) {
            return -ENOMEM;
        }
        if (result == LEX_LINE && strcasecmp(line.keyword, "include") == 0) {
            r = scan_line(&line, arena, found, arg);
        }
    } while (r == 0 && result != LEX_END);
    return r;
}

int
policy_scan_includes(const struct source *source, include_found_fn *found,
                     void *arg)
{
    struct arena *arena = arena_new();
    int r = arena != NULL ? scan(source, arena, found, arg) : -ENOMEM;

    arena_free(arena);
    return r;
}

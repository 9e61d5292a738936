/*
 * From bytes to words.  Everything here is linear in the size of the text.
 */
#include "policy/lexer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void
lexer_init(struct lexer *lexer, const char *text, size_t size)
{
    *lexer = (struct lexer){.text = text, .size = size};
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A form feed counts as white space at the end of a line only. */
static size_t
trimmed_length(const char *line, size_t len)
{
    while (len > 0 && (is_blank(line[len - 1]) || line[len - 1] == '\f')) {
        len--;
    }
    return len;
}

/* The next physical line, without its newline. */
static const char *
next_physical(struct lexer *lexer, size_t *ret_len)
{
    const char *start = lexer->text + lexer->at;
    size_t left = lexer->size - lexer->at;
    const char *end = memchr(start, '\n', left);

    *ret_len = end != NULL ? (size_t)(end - start) : left;
    lexer->at += *ret_len + (end != NULL ? 1 : 0);
    lexer->line++;
    return start;
}

/*
 * End the token at p and return what follows.  The keyword may hold one
 * quoted part; NULL is its missing second quote.  One '=' may stand between
 * the keyword and the remainder.
 */
static char *
cut_token(char *p)
{
    bool equals = false;
    char *end = p + strcspn(p, " \t\r\"=");

    if (*end == '\0') {
        return end;
    }
    if (*end == '"') {
        memmove(end, end + 1, strlen(end));
        end = strchr(end, '"');
        if (end == NULL) {
            return NULL;
        }
        *end++ = '\0';
        return end + strspn(end, " \t\r");
    }
    equals = *end == '=';
    *end++ = '\0';
    end += strspn(end, " \t\r");
    if (*end == '=' && !equals) {
        end++;
        end += strspn(end, " \t\r");
    }
    return end;
}

/*
 * One empty token is skipped, as in sshd: a lone '=' or "".  Where sshd would
 * then drop the line in silence ("==PermitOpen none"), the keyword is "" and
 * therefore unknown.
 */
static enum lex
split_keyword(char *text, struct line *ret)
{
    char *rest = cut_token(text);

    if (rest != NULL && *text == '\0') {
        text = rest;
        rest = cut_token(text);
    }
    if (rest == NULL) {
        return LEX_OPEN_QUOTE;
    }
    if (*text == '#') {
        return LEX_END;
    }
    *ret = (struct line){.keyword = text, .rest = rest};
    return LEX_LINE;
}

enum lex
lexer_next(struct lexer *lexer, struct arena *arena, struct line *ret)
{
    while (lexer->at < lexer->size) {
        size_t len;
        const char *line = next_physical(lexer, &len);
        enum lex result;
        char *text;

        len = trimmed_length(line, len);
        while (len > 0 && is_blank(*line)) {
            line++;
            len--;
        }
        if (len == 0 || *line == '#') {
            continue;
        }
        if (memchr(line, '\0', len) != NULL) {
            return LEX_NUL;
        }
        text = arena_text(arena, line, len);
        if (text == NULL) {
            return LEX_NO_MEMORY;
        }
        result = split_keyword(text, ret);
        if (result != LEX_END) {
            return result;
        }
    }
    return LEX_END;
}

const char *
words_next(struct words *words)
{
    if (words->next >= words->count) {
        return NULL;
    }
    return words->list[words->next++];
}

/* Does the backslash at p take the next byte literally? */
static bool
is_escape(const char *p, char quote)
{
    return p[1] == '\'' || p[1] == '"' || p[1] == '\\' ||
           (quote == '\0' && p[1] == ' ');
}

/*
 * Copy the word at p to *out (or only skip it when *out is NULL) and return
 * where it ended; NULL is an unclosed quote.
 */
static const char *
take_word(const char *p, char **out)
{
    char quote = '\0';

    for (; *p != '\0'; p++) {
        if (*p == '\\') {
            p += is_escape(p, quote) ? 1 : 0;
        } else if (quote == '\0' && (*p == ' ' || *p == '\t')) {
            break;
        } else if (quote == '\0' && (*p == '"' || *p == '\'')) {
            quote = *p;
            continue;
        } else if (quote != '\0' && *p == quote) {
            quote = '\0';
            continue;
        }
        if (*out != NULL) {
            *(*out)++ = *p;
        }
    }
    return quote == '\0' ? p : NULL;
}

/* Count the words of rest; with list and out not NULL, store them too. */
static int
split_words(const char *rest, char **list, char *out, size_t *ret)
{
    size_t count = 0;
    const char *p = rest + strspn(rest, " \t");

    while (*p != '\0' && *p != '#') {
        if (list != NULL) {
            list[count] = out;
        }
        p = take_word(p, &out);
        if (p == NULL) {
            return -EINVAL;
        }
        if (out != NULL) {
            *out++ = '\0';
        }
        count++;
        p += strspn(p, " \t");
    }
    *ret = count;
    return 0;
}

int
lexer_split(struct arena *arena, const char *rest, struct words *ret)
{
    size_t count = 0;
    char **list = NULL;
    char *out = NULL;
    int r = split_words(rest, NULL, NULL, &count);

    if (r < 0) {
        return r;
    }
    list = arena_alloc(arena, (count + 1) * sizeof(*list));
    out = arena_alloc(arena, strlen(rest) + 1);
    if (list == NULL || out == NULL) {
        return -ENOMEM;
    }
    r = split_words(rest, list, out, &count);
    *ret = (struct words){.list = list, .count = count, .tail = rest};
    return r;
}

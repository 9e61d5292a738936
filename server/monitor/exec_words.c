/* A command line of at most two words; there is no shell behind it. */
#include "server/monitor/exec_words.h"

#include <stdbool.h>
#include <string.h>

#define COMMAND_MAX 64 /* bytes: longer is none of our words */
#define DIGITS_MAX 9   /* before the point */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copy without blanks around it; false when it is too long or not text. */
static bool
trim(struct wire_bytes command, char out[COMMAND_MAX])
{
    const char *p = (const char *)command.data;
    size_t size = command.size;

    out[0] = '\0';
    while (size > 0 && is_blank(*p)) {
        p++;
        size--;
    }
    while (size > 0 && is_blank(p[size - 1])) {
        size--;
    }
    if (size >= COMMAND_MAX || (size > 0 && memchr(p, '\0', size) != NULL)) {
        return false;
    }
    memcpy(out, size > 0 ? p : "", size);
    out[size] = '\0';
    return true;
}

static uint64_t
unit_ms(const char *unit)
{
    if (unit[0] == '\0') {
        return 1000;
    }
    if (unit[1] != '\0') {
        return 0;
    }
    switch (unit[0]) {
    case 's':
        return 1000;
    case 'm':
        return UINT64_C(60) * 1000;
    case 'h':
        return UINT64_C(60) * 60 * 1000;
    case 'd':
        return UINT64_C(24) * 60 * 60 * 1000;
    }
    return 0;
}

/* "10", "0.5", "5m", "infinity".  False when it is none of these. */
static bool
parse_duration(const char *text, uint64_t *ret_ms)
{
    uint64_t whole = 0, part = 0, scale = 1, unit = 0;
    size_t digits = 0;

    if (strcmp(text, "infinity") == 0 || strcmp(text, "inf") == 0) {
        *ret_ms = EXEC_FOREVER;
        return true;
    }
    for (; is_digit(*text) && digits < DIGITS_MAX; text++, digits++) {
        whole = whole * 10 + (uint64_t)(*text - '0');
    }
    if (*text == '.') {
        for (text++; is_digit(*text); text++, digits++) {
            if (scale < 1000) {
                part = part * 10 + (uint64_t)(*text - '0');
                scale *= 10;
            }
        }
    }
    unit = unit_ms(text);
    if (digits == 0 || unit == 0) {
        return false;
    }
    *ret_ms = whole * unit + part * unit / scale;
    return true;
}

/* Words that stand alone.  "status --json" has exactly one blank. */
static bool
find_word(const char *text, enum exec_word *ret)
{
    static const struct {
        const char *text;
        enum exec_word word;
    } words[] = {
        {"true", EXEC_TRUE},
        {"help", EXEC_HELP},
        {"policy", EXEC_POLICY},
        {"status", EXEC_STATUS},
        {"status --json", EXEC_STATUS_JSON},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i].text) == 0) {
            *ret = words[i].word;
            return true;
        }
    }
    return false;
}

struct exec_command
exec_words_parse(struct wire_bytes command)
{
    static const char sleep[] = "sleep";
    struct exec_command c = {0};
    char text[COMMAND_MAX];
    const char *rest = text + sizeof(sleep) - 1;

    if (!trim(command, text)) {
        return c;
    }
    if (text[0] == '\0') {
        c.word = EXEC_SHELL;
    } else if (find_word(text, &c.word)) {
        return c;
    } else if (strncmp(text, sleep, sizeof(sleep) - 1) == 0 &&
               is_blank(*rest)) {
        while (is_blank(*rest)) {
            rest++;
        }
        c.word = parse_duration(rest, &c.sleep_ms) ? EXEC_SLEEP : EXEC_UNKNOWN;
    }
    return c;
}

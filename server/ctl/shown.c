#include "server/ctl/shown.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/log/escape.h"
#include "server/log/json_escape.h"

typedef size_t escape_fn(const char *text, size_t size, char *out,
                         size_t out_size);

/* A byte becomes four at most, and five in JSON. */
static void
add(struct printout *out, const char *text, escape_fn *escape)
{
    size_t size = strlen(text);
    size_t room = 5 * size + 1;
    char *escaped = malloc(room);

    if (escaped == NULL) {
        out->failed = true;
        return;
    }
    escape(text, size, escaped, room);
    printout_add(out, "%s", escaped);
    free(escaped);
}

void
shown_text(struct printout *out, const char *text)
{
    add(out, text, escape_text);
}

void
shown_json(struct printout *out, const char *text)
{
    if (text == NULL) {
        printout_add(out, "null");
        return;
    }
    printout_add(out, "\"");
    add(out, text, json_escape);
    printout_add(out, "\"");
}

static bool
is_default(const struct origin *from)
{
    return from->file == NULL || from->line == 0;
}

void
shown_rule(struct printout *out, const struct origin *from)
{
    if (is_default(from)) {
        printout_add(out, "default");
        return;
    }
    shown_text(out, from->file);
    printout_add(out, ":%u", from->line);
}

void
shown_rule_json(struct printout *out, const struct origin *from)
{
    printout_add(out, "\"file\":");
    shown_json(out, is_default(from) ? NULL : from->file);
    printout_add(out, ",\"line\":%u", is_default(from) ? 0 : from->line);
}

const char *
shown_verdict(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_DENY:
        return "deny";
    case VERDICT_ALLOW:
        return "allow";
    case VERDICT_ASK_ADDRESS:
        return "ask-address";
    }
    return "deny";
}

int
shown_print(struct printout *out)
{
    int r = out->failed ? -ENOMEM : 0;

    if (r == 0 && out->text != NULL) {
        r = fputs(out->text, stdout) < 0 || fflush(stdout) != 0 ? -EIO : 0;
    }
    printout_done(out);
    return r;
}

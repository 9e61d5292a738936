#include "server/monitor/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/log/escape.h"
#include "server/log/json_escape.h"

#define PEER_TEXT_MAX 1100 /* bytes of a peer's text that are shown */

struct page
page_over(char *out, size_t size)
{
    out[0] = '\0';
    return (struct page){.out = out, .size = size};
}

void
page_add(struct page *p, const char *fmt, ...)
{
    size_t room = p->size - p->used;
    va_list ap;
    int n = 0;

    va_start(ap, fmt);
    n = vsnprintf(p->out + p->used, room, fmt, ap);
    va_end(ap);
    if (n < 0) {
        p->out[p->used] = '\0';
        p->is_cut = true;
    } else if ((size_t)n >= room) {
        p->used = p->size - 1;
        p->is_cut = true;
    } else {
        p->used += (size_t)n;
    }
}

void
page_add_peer(struct page *p, const char *text)
{
    char shown[PEER_TEXT_MAX];

    escape_text(text, strlen(text), shown, sizeof(shown));
    page_add(p, "%s", shown);
}

void
page_add_json(struct page *p, const char *text)
{
    char shown[PEER_TEXT_MAX];

    json_escape(text, strlen(text), shown, sizeof(shown));
    page_add(p, "\"%s\"", shown);
}

bool
page_keep(struct page *p, size_t before)
{
    if (!p->is_cut) {
        return true;
    }
    p->used = before;
    p->out[before] = '\0';
    p->is_cut = false;
    return false;
}

#ifndef SERVER_MONITOR_PAGE_H
#define SERVER_MONITOR_PAGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Text for a client, in somebody's buffer.  What does not fit is cut, and
 * is_cut says so.  out is always terminated; size > 0.
 */
struct page {
    char *out;
    size_t size, used; /* bytes; the NUL is not in used */
    bool is_cut;
};

struct page page_over(char *out, size_t size);

void page_add(struct page *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A peer's text, escaped as in the log (server/log/escape.h). */
void page_add_peer(struct page *p, const char *text);

/* A peer's text as a JSON string, with its quotes. */
void page_add_json(struct page *p, const char *text);

/* Undo an entry that was cut, which began at before. True when it stands. */
bool page_keep(struct page *p, size_t before);

#endif

#include "server/monitor/greeting.h"

#include "server/monitor/page.h"
#include "server/monitor/policy_words.h"

#define ENTRIES_SHOWN 10 /* of each list; "policy" shows them all */

void
greeting_write(char out[GREETING_MAX], const struct words_who *who,
               const struct settings *s, const struct key_limits *k)
{
    static const char leaving[] = "Ctrl-C, Ctrl-D or q ends this session.\n";
    struct page p = page_over(out, GREETING_MAX - sizeof(leaving));

    page_add(&p, "You are ");
    page_add_peer(&p, who->user);
    page_add(&p, ", from %s port %u.\n", who->ip, who->port);
    page_add(&p, "This host only forwards connections; there is no shell.\n");
    policy_words_write(&p, s, k, ENTRIES_SHOWN);
    p.size = GREETING_MAX;
    page_add(&p, "%s", leaving);
}

void
greeting_add_returns(const char *text, char *out, size_t size)
{
    size_t used = 0;

    for (; *text != '\0' && used + 3 <= size; text++) {
        if (*text == '\n') {
            out[used++] = '\r';
        }
        out[used++] = *text;
    }
    out[used] = '\0';
}

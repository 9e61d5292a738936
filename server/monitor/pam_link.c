/* The process that runs PAM's modules, and what was asked of it. */
#include "server/monitor/pam_link.h"

#include <errno.h>
#include <stdlib.h>

#include "server/base/fd.h"

#define WAITING_MAX 4 /* requests without a result */

struct waiting_result {
    pam_result_fn *result;
    void *arg;
};

/* Invariant: waiting[] has a member for each result to come, in order. */
struct pam_link {
    struct connection *c;
    struct uvlink *link;
    pam_prompt_fn *prompt;
    void *arg;
    struct waiting_result waiting[WAITING_MAX];
    size_t count;
};

static void
on_result(struct pam_link *p, const struct msg_pam_result *m)
{
    struct waiting_result first = p->waiting[0];

    if (p->count == 0) {
        connection_breach(p->c, "unexpected result from portcullis-pam");
        return;
    }
    p->count--;
    for (size_t i = 0; i < p->count; i++) {
        p->waiting[i] = p->waiting[i + 1];
    }
    first.result(first.arg, m);
}

static void
on_message(void *arg, struct frame *f)
{
    struct pam_link *p = arg;
    union {
        struct msg_pam_result result;
        struct msg_prompt prompt;
    } m;

    if (frame_decode(f, &m) < 0) {
        connection_breach(p->c, "malformed message from portcullis-pam");
        return;
    }
    if (f->type == MSG_PAM_RESULT) {
        on_result(p, &m.result);
        return;
    }
    p->prompt(p->arg, &m.prompt);
}

static void
on_end(void *arg, int why)
{
    struct pam_link *p = arg;

    (void)why;
    connection_breach(p->c, "portcullis-pam is gone");
}

static int
spawn_on(struct connection *c, int link)
{
    const struct spawn spawn = {
        .name = "portcullis-pam",
        .fds = {link},
        .fd_count = 1,
        .die_with_parent = 0, /* it must close its PAM session first */
        .with_programs = 1,
    };
    pid_t pid = 0;

    return children_start(&c->children, &spawn, &pid);
}

int
pam_link_start(struct connection *c, pam_prompt_fn *prompt, void *arg)
{
    struct pam_link *p = calloc(1, sizeof(*p));
    int pair[2] = {-1, -1};
    int r = p == NULL ? -ENOMEM : link_pair(pair, 0);

    if (r == 0) {
        r = spawn_on(c, pair[1]);
    }
    fd_close(&pair[1]);
    if (r == 0) {
        r = uvlink_new(&c->loop, pair[0], ROUTE_PAM_TO_MONITOR, on_message,
                       on_end, p, &p->link);
        pair[0] = -1;
    }
    fd_close(&pair[0]);
    if (r < 0) {
        free(p);
        return r;
    }
    p->c = c;
    p->prompt = prompt;
    p->arg = arg;
    c->pam = p;
    return 0;
}

void
pam_link_request(struct pam_link *p, enum msg_type type, const void *body,
                 int fd, pam_result_fn *result, void *arg)
{
    if (p->count == WAITING_MAX) {
        fd_close(&fd);
        connection_breach(p->c, "too many requests to portcullis-pam");
        return;
    }
    p->waiting[p->count++] = (struct waiting_result){result, arg};
    uvlink_send(p->link, type, body, fd);
}

void
pam_link_answer(struct pam_link *p, const struct msg_answer *answer)
{
    uvlink_send(p->link, MSG_PAM_ANSWER, answer, -1);
}

void
pam_link_close(struct pam_link *p)
{
    if (p != NULL) {
        uvlink_close(p->link);
        p->link = NULL;
    }
}

void
pam_link_free(struct pam_link *p)
{
    free(p);
}

#include "server/pam/serve.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "server/base/fd.h"
#include "server/base/stack.h"
#include "server/ipc/link.h"
#include "server/pam/dialer_child.h"
#include "server/pam/transaction.h"

/*
 * The state of this process.  frame holds secrets: it is wiped after each
 * request.  uid and gid are the session's, valid once has_account is true.
 */
struct service {
    int link;
    struct frame frame;
    struct transaction transaction;
    struct dialer_child dialer;
    bool has_account;
    uid_t uid;
    gid_t gid;
};

/* Fills *ret, or returns -errno: the link is not worth going on with. */
typedef int request_fn(struct service *s, struct msg_pam_result *ret);

static void
wipe_frame(struct service *s)
{
    fd_close(&s->frame.fd);
    explicit_bzero(s->frame.body, s->frame.size);
    s->frame.size = 0;
}

static int
receive(struct service *s)
{
    int r = link_recv(s->link, ROUTE_MONITOR_TO_PAM, PHASE_ANY, &s->frame);

    return r == -EMFILE ? 0 : r; /* then the dialer's link is missing */
}

/* Any other number of answers than one means that the user gave up. */
static int
receive_answer(struct service *s, char **ret)
{
    struct msg_answer m = {0};
    int r = receive(s);

    if (r == 0 && s->frame.type != MSG_PAM_ANSWER) {
        r = -EPROTO;
    }
    if (r == 0) {
        r = frame_decode(&s->frame, &m);
    }
    if (r == 0 && m.count != 1) {
        r = -ECANCELED;
    }
    if (r == 0) {
        *ret = strdup(m.answers[0]);
        r = *ret == NULL ? -ENOMEM : 0;
    }
    wipe_frame(s);
    return r;
}

static int
ask_monitor(void *arg, const char *instruction, const char *prompt, bool echo,
            char **ret)
{
    struct service *s = arg;
    const struct msg_prompt m = {
        .name = "",
        .instruction = instruction,
        .count = 1,
        .prompts = {prompt},
        .echo = {echo},
    };
    int r = link_send(s->link, MSG_PAM_PROMPT, &m, -1);

    return r < 0 ? r : receive_answer(s, ret);
}

static int
request_start(struct service *s, struct msg_pam_result *ret)
{
    struct msg_pam_start m;
    int r = frame_decode(&s->frame, &m);

    if (r == 0) {
        transaction_start(&s->transaction, &m, ret);
    }
    return r;
}

static int
request_password(struct service *s, struct msg_pam_result *ret)
{
    struct msg_text m;
    int r = frame_decode(&s->frame, &m);

    if (r == 0) {
        transaction_password(&s->transaction, m.text, ret);
    }
    return r;
}

static int
request_interactive(struct service *s, struct msg_pam_result *ret)
{
    transaction_interactive(&s->transaction, ask_monitor, s, ret);
    return 0;
}

static int
request_account(struct service *s, struct msg_pam_result *ret)
{
    transaction_account(&s->transaction, ret);
    return 0;
}

static int
request_session(struct service *s, struct msg_pam_result *ret)
{
    struct msg_pam_session m;
    int r = frame_decode(&s->frame, &m);

    if (r < 0) {
        return r;
    }
    transaction_session(&s->transaction, &m, ret);
    if (ret->ok) {
        s->has_account = true;
        s->uid = m.uid;
        s->gid = m.gid;
    }
    return 0;
}

static int
request_dialer(struct service *s, struct msg_pam_result *ret)
{
    int r = -EPERM;

    if (s->frame.fd < 0) {
        r = -EBADF;
    } else if (s->has_account) {
        r = dialer_child_start(&s->dialer, s->frame.fd, s->uid, s->gid);
    }
    *ret = (struct msg_pam_result){
        .ok = r == 0,
        .text = "",
        .detail = r == 0 ? "" : strerror(-r),
    };
    return 0;
}

static request_fn *
find_request(enum msg_type type)
{
    static const struct {
        enum msg_type type;
        request_fn *request;
    } requests[] = {
        {MSG_PAM_START, request_start},
        {MSG_PAM_PASSWORD, request_password},
        {MSG_PAM_INTERACTIVE, request_interactive},
        {MSG_PAM_ACCOUNT, request_account},
        {MSG_PAM_SESSION, request_session},
        {MSG_PAM_DIALER, request_dialer},
    };

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (requests[i].type == type) {
            return requests[i].request;
        }
    }
    return NULL;
}

static int
serve_request(struct service *s)
{
    struct msg_pam_result result = {0};
    request_fn *request = NULL;
    int r = receive(s);

    if (r < 0) {
        return r;
    }
    request = find_request(s->frame.type);
    /* An answer that nobody waits for: its question was aborted. */
    r = request == NULL ? -EPROTO : request(s, &result);
    wipe_frame(s);
    return r < 0 ? r : link_send(s->link, MSG_PAM_RESULT, &result, -1);
}

/* A dead dialer is noticed between two requests. */
static int
await_request(struct service *s)
{
    while (!frame_has_more(&s->frame)) {
        struct pollfd polled[] = {
            {.fd = s->link, .events = POLLIN},
            {.fd = s->dialer.watch, .events = POLLIN},
        };

        stack_release(); /* the next request may be hours away */
        if (poll(polled, 2, -1) < 0 && errno != EINTR) {
            return -errno;
        }
        if (polled[1].revents != 0) {
            dialer_child_done(&s->dialer);
        }
        if (polled[0].revents != 0) {
            return 0;
        }
    }
    return 0;
}

int
serve(int link)
{
    /* Not calloc(), which would write to all of the frame: what no message
     * has filled is never in memory. */
    static struct service only;
    struct service *s = &only;
    int r = 0;

    s->link = link;
    frame_init(&s->frame);
    dialer_child_init(&s->dialer);
    while (r == 0) {
        r = await_request(s);
        if (r == 0) {
            r = serve_request(s);
        }
    }
    dialer_child_done(&s->dialer);
    transaction_done(&s->transaction);
    wipe_frame(s);
    frame_drop_rest(&s->frame);
    return r == -EPIPE ? 0 : r;
}

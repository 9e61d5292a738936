#ifndef SERVER_MONITOR_LOGIN_H
#define SERVER_MONITOR_LOGIN_H

#include "policy/arena.h"
#include "server/auth/keys_file.h"
#include "server/auth/public_key.h"
#include "server/monitor/attempts.h"
#include "server/monitor/auth_request.h"
#include "server/monitor/connection.h"

enum login_state {
    LOGIN_IDLE = 0,  /* a request may come */
    LOGIN_NAMING,    /* the first request waits for the client's host name */
    LOGIN_WORKING,   /* PAM looks at a password or leads a conversation */
    LOGIN_ASKING,    /* the client has PAM's question */
    LOGIN_COUNTING,  /* the proof was good; how many are there already? */
    LOGIN_ADMITTING, /* account, then session */
    LOGIN_FAILING,   /* the answer waits for its time */
    LOGIN_OVER,      /* logged in, or ended */
};

/*
 * One client's way from the first USERAUTH_REQUEST to the login.
 *
 * - Everything below "begun" is set by the first request, for good.
 * - valid: the account exists, may log in, and the service is right.  Nothing
 *   but valid ever makes a method succeed.
 * - has_key: the last publickey request was right; key says which line.
 * - held: a request that came while PAM had a question, and gives that up;
 *   or the first of all, while the client's host name is looked up.
 */
struct login {
    struct connection *c;
    enum login_state state;
    struct attempts attempts;
    uv_timer_t delay;
    uint64_t request_ms; /* when the current request came */
    enum auth_method method;
    bool is_fake;      /* the current proof cannot succeed */
    bool exhausted;    /* PAM takes no more passwords */
    bool is_cancelled; /* the conversation was given up */

    bool begun;
    bool valid;
    bool uses_pam;
    char sent_user[LIMIT_USER_BYTES]; /* "name" or "name:style" */
    char name[LIMIT_USER_BYTES];
    char service[LIMIT_WORD_BYTES];
    struct user *user; /* NULL: no such account */

    struct arena *arena; /* of key */
    struct keys_match key;
    bool has_key;
    char key_words[FINGERPRINT_MAX + 32]; /* "ED25519 SHA256:..." or "" */

    uint8_t *held; /* wiped and freed */
    size_t held_size;
};

int login_new(struct connection *c); /* sets c->login; 0 or -errno */
void login_stop(struct login *l);    /* NULL is fine */
void login_free(struct login *l);    /* after the loop; NULL is fine */

/* What the client wrote, without the message number. */
void login_request(struct login *l, struct wire_bytes payload);
void login_response(struct login *l, struct wire_bytes payload);

/* NULL until the first request. */
const char *login_name(const struct login *l);
bool login_is_valid(const struct login *l);

/*
 * For the methods: each request ends in exactly one of these, at once or
 * after PAM.
 */
void login_accept(struct login *l); /* the proof is good */
void login_refuse(struct login *l); /* it is not */

/* After login_accept(), when there is room: the account, then the session. */
void login_admit(struct login *l);

/* "Postponed": the client was asked for more. */
void login_log_postponed(struct login *l);

/* The methods. */
void login_publickey(struct login *l, const struct auth_request *r);
void login_password(struct login *l, const struct auth_request *r);
void login_interactive(struct login *l);
void login_interactive_answer(struct login *l, struct wire_bytes payload);
void login_interactive_cancel(struct login *l);
void login_on_prompt(void *arg, const struct msg_prompt *prompt);

/* The conversation was given up: take the request that did it. */
void login_go_on(struct login *l);

/* PAM's other parts; admit ends in login_admitted() or a disconnect. */
int login_pam_start(struct login *l);
void login_pam_admit(struct login *l);
void login_announce(struct login *l); /* the "Accepted" line */
void login_admitted(struct login *l);

/* May a password let this account in at all?  (root, invalid users) */
bool login_password_is_welcome(const struct login *l);

/* Overwrite text by as much of what is no password. */
void login_fake(char *text);

#endif

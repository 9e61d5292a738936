#include "server/pam/conversation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What PAM modules ask and tell, apart from where the answers come from. */

void
conversation_clear(struct conversation *c)
{
    c->ask = NULL;
    c->arg = NULL;
    c->password = NULL;
    c->used = 0;
    c->text[0] = '\0';
}

/* Words that do not fit are left out whole. */
static void
collect(struct conversation *c, const char *words)
{
    size_t size = strlen(words);

    if (size == 0 || sizeof(c->text) - c->used < size + 2) {
        return;
    }
    memcpy(c->text + c->used, words, size);
    c->used += size;
    c->text[c->used++] = '\n';
    c->text[c->used] = '\0';
}

static int
ask_user(struct conversation *c, const char *prompt, bool echo, char **ret)
{
    int r = c->ask(c->arg, c->text, prompt, echo, ret);

    c->used = 0; /* the user has seen it */
    c->text[0] = '\0';
    return r;
}

static int
answer_prompt(struct conversation *c, const char *prompt, bool echo, char **ret)
{
    if (c->ask != NULL) {
        return ask_user(c, prompt, echo, ret);
    }
    if (c->password == NULL || echo) {
        return -EPERM;
    }
    *ret = strdup(c->password);
    return *ret == NULL ? -ENOMEM : 0;
}

static int
answer_message(struct conversation *c, const struct pam_message *m, char **ret)
{
    const char *words = m->msg == NULL ? "" : m->msg;

    switch (m->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
        return answer_prompt(c, words, false, ret);
    case PAM_PROMPT_ECHO_ON:
        return answer_prompt(c, words, true, ret);
    case PAM_TEXT_INFO:
    case PAM_ERROR_MSG:
        collect(c, words);
        return 0;
    }
    return -ENOTSUP;
}

static void
drop_answers(struct pam_response *answers, int count)
{
    for (int i = 0; i < count; i++) {
        if (answers[i].resp != NULL) {
            explicit_bzero(answers[i].resp, strlen(answers[i].resp));
            free(answers[i].resp);
        }
    }
    free(answers);
}

int
conversation_run(int count, const struct pam_message **messages,
                 struct pam_response **ret, void *appdata)
{
    struct pam_response *answers = NULL;

    *ret = NULL;
    if (count <= 0 || count > PAM_MAX_NUM_MSG) {
        return PAM_CONV_ERR;
    }
    answers = calloc((size_t)count, sizeof(*answers));
    if (answers == NULL) {
        return PAM_BUF_ERR;
    }
    for (int i = 0; i < count; i++) {
        if (answer_message(appdata, messages[i], &answers[i].resp) < 0) {
            drop_answers(answers, count);
            return PAM_CONV_ERR;
        }
    }
    *ret = answers;
    return PAM_SUCCESS;
}

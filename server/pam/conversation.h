#ifndef SERVER_PAM_CONVERSATION_H
#define SERVER_PAM_CONVERSATION_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>

#define CONVERSATION_TEXT_MAX                                                  \
    8192 /* bytes of collected words, with the NUL                             \
          */

/*
 * Ask the user one question.  instruction is what PAM said before it.
 * Returns 0 and an answer that the caller wipes and frees, or -errno: then
 * the conversation is over.
 */
typedef int conversation_ask_fn(void *arg, const char *instruction,
                                const char *prompt, bool echo,
                                char **ret_answer);

/*
 * How PAM's questions are answered for the moment:
 *   with ask        by the user, one prompt a round;
 *   with a password "blind": every hidden prompt gets it, a visible one is
 *                   for something else and aborts;
 *   with neither    not at all: every prompt aborts.
 * What PAM tells in between is collected in text, a line each.
 */
struct conversation {
    conversation_ask_fn *ask;
    void *arg;
    const char *password; /* borrowed; secret */
    char text[CONVERSATION_TEXT_MAX];
    size_t used;
};

/* Forget the text and how to answer. */
void conversation_clear(struct conversation *c);

/* The callback of struct pam_conv; appdata is the struct conversation. */
int conversation_run(int count, const struct pam_message **messages,
                     struct pam_response **ret, void *appdata);

#endif

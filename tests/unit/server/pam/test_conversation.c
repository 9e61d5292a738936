#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/pam/conversation.h"

static const struct pam_message info = {PAM_TEXT_INFO, "hello"};
static const struct pam_message error = {PAM_ERROR_MSG, "beware"};
static const struct pam_message hidden = {PAM_PROMPT_ECHO_OFF, "Password: "};
static const struct pam_message visible = {PAM_PROMPT_ECHO_ON, "Colour: "};
static const struct pam_message radio = {PAM_RADIO_TYPE, "yes or no"};
static const struct pam_message silent = {PAM_TEXT_INFO, NULL};

static int
run(struct conversation *c, int count, const struct pam_message **messages,
    struct pam_response **ret)
{
    return conversation_run(count, messages, ret, c);
}

static void
free_answers(struct pam_response *answers, int count)
{
    for (int i = 0; i < count; i++) {
        free(answers[i].resp);
    }
    free(answers);
}

static void
test_hidden_prompts_get_the_password(void **state)
{
    const struct pam_message *messages[] = {&info, &hidden, &error, &hidden};
    struct pam_response *answers = NULL;
    struct conversation c;

    (void)state;
    conversation_clear(&c);
    c.password = "secret";
    assert_int_equal(run(&c, 4, messages, &answers), PAM_SUCCESS);
    assert_null(answers[0].resp);
    assert_string_equal(answers[1].resp, "secret");
    assert_null(answers[2].resp);
    assert_string_equal(answers[3].resp, "secret");
    assert_string_equal(c.text, "hello\nbeware\n");
    free_answers(answers, 4);
}

static void
test_what_the_password_is_not_for_aborts(void **state)
{
    const struct pam_message *aborting[] = {&visible, &radio};
    struct pam_response *answers = NULL;
    struct conversation c;

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct pam_message *messages[] = {&hidden, aborting[i]};

        conversation_clear(&c);
        c.password = "secret";
        assert_int_equal(run(&c, 2, messages, &answers), PAM_CONV_ERR);
        assert_null(answers);
    }
}

static void
test_without_a_password_or_a_user_every_prompt_aborts(void **state)
{
    const struct pam_message *prompt[] = {&hidden};
    const struct pam_message *words[] = {&info, &silent};
    struct pam_response *answers = NULL;
    struct conversation c;

    (void)state;
    conversation_clear(&c);
    assert_int_equal(run(&c, 1, prompt, &answers), PAM_CONV_ERR);
    assert_int_equal(run(&c, 2, words, &answers), PAM_SUCCESS);
    assert_string_equal(c.text, "hello\n");
    free_answers(answers, 2);
}

struct asked {
    int calls;
    int fail_at;
    char instructions[4][64];
    char prompts[4][64];
    bool echo[4];
};

static int
ask(void *arg, const char *instruction, const char *prompt, bool echo,
    char **ret)
{
    struct asked *a = arg;
    int i = a->calls++;

    strncpy(a->instructions[i], instruction, 63);
    strncpy(a->prompts[i], prompt, 63);
    a->echo[i] = echo;
    if (a->fail_at == a->calls) {
        return -ECANCELED;
    }
    *ret = strdup(i == 0 ? "one" : "two");
    return 0;
}

static void
test_the_user_is_asked_one_prompt_a_round(void **state)
{
    const struct pam_message *messages[] = {&info, &hidden, &error, &visible,
                                            &info};
    struct pam_response *answers = NULL;
    struct asked asked = {0};
    struct conversation c;

    (void)state;
    conversation_clear(&c);
    c.ask = ask;
    c.arg = &asked;
    assert_int_equal(run(&c, 5, messages, &answers), PAM_SUCCESS);
    assert_int_equal(asked.calls, 2);
    assert_string_equal(asked.instructions[0], "hello\n");
    assert_string_equal(asked.prompts[0], "Password: ");
    assert_false(asked.echo[0]);
    assert_string_equal(asked.instructions[1], "beware\n");
    assert_string_equal(asked.prompts[1], "Colour: ");
    assert_true(asked.echo[1]);
    assert_string_equal(answers[1].resp, "one");
    assert_string_equal(answers[3].resp, "two");
    assert_string_equal(c.text, "hello\n"); /* said after the last prompt */
    free_answers(answers, 5);
}

static void
test_a_user_who_gives_up_ends_it(void **state)
{
    const struct pam_message *messages[] = {&hidden, &visible, &visible};
    struct pam_response *answers = NULL;
    struct asked asked = {.fail_at = 2};
    struct conversation c;

    (void)state;
    conversation_clear(&c);
    c.ask = ask;
    c.arg = &asked;
    assert_int_equal(run(&c, 3, messages, &answers), PAM_CONV_ERR);
    assert_int_equal(asked.calls, 2);
    assert_null(answers);
}

static void
test_the_collected_text_has_a_ceiling(void **state)
{
    const struct pam_message *messages[] = {&info};
    char words[1000];
    const struct pam_message large = {PAM_TEXT_INFO, words};
    const struct pam_message *many[] = {&large};
    struct pam_response *answers = NULL;
    struct conversation c;

    (void)state;
    memset(words, 'a', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    conversation_clear(&c);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(run(&c, 1, many, &answers), PAM_SUCCESS);
        free_answers(answers, 1);
    }
    assert_true(strlen(c.text) <= CONVERSATION_TEXT_MAX - 1);
    assert_int_equal(strlen(c.text) % 1000, 0); /* nothing in part */
    assert_int_equal(run(&c, 1, messages, &answers), PAM_SUCCESS);
    assert_non_null(strstr(c.text, "hello\n"));
    free_answers(answers, 1);
}

static void
test_a_count_out_of_bounds_is_refused(void **state)
{
    const struct pam_message *messages[] = {&info};
    struct pam_response *answers = NULL;
    struct conversation c;

    (void)state;
    conversation_clear(&c);
    assert_int_equal(run(&c, 0, messages, &answers), PAM_CONV_ERR);
    assert_int_equal(run(&c, -1, messages, &answers), PAM_CONV_ERR);
    assert_int_equal(run(&c, PAM_MAX_NUM_MSG + 1, messages, &answers),
                     PAM_CONV_ERR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_prompts_get_the_password),
        cmocka_unit_test(test_what_the_password_is_not_for_aborts),
        cmocka_unit_test(test_without_a_password_or_a_user_every_prompt_aborts),
        cmocka_unit_test(test_the_user_is_asked_one_prompt_a_round),
        cmocka_unit_test(test_a_user_who_gives_up_ends_it),
        cmocka_unit_test(test_the_collected_text_has_a_ceiling),
        cmocka_unit_test(test_a_count_out_of_bounds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

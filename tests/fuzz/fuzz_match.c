#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum outcome {
    OUTCOME_ERROR = 0,
    OUTCOME_NO,
    OUTCOME_YES,
};

/* What the words behind "Match" come to for alice. */
static enum outcome
ask(const char *text)
{
    static const char *const groups[] = {"staff", "ops"};
    static const struct facts facts = {.version = "OpenSSH_10.5"};
    struct identity who = {.user = "alice",
                           .groups = groups,
                           .group_count = 2,
                           .host = "host.example.org",
                           .local_port = 22};
    struct arena *arena = arena_new();
    enum outcome outcome = OUTCOME_ERROR;
    struct condition condition;
    struct words words = {0};
    struct diag err = {0};
    bool holds = false;

    assert(arena != NULL);
    assert(address_parse("10.1.2.3", &who.address) == 0);
    assert(address_parse("2001:db8::1", &who.local_address) == 0);
    if (lexer_split(arena, text, &words) == 0) {
        if (match_parse(arena, &facts, &words, &condition, &err) < 0) {
            assert(err.text[0] != '\0');
        } else {
            assert(match_evaluate(&condition, &who, &holds, &err) == 0);
            assert(holds || !match_always(&condition));
            outcome = holds ? OUTCOME_YES : OUTCOME_NO;
        }
    }
    arena_free(arena);
    return outcome;
}

static enum outcome
ask_behind(const char *before, const char *text)
{
    size_t size = strlen(before) + strlen(text) + 1;
    char *both = malloc(size);
    enum outcome outcome;

    assert(both != NULL);
    snprintf(both, size, "%s%s", before, text);
    outcome = ask(both);
    free(both);
    return outcome;
}

/* One more criterion only narrows; where it holds, it changes nothing. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    enum outcome alone;
    enum outcome with;

    assert(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    alone = ask(text);
    with = ask_behind("User *,!alice ", text);
    assert(with != OUTCOME_YES);
    with = ask_behind("User alice ", text);
    assert(with == alone || with == OUTCOME_ERROR || alone == OUTCOME_ERROR);
    free(text);
    return 0;
}

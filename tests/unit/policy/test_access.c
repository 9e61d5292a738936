#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/access.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX 4

static const char *const alice_groups[] = {"users", "ops"};

static const struct identity alice = {
    .user = "alice",
    .groups = alice_groups,
    .group_count = COUNT(alice_groups),
    .host = "192.0.2.7",
    .address = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 7}},
};

static const struct identity alone = {
    .user = "alice",
    .host = "192.0.2.7",
    .address = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 7}},
};

/* Lines: DenyUsers 10, AllowUsers 20, DenyGroups 30, AllowGroups 40, and one
 * more for each further entry. */
static const struct row {
    const char *shows;
    const struct identity *who;
    const char *deny_users[MAX], *allow_users[MAX];
    const char *deny_groups[MAX], *allow_groups[MAX];
    enum access access;
    unsigned line;
} rows[] = {
    {"no rules", &alice, {0}, {0}, {0}, {0}, ACCESS_OK, 0},
    {"no rules, no groups", &alone, {0}, {0}, {0}, {0}, ACCESS_OK, 0},
    {"denied by name",
     &alice,
     {"bob", "alice"},
     {0},
     {0},
     {0},
     ACCESS_DENY_USERS,
     11},
    {"denied by glob", &alice, {"al*"}, {0}, {0}, {0}, ACCESS_DENY_USERS, 10},
    {"case counts", &alice, {"Alice"}, {0}, {0}, {0}, ACCESS_OK, 0},
    {"commas are letters", &alice, {"alice,bob"}, {0}, {0}, {0}, ACCESS_OK, 0},
    {"! is a letter", &alice, {"!bob"}, {0}, {0}, {0}, ACCESS_OK, 0},
    {"denied before allowed",
     &alice,
     {"alice"},
     {"alice"},
     {0},
     {0},
     ACCESS_DENY_USERS,
     10},
    {"allowed by name", &alice, {0}, {"bob", "alice"}, {0}, {0}, ACCESS_OK, 21},
    {"not allowed", &alice, {0}, {"bob"}, {0}, {0}, ACCESS_NOT_LISTED, 20},
    {"allowed from here",
     &alice,
     {0},
     {"alice@192.0.2.0/24"},
     {0},
     {0},
     ACCESS_OK,
     20},
    {"allowed from elsewhere",
     &alice,
     {0},
     {"alice@10.0.0.0/8"},
     {0},
     {0},
     ACCESS_NOT_LISTED,
     20},
    {"allowed from everywhere but here",
     &alice,
     {0},
     {"alice@*,!192.0.2.7"},
     {0},
     {0},
     ACCESS_NOT_LISTED,
     20},
    {"denied from here",
     &alice,
     {"*@192.0.2.?"},
     {0},
     {0},
     {0},
     ACCESS_DENY_USERS,
     10},
    {"another user from here",
     &alice,
     {"bob@192.0.2.7"},
     {0},
     {0},
     {0},
     ACCESS_OK,
     0},
    {"the last @ divides: the user part may have one",
     &alice,
     {0},
     {"alice@corp@192.0.2.7"},
     {0},
     {0},
     ACCESS_NOT_LISTED,
     20},
    {"a bad block denies where it denies",
     &alice,
     {"alice@192.0.2.7/8"},
     {0},
     {0},
     {0},
     ACCESS_DENY_USERS,
     10},
    {"a bad block does not deny others",
     &alice,
     {"bob@192.0.2.7/8"},
     {0},
     {0},
     {0},
     ACCESS_OK,
     0},
    {"a bad block does not allow",
     &alice,
     {0},
     {"alice@192.0.2.7/8"},
     {0},
     {0},
     ACCESS_NOT_LISTED,
     20},
    {"in no group, DenyGroups",
     &alone,
     {0},
     {0},
     {"wheel"},
     {0},
     ACCESS_NO_GROUPS,
     30},
    {"in no group, AllowGroups",
     &alone,
     {0},
     {0},
     {0},
     {"users"},
     ACCESS_NO_GROUPS,
     40},
    {"denied by a group that is not the first",
     &alice,
     {0},
     {0},
     {"wheel", "o?s"},
     {0},
     ACCESS_DENY_GROUPS,
     31},
    {"denied group before allowed group",
     &alice,
     {0},
     {0},
     {"ops"},
     {"users"},
     ACCESS_DENY_GROUPS,
     30},
    {"allowed by group", &alice, {0}, {0}, {0}, {"ops"}, ACCESS_OK, 40},
    {"in no allowed group",
     &alice,
     {0},
     {0},
     {"wheel"},
     {"admins"},
     ACCESS_GROUPS_MISSING,
     40},
    {"an allowed user still needs a group",
     &alice,
     {0},
     {"alice"},
     {0},
     {"admins"},
     ACCESS_GROUPS_MISSING,
     40},
    {"an unlisted user is refused before groups are looked at",
     &alice,
     {0},
     {"bob"},
     {"ops"},
     {0},
     ACCESS_NOT_LISTED,
     20},
};

/* list and items are filled from words; first is the line of the first. */
static void
fill(struct texts_setting *list, struct text_item items[MAX],
     const char *const words[MAX], unsigned first)
{
    while (list->count < MAX && words[list->count] != NULL) {
        size_t i = list->count++;

        items[i] = (struct text_item){{"t", first + (unsigned)i}, words[i]};
    }
    list->list = items;
    list->from = items[0].from;
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct text_item items[4][MAX] = {0};
    struct settings s = {0};
    struct origin from = {0};

    fill(&s.deny_users, items[0], row->deny_users, 10);
    fill(&s.allow_users, items[1], row->allow_users, 20);
    fill(&s.deny_groups, items[2], row->deny_groups, 30);
    fill(&s.allow_groups, items[3], row->allow_groups, 40);
    assert_int_equal(access_check(&s, row->who, &from), row->access);
    assert_int_equal(from.line, row->line);
}

static void
test_nobody_is_not_listed(void **state)
{
    static const struct identity nobody;
    static const struct text_item everybody = {{"t", 1}, "*"};
    const struct settings s = {.allow_users = {{"t", 1}, &everybody, 1}};
    struct origin from = {0};

    (void)state;
    assert_int_equal(access_check(&s, &nobody, &from), ACCESS_NOT_LISTED);
}

static void
test_the_words_are_those_of_sshd(void **state)
{
    (void)state;
    assert_string_equal(access_words(ACCESS_DENY_USERS), "listed in DenyUsers");
    assert_string_equal(access_words(ACCESS_NOT_LISTED),
                        "not listed in AllowUsers");
    assert_string_equal(access_words(ACCESS_NO_GROUPS), "not in any group");
    assert_string_equal(access_words(ACCESS_DENY_GROUPS),
                        "a group is listed in DenyGroups");
    assert_string_equal(access_words(ACCESS_GROUPS_MISSING),
                        "none of user's groups are listed in AllowGroups");
    assert_true(strlen(access_words(ACCESS_DENIED)) > 0);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(test_nobody_is_not_listed),
        cmocka_unit_test(test_the_words_are_those_of_sshd),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

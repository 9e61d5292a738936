#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/access.h"
#include "policy/policy.h"
#include "policy/printout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file that includes itself and an empty one, so that Include is met. */
struct bundle {
    struct source file;
    struct include includes[2];
    struct sources sources;
};

static uint16_t
service(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "http") == 0 ? 80 : 0;
}

static const struct facts facts = {
    .service = service,
    .version = "OpenSSH_10.5",
    .home = "/root",
    .directory = "/etc",
};

static void
report(void *arg, const struct diag *diag)
{
    unsigned *complaints = arg;
    char text[1024];

    assert(diag->text[0] != '\0');
    assert(policy_diag_format(diag, text, sizeof(text)) > 0);
    (*complaints)++;
}

static int
parse(const char *text, size_t size, struct policy **ret)
{
    unsigned complaints = 0;
    struct bundle b = {.file = {"fuzz", text, size}};
    int r;

    b.includes[0] = (struct include){"self", &b.file, 1};
    b.includes[1] = (struct include){"nothing", NULL, 0};
    b.sources = (struct sources){
        .main = b.file, .includes = b.includes, .include_count = 2};
    r = policy_parse(&b.sources, &facts, report, &complaints, ret);
    assert(r == 0 || r == -ENOMEM || complaints > 0);
    return r;
}

static int
print(void *arg, const char *line)
{
    printout_add(arg, "%s\n", line);
    return 0;
}

/* What is printed must parse, and print the same again. */
static void
check_dump(const struct settings *settings)
{
    struct printout first = {0};
    struct printout second = {0};
    struct policy *again = NULL;

    assert(policy_dump(settings, print, &first) == 0);
    assert(parse(first.text, first.size, &again) == 0);
    assert(policy_dump(policy_global(again), print, &second) == 0);
    assert(strcmp(first.text, second.text) == 0);
    policy_free(again);
    printout_done(&first);
    printout_done(&second);
}

/* What is in force for alice; NULL when that cannot be said. */
static const struct settings *
resolve(struct policy *policy, struct identity *ret_who)
{
    static const char *const groups[] = {"staff", "ops"};
    const struct settings *resolved = NULL;
    unsigned complaints = 0;

    *ret_who = (struct identity){.user = "alice",
                                 .groups = groups,
                                 .group_count = 2,
                                 .host = "10.1.2.3",
                                 .local_port = 22};
    assert(address_parse("10.1.2.3", &ret_who->address) == 0);
    if (policy_resolve(policy, ret_who, report, &complaints, &resolved) < 0) {
        assert(complaints == 1);
    }
    return resolved;
}

/* One more rule that denies, in front of the text, never lets anybody in. */
static void
check_denial(const struct settings *before, const struct identity *who,
             const char *rule, const uint8_t *data, size_t size)
{
    struct origin from = {0};
    bool was_allowed = access_check(before, who, &from) == ACCESS_OK;
    size_t len = strlen(rule);
    char *text = malloc(len + size);
    const struct settings *after = NULL;
    struct policy *policy = NULL;
    struct identity same;

    assert(text != NULL);
    memcpy(text, rule, len);
    memcpy(text + len, data, size);
    if (parse(text, len + size, &policy) == 0) {
        after = resolve(policy, &same);
    }
    if (after != NULL) {
        assert(access_check(after, &same, &from) != ACCESS_OK || was_allowed);
        assert(after->disable_forwarding.value ||
               !before->disable_forwarding.value);
    }
    policy_free(policy);
    free(text);
}

static void
check_resolve(struct policy *policy, const uint8_t *data, size_t size)
{
    struct identity who;
    const struct settings *resolved = resolve(policy, &who);

    if (resolved == NULL) {
        return;
    }
    check_dump(resolved);
    check_denial(resolved, &who, "DenyUsers al*\n", data, size);
    check_denial(resolved, &who, "DenyGroups ops\n", data, size);
    check_denial(resolved, &who, "DisableForwarding yes\n", data, size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *policy = NULL;

    if (parse((const char *)data, size, &policy) == 0) {
        check_dump(policy_global(policy));
        check_resolve(policy, data, size);
        policy_free(policy);
    }
    return 0;
}

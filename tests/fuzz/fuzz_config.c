#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void
check_resolve(struct policy *policy)
{
    static const char *const groups[] = {"staff", "ops"};
    struct identity who = {.user = "alice",
                           .groups = groups,
                           .group_count = 2,
                           .host = "10.1.2.3",
                           .local_port = 22};
    const struct settings *resolved = NULL;
    unsigned complaints = 0;

    assert(address_parse("10.1.2.3", &who.address) == 0);
    if (policy_resolve(policy, &who, report, &complaints, &resolved) == 0) {
        check_dump(resolved);
    } else {
        assert(complaints == 1);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *policy = NULL;

    if (parse((const char *)data, size, &policy) == 0) {
        check_dump(policy_global(policy));
        check_resolve(policy);
        policy_free(policy);
    }
    return 0;
}

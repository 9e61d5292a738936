#include "server/sandbox/sandbox.h"

#include <errno.h>
#include <seccomp.h>

#include "server/sandbox/rules.h"

static int
add_rule(scmp_filter_ctx filter, const struct sandbox_rule *rule)
{
    struct scmp_arg_cmp only[RULE_COMPARES_MAX];
    int call = seccomp_syscall_resolve_name(rule->call);

    if (call == __NR_SCMP_ERROR) {
        return 0; /* this architecture has no such call */
    }
    for (size_t i = 0; i < rule->only_count; i++) {
        only[i] = SCMP_CMP(rule->only[i].argument, SCMP_CMP_MASKED_EQ,
                           rule->only[i].mask, rule->only[i].value);
    }
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call,
                                  (unsigned)rule->only_count, only);
}

int
sandbox_enter_session(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int r = 0;

    if (filter == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < sandbox_session_rule_count && r == 0; i++) {
        r = add_rule(filter, &sandbox_session_rules[i]);
    }
    if (r == 0) {
        r = seccomp_load(filter); /* sets no_new_privs, too */
    }
    seccomp_release(filter);
    return r;
}

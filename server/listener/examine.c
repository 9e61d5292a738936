#include "server/listener/examine.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/listener/inquiry.h"

#define STATUS_BAD 255
#define GROUP_MAX 1024 /* of a user; more do not count */

/* The names of a user's groups, primary first. */
struct group_names {
    char *list[GROUP_MAX];
    size_t count;
};

static int
add_group(struct group_names *g, gid_t gid)
{
    const struct group *group = getgrgid(gid);

    if (group == NULL) {
        return 0; /* a number without a name matches nothing */
    }
    g->list[g->count] = strdup(group->gr_name);
    if (g->list[g->count] == NULL) {
        return -ENOMEM;
    }
    g->count++;
    return 0;
}

static int
find_groups(const char *user, struct group_names *ret)
{
    const struct passwd *account = user == NULL ? NULL : getpwnam(user);
    gid_t ids[GROUP_MAX];
    int count = GROUP_MAX;
    int r = 0;

    if (account == NULL) {
        return 0;
    }
    if (getgrouplist(account->pw_name, account->pw_gid, ids, &count) < 0) {
        return -E2BIG;
    }
    for (int i = 0; r == 0 && i < count; i++) {
        r = add_group(ret, ids[i]);
    }
    return r;
}

static void
group_names_done(struct group_names *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->list[i]);
    }
}

static int
print_line(void *arg, const char *line)
{
    (void)arg;
    return puts(line) < 0 ? -EIO : 0;
}

static void
on_complaint(void *arg, const struct diag *diag)
{
    char text[sizeof(*diag) + 32];

    policy_diag_format(diag, text, sizeof(text));
    say(arg, LOG_LEVEL_ERROR, "%s", text);
}

static int
dump(struct configuration *c, const struct identity *who, const struct say *to)
{
    const struct settings *settings = NULL;
    struct say copy = *to;
    int r = policy_resolve(c->policy, who, on_complaint, &copy, &settings);

    if (r == 0) {
        r = policy_dump(settings, print_line, NULL);
    }
    if (r == 0 && fflush(stdout) != 0) {
        r = -errno;
    }
    if (r < 0 && r != -EINVAL) {
        say(to, LOG_LEVEL_ERROR, "cannot print the configuration: %s",
            strerror(-r));
    }
    return r < 0 ? STATUS_BAD : EXIT_SUCCESS;
}

int
examine_dump(struct configuration *c, const struct command_line *options,
             const struct say *to)
{
    struct identity who = options->identity;
    struct group_names groups = {.count = 0};
    int status = STATUS_BAD;
    int r = 0;

    if (who.local_port == 0 && policy_needs_local_port(c->policy)) {
        say(to, LOG_LEVEL_ERROR,
            "'Match LocalPort' in configuration but 'lport' not in connection "
            "test specification.");
        return STATUS_BAD;
    }
    r = find_groups(who.user, &groups);
    if (r == 0) {
        who.groups = (const char *const *)groups.list;
        who.group_count = groups.count;
        status = dump(c, &who, to);
    } else {
        say(to, LOG_LEVEL_ERROR, "cannot look up the groups of %s: %s",
            who.user, strerror(-r));
    }
    group_names_done(&groups);
    return status;
}

int
examine_version(void)
{
    static const char *const arguments[] = {"-V", NULL};
    const struct spawn what = {
        .name = "portcullis-session",
        .argv = arguments,
        .die_with_parent = 1,
    };
    struct inquiry answer;
    char *rest = answer.text;
    const char *line = NULL;

    if (inquiry_run(&what, &answer) == 0 && answer.status == 0) {
        line = inquiry_next_line(&rest);
    }
    fprintf(stderr, "Portcullis %s, %s\n", PORTCULLIS_VERSION,
            line != NULL ? line : "libssh unknown");
    return EXIT_SUCCESS;
}

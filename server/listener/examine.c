#include "server/listener/examine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/warnings.h"
#include "server/config/group_names.h"
#include "server/listener/inquiry.h"

#define STATUS_BAD 255

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

    if (r == 0 && who->local_port == 0 && policy_needs_local_port(c->policy)) {
        say(to, LOG_LEVEL_ERROR,
            "'Match LocalPort' in configuration but 'lport' not in connection "
            "test specification.");
        return STATUS_BAD;
    }
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

void
examine_warnings(const struct configuration *c, const struct say *to)
{
    struct say copy = *to;

    policy_warnings(c->policy, on_complaint, &copy);
}

int
examine_dump(struct configuration *c, const struct command_line *options,
             const struct say *to)
{
    struct identity who = options->identity;
    struct group_names groups = {0};
    int status = STATUS_BAD;
    int r = 0;

    r = group_names_find(who.user, &groups);
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

/* portcullisctl diff. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/compare.h"
#include "server/ctl/complain.h"
#include "server/ctl/ctl.h"
#include "server/ctl/shown.h"

static const char usage[] =
    "usage: portcullisctl diff [--json] old_config_file new_config_file\n";

static const struct option options[] = {
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0},
};

static void
write_text(struct printout *out, const struct comparison *c)
{
    difference_text(out, &c->differences, &c->census);
    printout_add(out, "%zu differences; %zu requests by %zu kinds of people",
                 c->differences.count, c->places.count, c->kind_count);
    if (c->bound != NULL) {
        printout_add(out, "; incomplete: there are more %s than are looked at",
                     c->bound);
    }
    printout_add(out, "\n");
}

static void
write_json(struct printout *out, const struct comparison *c)
{
    printout_add(out, "{\"differences\":[");
    difference_json(out, &c->differences, &c->census);
    printout_add(out,
                 "],\"difference_count\":%zu,\"requests\":%zu,"
                 "\"kinds_of_people\":%zu,\"complete\":%s,\"bound\":",
                 c->differences.count, c->places.count, c->kind_count,
                 c->bound != NULL ? "false" : "true");
    shown_json(out, c->bound);
    printout_add(out, "}\n");
}

static int
answer(const struct comparison *c, bool json)
{
    struct printout out = {0};

    if (json) {
        write_json(&out, c);
    } else {
        write_text(&out, c);
    }
    if (shown_print(&out) < 0) {
        return CTL_IMPOSSIBLE;
    }
    return c->differences.count > 0 ? CTL_DIFFERENT : CTL_OK;
}

static int
compare(struct loaded *old, struct loaded *new, bool json)
{
    struct comparison *c = calloc(1, sizeof(*c));
    int status = CTL_IMPOSSIBLE;
    int r = c == NULL ? -ENOMEM : compare_all(c, old, new);

    if (r == 0) {
        status = answer(c, json);
    } else {
        complain("cannot compare: %s", strerror(-r));
    }
    if (c != NULL) {
        compare_done(c);
    }
    free(c);
    return status;
}

static int
read_command(int argc, char *argv[], bool *ret_json, struct diag *reterr)
{
    int letter = 0;

    optind = 0; /* glibc: begin anew */
    while (letter != -1) {
        letter = getopt_long(argc, argv, "", options, NULL);
        if (letter == 'j') {
            *ret_json = true;
        } else if (letter != -1) {
            return -EINVAL; /* getopt has said it */
        }
    }
    return argc - optind == 2
               ? 0
               : diag_fail(reterr, -EINVAL, "it takes two configurations");
}

int
compare_run(int argc, char *argv[])
{
    struct loaded old = {0}, new = {0};
    struct diag diag = {0};
    bool json = false;
    int status = CTL_IMPOSSIBLE;

    if (read_command(argc, argv, &json, &diag) < 0) {
        return complain_usage(&diag, usage, CTL_IMPOSSIBLE);
    }
    if (loaded_read(argv[optind], &old) == 0 &&
        loaded_read(argv[optind + 1], &new) == 0) {
        status = compare(&old, &new, json);
    }
    loaded_done(&old);
    loaded_done(&new);
    return status;
}

#include "server/ctl/loaded.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "server/base/services.h"
#include "server/ctl/complain.h"

static int
parse(struct loaded *l, policy_report_fn *report)
{
    int r = policy_parse(&l->sources, &l->facts, report, NULL, &l->policy);

    if (r < 0 && r != -EINVAL) {
        complain("%s: %s", l->sources.main.name, strerror(-r));
    }
    return r;
}

static int
read_files(struct loaded *l, const char *file)
{
    char directory[PATH_MAX];
    struct diag diag = {0};
    int r = 0;

    if (getcwd(directory, sizeof(directory)) == NULL) {
        directory[0] = '\0'; /* a relative name is then one of the root's */
    }
    r = config_files_read(file, directory, &l->files, &diag);
    if (r < 0) {
        complain("%s", diag.text);
    }
    return r;
}

/* What paths lead to does not matter here. */
int
loaded_read(const char *file, struct loaded *ret)
{
    int r = 0;

    *ret = (struct loaded){0};
    r = read_files(ret, file);
    if (r < 0) {
        return r;
    }
    ret->sources = (struct sources){
        .main = ret->files.main,
        .includes = ret->files.includes,
        .include_count = ret->files.include_count,
    };
    ret->facts = (struct facts){
        .service = services_port,
        .version = POLICY_MATCH_VERSION,
        .home = "/",
        .directory = "/",
    };
    return parse(ret, complain_of);
}

static void
ignore(void *arg, const struct diag *diag)
{
    (void)arg;
    (void)diag;
}

int
loaded_renew(struct loaded *l)
{
    policy_free(l->policy);
    l->policy = NULL;
    return parse(l, ignore);
}

void
loaded_done(struct loaded *l)
{
    policy_free(l->policy);
    l->policy = NULL;
    config_files_done(&l->files);
}

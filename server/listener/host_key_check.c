#include "server/listener/host_key_check.h"

#include <errno.h>
#include <string.h>

#include "server/listener/inquiry.h"

int
host_key_check(const struct configuration *c, const struct say *to)
{
    static const char *const arguments[] = {"--check", NULL};
    const struct spawn what = {
        .name = "portcullis-monitor",
        .argv = arguments,
        .fds = {c->bundle},
        .fd_count = 1,
        .die_with_parent = 1,
    };
    struct inquiry answer;
    char *rest = answer.text;
    const char *line = NULL;
    int r = inquiry_run(&what, &answer);

    if (r < 0) {
        say(to, LOG_LEVEL_ERROR, "cannot check the host keys with %s: %s",
            what.name, strerror(-r));
        return r;
    }
    for (line = inquiry_next_line(&rest); line != NULL;
         line = inquiry_next_line(&rest)) {
        say(to, LOG_LEVEL_ERROR, "%s", line);
    }
    if (answer.status != 0) {
        say(to, LOG_LEVEL_INFO, CONFIGURATION_NO_HOST_KEYS);
        return -ENOKEY;
    }
    return 0;
}

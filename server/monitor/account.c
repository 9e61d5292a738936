/* As root, what strangers can reach runs as an account of its own. */
#include "server/monitor/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>

#include "server/base/installation.h"
#include "server/log/log.h"

int
account_find(struct account *ret)
{
    const struct passwd *pw = getpwnam(INSTALLATION_ACCOUNT);

    if (pw == NULL) {
        log_line(LOG_LEVEL_FATAL, "Account %s does not exist",
                 INSTALLATION_ACCOUNT);
        return -ENOENT;
    }
    ret->group = pw->pw_gid;
    snprintf(ret->uid, sizeof(ret->uid), "%lu", (unsigned long)pw->pw_uid);
    snprintf(ret->gid, sizeof(ret->gid), "%lu", (unsigned long)pw->pw_gid);
    return 0;
}

/*
 * The command lines that well-known clients send are their own business and
 * may change; here a first word is enough, since nothing depends on it.
 */
#include "server/monitor/hints.h"

#include <stdbool.h>
#include <string.h>

#define ONLY "This host only forwards connections"

#define HINT_SFTP ONLY ": use sftp -J or scp -J THIS-HOST, and the target."
#define HINT_GIT ONLY ": use GIT_SSH_COMMAND=\"ssh -J THIS-HOST\" git ..."
#define HINT_EDITOR                                                            \
    ONLY ": open the target, with ProxyJump THIS-HOST in ~/.ssh/config."

const char hint_x11[] = ONLY ": use ssh -X -J THIS-HOST, and the target.";

static const char other[] =
    ONLY " and runs no commands: use ssh -J THIS-HOST, and the target; "
         "\"help\" tells more.";

struct hint {
    const char *word; /* the first one, its directories left out */
    const char *text;
};

static const struct hint hints[] = {
    {"scp", HINT_SFTP},
    {"sftp-server", HINT_SFTP},
    {"internal-sftp", HINT_SFTP},
    {"rsync", ONLY ": use rsync -e \"ssh -J THIS-HOST\", and the target."},
    {"git-upload-pack", HINT_GIT},
    {"git-receive-pack", HINT_GIT},
    {"git-upload-archive", HINT_GIT},
    {"git", HINT_GIT},
    /* VS Code and its kin start a shell and feed it a script. */
    {"bash", HINT_EDITOR},
    {"sh", HINT_EDITOR},
    {"powershell", HINT_EDITOR},
    {"powershell.exe", HINT_EDITOR},
};

/* The first word, behind its last slash; quotes do not count. */
static struct wire_bytes
program(struct wire_bytes command)
{
    const uint8_t *p = command.data, *end = p + command.size, *start = NULL;

    while (p < end && (*p == ' ' || *p == '\'' || *p == '"')) {
        p++;
    }
    for (start = p; p < end && strchr(" \t\n'\"", *p) == NULL; p++) {
        if (*p == '/') {
            start = p + 1;
        }
    }
    return (struct wire_bytes){.data = start, .size = (size_t)(p - start)};
}

const char *
hint_command(struct wire_bytes command)
{
    struct wire_bytes first = {0};

    if (command.size == 0) {
        return other;
    }
    first = program(command);
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (wire_bytes_are(first, hints[i].word)) {
            return hints[i].text;
        }
    }
    return other;
}

const char *
hint_subsystem(struct wire_bytes name)
{
    return wire_bytes_are(name, "sftp") ? HINT_SFTP : other;
}

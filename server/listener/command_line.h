#ifndef SERVER_LISTENER_COMMAND_LINE_H
#define SERVER_LISTENER_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"
#include "server/listener/portcullisd.h"

/* What the daemon is asked to do. */
enum command_mode {
    COMMAND_SERVE = 0,
    COMMAND_TEST,    /* -t */
    COMMAND_DUMP,    /* -T: test, and print what is in force */
    COMMAND_PRINT,   /* -G: print, and leave host keys alone */
    COMMAND_VERSION, /* -V */
};

/* The meaning of sshd's flags.  Zeroed memory is a plain daemon. */
struct command_line {
    enum command_mode mode;
    const char *file;     /* -f, or NULL; "none": no file at all */
    const char *log_file; /* -E, or NULL */
    bool to_stderr;       /* -e */
    bool foreground;      /* -D */
    bool inetd;           /* -i */
    bool quiet;           /* -q, unless -d came later */
    bool verbose;         /* -v: -t tells of doubts as well; sshd has no -v */
    unsigned debug;       /* -d, up to 3 */

    /* "Keyword value" lines that go before the file; owned. */
    char *overrides[OVERRIDE_MAX];
    size_t override_count;

    /* -C: who -T pretends is connecting; the texts are owned. */
    bool has_identity;
    struct identity identity;
    char *user, *host, *rdomain;
};

/* How to end after a mistake. */
struct command_line_error {
    int status; /* exit status, as sshd's */
    bool usage; /* print command_line_usage too */
    struct diag diag;
};

extern const char command_line_usage[];

/*
 * Read argv, whose texts must outlive *ret.  Returns 0, -EINVAL or -ENOMEM;
 * after an error *reterr is filled in.  Call command_line_done() in any case.
 */
int command_line_parse(int argc, char *const argv[], struct command_line *ret,
                       struct command_line_error *reterr);
void command_line_done(struct command_line *c);

#endif

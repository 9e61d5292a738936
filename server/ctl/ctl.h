#ifndef SERVER_CTL_CTL_H
#define SERVER_CTL_CTL_H

/* What a subcommand says with its exit status. */
enum ctl_status {
    CTL_OK = 0,          /* allowed; all expectations hold; no difference */
    CTL_USAGE = 1,       /* explain, or no subcommand: wrong arguments */
    CTL_DIFFERENT = 1,   /* an expectation fails; there is a difference */
    CTL_DENIED = 3,      /* explain */
    CTL_UNDECIDED = 4,   /* explain: it depends on an address not given */
    CTL_IMPOSSIBLE = 255 /* broken configuration, and all that is no answer */
};

/*
 * The subcommands.  argv[0] is the name of the subcommand.  Answers go to
 * stdout, complaints to stderr; returns the exit status.
 */
int explain_run(int argc, char *argv[]);
int verify_run(int argc, char *argv[]);
int compare_run(int argc, char *argv[]);

#endif

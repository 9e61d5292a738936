#ifndef POLICY_DIAG_H
#define POLICY_DIAG_H

/* Where a value came from.  line 0 means "built-in default". */
struct origin {
    const char *file; /* borrowed from the policy that produced it */
    unsigned line;
};

/* How sshd treats a mistake (reference: sshd_config(5), exit codes). */
enum severity {
    SEVERITY_HARD = 0, /* parsing stops at once */
    SEVERITY_SOFT,     /* parsing goes on, the configuration is refused */
    SEVERITY_WARNING,  /* the configuration is usable */
};

/*
 * What is wrong with a line, in words for the person who wrote the file.
 * Plain data: copy it freely, nothing to release.  file is copied because a
 * diag outlives the text it speaks of.
 */
struct diag {
    enum severity severity;
    char file[256];
    unsigned line; /* 1-based; 0: the command line, or no line at all */
    char text[512];
};

/*
 * Put words into *reterr and return code, a negative errno, so that a value
 * parser can say "return diag_fail(reterr, -ERANGE, ...)".  Where it happened
 * is added by the parser, the only one who knows.
 */
int diag_fail(struct diag *reterr, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

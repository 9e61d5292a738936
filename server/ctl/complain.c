#include "server/ctl/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy.h"
#include "server/log/escape.h"

#define LINE_MAX_BYTES 1024

void
complain(const char *fmt, ...)
{
    char text[LINE_MAX_BYTES], shown[4 * LINE_MAX_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    escape_text(text, strlen(text), shown, sizeof(shown));
    fprintf(stderr, "%s\n", shown);
}

void
complain_of(void *arg, const struct diag *diag)
{
    char text[sizeof(*diag) + 32];

    (void)arg;
    policy_diag_format(diag, text, sizeof(text));
    complain("%s", text);
}

int
complain_usage(const struct diag *diag, const char *usage, int status)
{
    if (diag->text[0] != '\0') {
        complain("%s", diag->text);
    }
    fputs(usage, stderr);
    return status;
}

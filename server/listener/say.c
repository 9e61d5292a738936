#include "server/listener/say.h"

#include <stdarg.h>
#include <stdio.h>

void
say(const struct say *to, enum log_level level, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    to->line(to->arg, level, text);
}

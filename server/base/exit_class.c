#include "server/base/exit_class.h"

#include <signal.h>
#include <sys/wait.h>

bool
exit_was_crash(int status)
{
    if (!WIFSIGNALED(status)) {
        return false;
    }
    switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
    case SIGSYS:
    case SIGFPE:
    case SIGILL:
    case SIGABRT:
        return true;
    default:
        return false;
    }
}

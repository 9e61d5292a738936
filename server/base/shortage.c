#include "server/base/shortage.h"

#include <errno.h>

bool
shortage_is(int r)
{
    switch (r) {
    case -EMFILE:
    case -ENFILE:
    case -ETOOMANYREFS: /* descriptors that no receiver has taken yet */
    case -ENOMEM:
    case -ENOBUFS:
        return true;
    default:
        return false;
    }
}

#include "server/monitor/outcome.h"

enum exit_class
outcome_class(const struct outcome *o)
{
    if (o->is_admitted) {
        return EXIT_CLASS_CLEAN;
    }
    if (o->is_late) {
        return EXIT_CLASS_GRACE;
    }
    if (o->has_crashed) {
        return EXIT_CLASS_CRASH;
    }
    if (o->is_refused) {
        return EXIT_CLASS_REFUSED;
    }
    if (o->is_attempted) {
        return EXIT_CLASS_ATTEMPTED;
    }
    return o->is_invalid ? EXIT_CLASS_INVALID : EXIT_CLASS_NO_LOGIN;
}

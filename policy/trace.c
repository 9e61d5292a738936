/* The walk of a decision, written down for who asks why. */
#include "policy/trace.h"

#include <stddef.h>

void
trace_step(const struct trace *trace, struct trace_step step)
{
    if (trace != NULL) {
        trace->step(trace->arg, &step);
    }
}

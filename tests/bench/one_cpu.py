"""Everything on one CPU: a virtual machine charges a process dearly, and never
twice the same, for waking another CPU that sleeps."""

import contextlib
import os

from servers import descendants


def allow(cpus):
    """Client, servers and service, and the processes that they start from now
    on, run on these."""
    for pid in [os.getpid(), *descendants(os.getpid())]:
        with contextlib.suppress(ProcessLookupError):  # it just ended
            os.sched_setaffinity(pid, cpus)


@contextlib.contextmanager
def one_cpu():
    """All of them share one meanwhile."""
    allowed = os.sched_getaffinity(0)
    allow({min(allowed)})
    try:
        yield
    finally:
        allow(allowed)

"""What a daemon and all that it ever started have used.

CPU time, exact to the kernel's accounting: the CPU clock of every process
that lives (in nanoseconds, ended threads included), plus what each of them
has inherited from children that it waited for (cutime and cstime, in ticks of
10 ms).  The daemon runs below bench_load's subreaper, which waits for what is
orphaned, so nothing is lost.
"""

import os
import pathlib
import re
import time

from servers import descendants, zombies_of
from targets import wait_for

TICK = 1 / os.sysconf("SC_CLK_TCK")
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.M)


def _inherited(pid):
    """The CPU seconds of the children that a process has waited for."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii",
                                                       errors="replace")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) * TICK


def own_seconds(pid):
    """The CPU seconds of a process: clock_getcpuclockid(3) by hand."""
    return time.clock_gettime((~pid) << 3 | 2)


def cpu_seconds(pid):
    """All CPU seconds of everything below the subreaper with this id."""
    def probe():
        try:
            below = descendants(pid)
            return _inherited(pid) + sum(own_seconds(p) + _inherited(p)
                                         for p in below)
        except (OSError, ProcessLookupError):
            return None  # one has ended in between: add up again
    return wait_for(probe, "processes that stay")


def pss_kib(pids):
    """The memory of these processes, shared pages divided among all that
    map them."""
    return sum(int(PSS.search(pathlib.Path(
        f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))[1])
        for pid in pids)


def wait_collected(pid, stay):
    """Wait until only the processes in stay are left, and no zombie."""
    wait_for(lambda: set(descendants(pid)) <= stay and not any(
        zombies_of(parent) for parent in stay | {pid}),
             "the connections to end", limit=30)

"""What the processes of many connections take from the machine, added up by
program, and what the kernel keeps for all of them."""

import collections
import os
import pathlib
import re
import time

from servers import open_files, program_of

FIELD = re.compile(r"^(\w+):\s+(\d+)", re.M)
KERNEL = ("Slab", "KernelStack", "PageTables")


def _numbers(path):
    """The lines `name: number` of a file of /proc."""
    text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    return {name: int(value) for name, value in FIELD.findall(text)}


def _own_cpu(pid):
    """The CPU seconds of a process, to the nanosecond."""
    return time.clock_gettime((~pid) << 3 | 2)


class Footprint:
    """One look at these processes; memory in KiB."""

    def __init__(self, pids):
        self.programs = collections.defaultdict(collections.Counter)
        for pid in pids:
            status = _numbers(f"/proc/{pid}/status")
            self.programs[program_of(pid).split(":")[0]].update(
                processes=1, threads=status["Threads"],
                memory=_numbers(f"/proc/{pid}/smaps_rollup")["Pss"],
                tables=status["VmPTE"], descriptors=open_files(pid))

    def total(self, what):
        """The sum over all programs."""
        return sum(c[what] for c in self.programs.values())


class Activity:
    """What these processes do from now on."""

    def __init__(self, pids):
        self.pids = pids
        self.start = self._read()

    def _read(self):
        wakes = sum(_numbers(f"/proc/{p}/status")["voluntary_ctxt_switches"]
                    for p in self.pids)
        return time.monotonic(), sum(map(_own_cpu, self.pids)), wakes

    def rates(self):
        """CPU seconds and wake-ups, each a second."""
        since, cpu, wakes = (now - then for now, then in
                             zip(self._read(), self.start))
        return cpu / since, wakes / since


def kernel():
    """The whole machine: KiB that the kernel keeps, and open files."""
    memory = _numbers("/proc/meminfo")
    files = pathlib.Path("/proc/sys/fs/file-nr").read_text(encoding="ascii")
    return {"memory": sum(memory[name] for name in KERNEL),
            "files": int(files.split()[0])}


def room():
    """How many KiB are free, and how many processes and descriptors of one
    there may be."""
    limit = pathlib.Path("/proc/sys/kernel/pid_max").read_text("ascii")
    return (_numbers("/proc/meminfo")["MemAvailable"], int(limit)
            - sum(name.isdigit() for name in os.listdir("/proc")))

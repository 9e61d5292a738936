"""The data integrity soak: for a while, dozens of flows at a time through all
kinds of clients, each flow with its own sizes, pauses, half-closes and resets,
clients killed meanwhile, and new keys all the time.  What arrives is what was
sent, the log's byte counts are those of the ends, and nothing is left.

PORTCULLIS_SOAK is its length in seconds, PORTCULLIS_SOAK_SEED repeats the plan
of an earlier one."""

import contextlib
import os
import random
import re
import shutil
import threading
import time
import unittest

import soak_clients
import soak_flow
from harness import (BIN, LIGHT, Case, memory_kib, on_portcullis, open_files,
                     wait_for)
from servers import Portcullis, zombies_of
from targets import listeners

SECONDS = int(os.environ.get("PORTCULLIS_SOAK", 0))
SEED = os.environ.get("PORTCULLIS_SOAK_SEED") or os.urandom(4).hex()
LONG = SECONDS >= 60
LARGEST = 64 << 20 if LONG else 1 << 20    # bytes of a stream
CLIENTS = 4 if LONG else 3                 # at a time, on each server
FLOWS = 6 if LONG else 4                   # at a time, through each client
LIFE = (6, 25) if LONG else (1, 3)         # seconds, of a client
DRAIN = 3 * soak_flow.STUCK
KINDS = (soak_clients.Plain, soak_clients.Plain, soak_clients.Standard)
if LONG:
    KINDS += (soak_clients.Master, soak_clients.Library)
UNCONFINED = BIN.parent / "tests" / "unconfined"   # a sanitizer build has it
GROWN = 24 << 10 if LIGHT or UNCONFINED.exists() else 4 << 10   # KiB
LINE = re.compile(r"^portcullisd\[(\d+)\]: forward (\d+) (opened|closed): "
                  r"user \S+ from \S+ port (\d+), (.+)$", re.M)
COUNTS = re.compile(r", (\d+|unknown) bytes up, (\d+|unknown) bytes down, ")
FAULTS = re.compile(r"^.*(killed by signal|terminated by|crash|assert|"
                    r"SUMMARY: |ERROR: ).*$", re.M)


class Unconfined(Portcullis):
    """The sanitizer build with its session and dialer outside of the sandbox,
    where they look for leaks when they end, before anyone kills them."""

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        shutil.copytree(BIN, self.dir / "bin")
        for path in UNCONFINED.iterdir():
            shutil.copy(path, self.dir / "bin")
        self.program = self.dir / "bin" / "portcullisd"

    def environment(self):
        return dict(super().environment(), ASAN_OPTIONS="detect_leaks=1")


class Forward:
    """What the log says of one forward."""

    def __init__(self):
        self.opened = self.closed = 0
        self.subject, self.counts = "", None


def forwards(log):
    """All forwards of a log, in the order in which they opened."""
    found = {}
    for match in LINE.finditer(log):
        process, number, word, port, rest = match.groups()
        forward = found.setdefault((process, port, number), Forward())
        if word == "opened":
            forward.opened += 1
            forward.subject = rest.split(" at ")[0]
            continue
        forward.closed += 1
        counts = COUNTS.search(rest)
        forward.counts = tuple(int(n) if n.isdigit() else n
                               for n in counts.groups())
    return list(found.values())


class Soak:
    """Everything that runs on one server."""

    def __init__(self, server, seed, until):
        self.server, self.seed, self.until = server, seed, until
        self.flows, self.failures, self.ports = [], [], []
        self.lock = threading.Lock()
        self.files, self.memory = open_files(server.pid), 0

    def next_flow(self):
        """The plan of another flow."""
        with self.lock:
            flow = soak_flow.Flow(self.seed, len(self.flows), LARGEST)
            self.flows.append(flow)
            return flow

    def fail(self, text):
        """Something is wrong."""
        with self.lock:
            self.failures.append(text)

    def carry(self, carrier, until):
        """One flow after the other, until the client is to end."""
        while time.monotonic() < until and not carrier.killed:
            flow = self.next_flow()
            flow.carrier = type(carrier).__name__
            try:
                carrier.carry(flow)
            except Exception as error:
                if not carrier.killed:
                    self.fail(f"{flow}: {error!r}")
            flow.excused = carrier.killed
            wrong = flow.wrong() if flow.arrived else ""
            if wrong:
                self.fail(f"{flow}: {wrong}")

    def live(self, kind, rng):
        """One client, from its start to its end."""
        until = min(self.until, time.monotonic() + rng.uniform(*LIFE))
        carrier = kind(self.server, rng)
        try:
            threads = [threading.Thread(target=self.carry, daemon=True,
                                        args=(carrier, until))
                       for _ in range(FLOWS)]
            for thread in threads:
                thread.start()
            if rng.random() < 0.3:
                time.sleep(max(0, until - time.monotonic()))
                carrier.kill()
            for thread in threads:
                thread.join(DRAIN)
                if thread.is_alive():
                    self.fail(f"a flow of {kind.__name__} does not end")
        finally:
            carrier.close()
            with self.lock:
                self.ports += carrier.ports

    def run(self, number):
        """Client after client."""
        rng = random.Random(f"{self.seed}/client/{number}")
        while time.monotonic() < self.until:
            try:
                self.live(rng.choice(KINDS), rng)
            except Exception as error:
                self.fail(f"client {number}: {error!r}")

    def start(self):
        """The threads of all clients."""
        threads = [threading.Thread(target=self.run, args=(n,), daemon=True)
                   for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def check_log(self):
        """Each forward has an end, and each clean flow its bytes."""
        found = {}
        for forward in forwards(self.server.log()):
            found.setdefault(forward.subject, []).append(forward.counts)
            if (forward.opened, forward.closed) != (1, 1):
                self.fail(f"{forward.subject}: opened {forward.opened} "
                          f"times, closed {forward.closed} times")
        for flow in filter(lambda f: f.complete, self.flows):
            logged = found.get(flow.subject, [])
            if flow.counts() in logged:
                logged.remove(flow.counts())
            else:
                self.fail(f"{flow}: {flow.counts()} bytes, the log has "
                          f"{logged}")
        for match in FAULTS.finditer(self.server.log()):
            self.fail(match[0])

    def summary(self):
        """What it did, in a line."""
        whole = [f for f in self.flows if f.complete]
        moved = sum(e.got for f in self.flows for e in (f.near, f.far))
        return (f"{len(self.flows)} flows, {len(whole)} of them whole, "
                f"{sum(not f.arrived for f in self.flows)} never opened, "
                f"{moved >> 20} MiB")


@on_portcullis
class Integrity(Case):
    """What arrives is what was sent."""

    SETTINGS = (
        "RekeyLimit 3M\nCompression yes\nMaxForwardWindow 1M 4M\n"
        "MaxForwards 500",
        "RekeyLimit 16M 5\nCompression no\nClientAliveInterval 2",
    )

    def test_soak(self):
        """For PORTCULLIS_SOAK seconds."""
        print(f"PORTCULLIS_SOAK_SEED={SEED}", flush=True)
        classes = [Portcullis, Unconfined if UNCONFINED.exists()
                   else Portcullis]
        servers = [self.prepare(conf, cls=cls).start()
                   for conf, cls in zip(self.SETTINGS, classes)]
        until = time.monotonic() + (SECONDS or 6)
        soaks = [Soak(server, f"{SEED}/{number}", until)
                 for number, server in enumerate(servers)]
        threads = [thread for soak in soaks for thread in soak.start()]
        time.sleep((until - time.monotonic()) / 4)
        for soak in soaks:
            soak.memory = memory_kib(soak.server.pid)
        for thread in threads:
            thread.join(max(0, until - time.monotonic()) + 2 * DRAIN)
            self.assertFalse(thread.is_alive(), "a client does not end")
        for soak in soaks:
            self.settle(soak)
            print(soak.summary(), flush=True)
        failures = [text for soak in soaks for text in soak.failures]
        if failures:
            self.fail("\n".join([f"PORTCULLIS_SOAK_SEED={SEED}, "
                                 f"{len(failures)} faults:", *failures]))

    def settle(self, soak):
        """Nothing is left, and the log knows of all of it."""
        server = soak.server
        for what, probe in (
                ("processes", server.processes),
                ("zombies", lambda: zombies_of(server.pid)),
                ("listeners", lambda: [*listeners().keys() & soak.ports]),
                ("descriptors", lambda: open_files(server.pid) - soak.files)):
            with contextlib.suppress(AssertionError):
                wait_for(lambda p=probe: not p(), what, 30, pause=0.2)
                continue
            soak.fail(f"{what} are left: {probe()}")
        grown = memory_kib(server.pid) - soak.memory
        if grown > GROWN:
            soak.fail(f"the daemon has grown by {grown} KiB")
        server.stop()
        soak.check_log()
        if not any(flow.complete for flow in soak.flows):
            soak.fail("nothing was carried, so nothing is proven")


if __name__ == "__main__":
    unittest.main()

"""Very many connections, and very many channels.  Heavy: tests/run --full.

Each test prints what it has measured; docs/performance.md, "Large scale", has
the figures of one run."""

import concurrent.futures
import contextlib
import os
import random
import resource
import select
import subprocess
import time
import unittest

from clients import client_env, ssh_argv
from footprint import Activity, Footprint, kernel, room
from harness import (BIN, FULL, ROOT, Case, free_port, memory_kib, on_both,
                     on_portcullis, open_files, wait_for)

LOAD = BIN.parent / "tests" / "bench_load"
HEADER = b"e" + bytes(8)   # bench_load's service: what comes goes back
AT_ONCE = 8                # clients on their way to a login
CONNECTIONS = {"portcullis": 2000, "sshd": 500}
CLIENT_KIB = 6 << 10       # of a client and its connection, for an estimate
CHANNELS, CARRIERS = 200, 50
PATIENCE = 60


class Holder:
    """A stock ssh -W whose forward stays open."""

    def __init__(self, server, service):
        start = time.monotonic()
        self.process = subprocess.Popen(
            ssh_argv(server, ["-W", f"127.0.0.1:{service}"]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=client_env(), bufsize=0)
        self.process.stdin.write(HEADER)
        self.round_trip()
        self.took = time.monotonic() - start

    def round_trip(self):
        """The seconds that one byte takes to the service and back."""
        start = time.monotonic()
        out = self.process.stdout.fileno()
        self.process.stdin.write(b"x")
        if not select_one(out, PATIENCE) or os.read(out, 1) != b"x":
            raise AssertionError("a connection does not forward")
        return time.monotonic() - start

    def stop(self):
        """The client ends as when its user has closed it."""
        self.process.terminate()
        self.process.communicate()


def select_one(fd, limit):
    """Wait until this descriptor, which may have any number, is readable."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return poll.poll(limit * 1000)


def spread(times):
    """Median, 99 % and longest, in milliseconds."""
    times = sorted(times)
    return "%.1f / %.1f / %.1f ms" % tuple(
        1e3 * times[min(len(times) - 1, int(len(times) * part))]
        for part in (0.5, 0.99, 1))


@unittest.skipUnless(FULL, "heavy: set PORTCULLIS_FULL=1 (tests/run --full)")
@unittest.skipUnless(LOAD.exists(), "bench_load has not been built")
class Scale(Case):
    """A server, a service, and a report."""

    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE,
                        (soft, hard))
        self.descriptors = hard
        service = self.enterContext(subprocess.Popen(
            [str(LOAD), "serve"], stdout=subprocess.PIPE, text=True))
        self.addCleanup(service.kill)
        self.service = int(service.stdout.readline())
        self.server = self.serve("UsePAM yes\nLogLevel VERBOSE" if ROOT
                                 else "LogLevel VERBOSE")
        self.before = self.state()

    def say(self, what, value):
        """A line of the report."""
        print(f"{self.server.name}: {what}: {value}", flush=True)

    def state(self):
        """What the daemon itself holds."""
        return open_files(self.server.pid), memory_kib(self.server.pid)

    def rest(self):
        """Wait until the server has little to do; its processes."""
        pids = self.server.processes()

        def probe():
            seen = Activity(pids)
            time.sleep(0.5)
            return seen.rates()[0] < 0.1
        with contextlib.suppress(AssertionError):  # a busy machine
            wait_for(probe, "rest", 30)
        return pids

    def footprint(self, pids, per, what):
        """Report what these processes take, divided among so many."""
        print_ = Footprint(pids)
        for name, sums in sorted(print_.programs.items()):
            count = sums["processes"]
            self.say(f"{count} {name}", f"memory {sums['memory'] / count:.0f} "
                     f"KiB, page tables {sums['tables'] / count:.0f} KiB, "
                     f"descriptors {sums['descriptors'] / count:.1f}, threads "
                     f"{sums['threads'] / count:.1f} each")
        for key in ("memory", "tables", "descriptors", "threads"):
            self.say(f"{key} a {what}", f"{print_.total(key) / per:.1f}")
        return print_

    def assert_all_gone(self):
        """No process is left, and the daemon is where it was."""
        self.server.wait_idle(2 * PATIENCE)
        files, memory = self.before
        wait_for(lambda: self.state()[0] == files, "the daemon's descriptors")
        grown = self.state()[1] - memory
        self.say("daemon's memory afterwards", f"{grown:+} KiB")
        if self.ours:
            self.assertLess(grown, 4096)  # 450 bytes of each at its peak


@on_both
class ConnectionsAtScale(Scale):
    """2,000 connections with a forward each; sshd gets 500."""

    def holders(self, count):
        """So many clients, a few at a time."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [pool.submit(Holder, self.server, self.service)
                    for _ in range(count)]
            found = [job.result() for job in jobs]
        for holder in found:
            self.addCleanup(holder.stop)
        return found

    def few_logins(self):
        """How long a login takes now, one after the other."""
        times = []
        for _ in range(20):
            holder = Holder(self.server, self.service)
            times.append(holder.took)
            holder.stop()
        return times

    def count(self):
        """As many as were meant, or as this machine carries."""
        free, processes = room()
        most = min(free // (CLIENT_KIB * 5 // 4), processes // 6,
                   self.descriptors // 3)
        if most < 200:
            self.skipTest(f"room for {most} connections only")
        return min(CONNECTIONS[self.server.name], most)

    def test_many_connections(self):
        """They cost what one costs, wait for nothing, do nothing while
        nothing is asked of them, and leave nothing behind."""
        count, first = self.count(), self.few_logins()
        self.server.wait_idle(PATIENCE)
        empty, start = kernel(), time.monotonic()
        holders = self.holders(count)
        took = time.monotonic() - start
        self.say(f"{count} logins", f"{took:.0f} s")
        pids = self.rest()
        sums = self.footprint(pids, count, "connection")
        full = kernel()
        self.say("kernel memory and open files of a connection, its client's "
                 "too", f"{(full['memory'] - empty['memory']) / count:.0f} KiB"
                 f", {(full['files'] - empty['files']) / count:.1f}")
        self.say("the daemon", "%d descriptors, %d KiB" % self.state())
        self.idle(pids, count)
        times = [random.choice(holders).round_trip() for _ in range(2000)]
        self.say("one-byte round trip, median / 99 % / longest", spread(times))
        later = self.few_logins()
        self.say("a login, with none and with all others", f"{spread(first)}, "
                 f"{spread(later)}")
        for holder in holders:
            holder.process.terminate()
        self.assert_all_gone()
        if self.ours:
            self.assertLess(sums.total("memory") / count, 3500)
            self.assertLess(sums.total("descriptors") / count, 60)
            self.assertLess(sorted(times)[1000], 0.05)
            self.assertLess(sorted(later)[10], 5 * sorted(first)[10] + 1)

    def idle(self, pids, count):
        """Nothing is asked of anybody for half a minute."""
        seen = Activity(pids)
        time.sleep(30)
        cpu, wakes = seen.rates()
        self.say("idle", f"{cpu * 100:.2f} % of a CPU, {wakes / count * 60:.1f}"
                 " wake-ups a minute and connection")
        if self.ours:
            self.assertLess(cpu, 0.2)


@on_portcullis
class ChannelsAtScale(Scale):
    """10,000 channels on 50 connections."""

    def hold_open(self, port):
        """Channels that have carried a byte each way, kept open."""
        job = subprocess.Popen([str(LOAD), "hold", str(port), str(CHANNELS)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(job.communicate)
        return job

    def ping(self, port):
        """Milliseconds of round trips beside idle channels."""
        done = subprocess.run([str(LOAD), "ping", str(port), "40", "60", "0"],
                              stdout=subprocess.PIPE, text=True, check=True,
                              timeout=2 * PATIENCE)
        return done.stdout.strip()

    def test_many_channels(self):
        """They cost little more than their sockets, and a byte finds its way
        among them as if there were none."""
        ports = [free_port() for _ in range(CARRIERS)]
        for port in ports:
            self.hold(self.server, "-L", f"127.0.0.1:{port}:127.0.0.1:"
                      f"{self.service}", ready=port)
            self.ping(port)
        empty = Footprint(self.rest())
        self.say("round trips without channels", self.ping(ports[0]))
        start = time.monotonic()
        jobs = [self.hold_open(port) for port in ports]
        for job in jobs:
            self.assertEqual(job.stdout.readline(), b"held\n")
        count = CARRIERS * CHANNELS
        self.say(f"{count} opens", f"{time.monotonic() - start:.1f} s")
        full = self.footprint(self.rest(), CARRIERS, "connection")
        grown = full.total("memory") - empty.total("memory")
        self.say("memory a channel", f"{grown / count:.2f} KiB")
        self.idle_rate(self.server.processes())
        for port in random.sample(ports, 3):
            self.say("round trips among channels", self.ping(port))
        for job in jobs:
            job.stdin.close()
            job.stdin = None
        for client in self.clients:
            client.process.terminate()
        self.assert_all_gone()
        self.assertLess(grown / count, 4)

    def idle_rate(self, pids):
        """What all of it costs while nothing moves."""
        seen = Activity(pids)
        time.sleep(10)
        self.say("idle", "%.4f CPUs, %.1f wake-ups a second" % seen.rates())

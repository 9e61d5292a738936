"""The frame of the bench: rows, topics, the two servers side by side, and the
interleaved rounds."""

import contextlib
import enum
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

from clients import Ssh, run_ssh
from servers import BIN, Portcullis, Sshd
from targets import free_port, wait_for
from usage import cpu_seconds, pss_kib, wait_collected
from world import ROOT

LOAD = BIN.parent / "tests" / "bench_load"
LIMIT = 150         # seconds that any single job may take
DESCRIPTORS = 8192  # for a client with a thousand forwards
SERVERS = (Sshd, Portcullis)
START = time.monotonic()
# What both servers and every client here know.
PINNED = ["KexAlgorithms=curve25519-sha256", "HostKeyAlgorithms=ssh-ed25519"]
CIPHER = "aes128-gcm@openssh.com"
ECHO = b"e" + bytes(8)      # the header of LOAD_ECHO (load.h)


class Sizes(enum.IntEnum):
    """How much of everything."""

    FULL, QUICK, SMOKE = range(3)


class Row:
    """A line of the table.  limit is of ours/sshd's, or of our own value where
    absolute is set; aim is what we would like beyond it.  curve is (name, x)
    of what belongs into the topic's plot and not into the table."""

    def __init__(self, key, work, unit, at_most=None, at_least=None, aim=None,
                 absolute=False, curve=None):
        self.key, self.work, self.unit = key, work, unit
        self.at_most, self.at_least, self.aim = at_most, at_least, aim
        self.absolute, self.curve = absolute, curve


class Result:
    """The values of one row, a value a round and server."""

    def __init__(self, topic, row):
        self.topic, self.row = topic, row
        self.values = {cls.name: [] for cls in SERVERS}

    def complete(self):
        """Has every round given a number for both?"""
        return all(v and None not in v for v in self.values.values())

    def median(self, cls):
        """The median of the rounds."""
        return statistics.median(self.values[cls.name])

    def as_dict(self):
        """For the JSON file."""
        return {"topic": self.topic, "row": self.row.key, "work":
                self.row.work, "unit": self.row.unit, "values": self.values}


class Topic:
    """Rows that are measured together.  A new topic is a file with one of
    these and a line in tests/bench/run."""

    name = ""
    rounds = 5          # in a full run
    for_root = False    # can it be measured by root only?
    plot = None         # the picture of the rows that have a curve

    def __init__(self, bench):
        self.bench = bench
        self.rows = []

    def conf(self, cls):    # pylint: disable=unused-argument
        """Lines of configuration for this server."""
        return ""

    def prefix(self, server):   # pylint: disable=unused-argument
        """Words in front of the server's program."""
        return []

    def measure(self, server):
        """One value for each row's key."""
        raise NotImplementedError


class Bench:
    """What a topic works with; ends everything that it has started."""

    def __init__(self, sizes):
        self.sizes = sizes
        self.stack = contextlib.ExitStack()
        self.service = None

    def __enter__(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = DESCRIPTORS if hard < 0 else min(DESCRIPTORS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if not LOAD.exists():
            sys.exit(f"{LOAD} has not been built (-DPORTCULLIS_TESTS=ON)")
        self.service = self.listener(self.stack, "serve")
        return self

    def __exit__(self, *_):
        self.stack.close()

    def pick(self, full, quick, smoke):
        """The amount for this run."""
        return (full, quick, smoke)[self.sizes]

    # Servers.

    def serve(self, topic, cls):
        """A daemon for a topic, below a subreaper."""
        conf = topic.conf(cls) + ("\nUsePAM yes" if ROOT else "")
        server = cls(conf.strip())
        server.prefix = (str(LOAD), "subreaper", *topic.prefix(server))
        self.stack.callback(server.stop)
        server.start()
        server.stay = set(server.processes())
        return server

    def run(self, topic, rounds=None):
        """The results of a topic's interleaved rounds."""
        servers = [self.serve(topic, cls) for cls in SERVERS]
        results = [Result(topic.name, row) for row in topic.rows]
        for number in range(rounds or self.pick(topic.rounds, min(
                topic.rounds, 2), 1)):
            for server in servers:
                print(f"{time.monotonic() - START:4.0f} s  {topic.name}: "
                      f"round {number + 1}, {server.name}", file=sys.stderr,
                      flush=True)
                self.settle(server)
                got = topic.measure(server)
                for result in results:
                    result.values[server.name].append(got[result.row.key])
        return results

    # Clients and load.

    @contextlib.contextmanager
    def forward(self, server, cipher=CIPHER, through=None, words=None):
        """The port of an ssh -L to the service, or of what words say."""
        port = free_port()
        words = words or ["-L", f"127.0.0.1:{port}:127.0.0.1:{self.service}"]
        client = Ssh(server, "-N", *[w.format(port=port) for w in words],
                     port=through, options=[*PINNED, f"Ciphers={cipher}",
                                            "ExitOnForwardFailure=yes"])
        try:
            client.wait_listening(port)
            yield port
        finally:
            client.stop()

    def visit(self, server):
        """Connect, log in, one byte there and back, leave."""
        got = run_ssh(server, "-W", f"127.0.0.1:{self.service}",
                      send=ECHO + b"x", timeout=60,
                      options=[*PINNED, f"Ciphers={CIPHER}"])
        if got.stdout != b"x":
            raise RuntimeError(f"{server.name}: {got.stderr}")

    def listener(self, stack, *words):
        """Start a job that prints its port; the port."""
        job = self.start(stack, *words)
        return int(job.stdout.readline())

    @staticmethod
    def start(stack, *words):
        """A load job in the background, ended with the stack."""
        job = subprocess.Popen([str(LOAD), *map(str, words)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def end():
            job.kill()
            job.communicate()
        stack.callback(end)
        return job

    @staticmethod
    def load(*words):
        """Run a load job to its end: what it measured."""
        done = subprocess.run([str(LOAD), *map(str, words)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=LIMIT, check=False)
        if done.returncode:
            raise RuntimeError(f"bench_load {words}: {done.stderr}")
        return json.loads(done.stdout)

    # What the server's side has used.

    @staticmethod
    def cpu(server):
        """CPU seconds of the daemon and of all connections it ever had."""
        return cpu_seconds(server.pid)

    @staticmethod
    def memory(server):
        """KiB of all processes of the connections, the daemon left out."""
        return pss_kib(set(server.processes()) - server.stay)

    @staticmethod
    def settle(server):
        """Wait until no connection is left and all are accounted for."""
        wait_collected(server.pid, server.stay)

    def rest(self, server, limit=5):
        """Wait until the server's side has nothing to do: until it has used
        less than 1 ms of CPU in 200."""
        last, pause = [cpu_seconds(server.pid)], self.pick(0.2, 0.2, 0.02)

        def probe():
            now = cpu_seconds(server.pid)
            quiet, last[0] = now - last[0] < 0.001, now
            return quiet
        time.sleep(pause)
        with contextlib.suppress(AssertionError):
            wait_for(probe, "rest", limit, pause)


def _said(*argv):
    done = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=10, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "?"


def _first(path, word):
    with open(path, encoding="utf-8") as text:
        for line in text:
            if line.startswith(word):
                return line.partition(":" if ":" in line else "=")[2].strip(
                    ' "\n')
    return "?"


def machine():
    """What it was measured on, and when."""
    return {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
            "cpu": f"{_first('/proc/cpuinfo', 'model name')}, "
                   f"{os.cpu_count()} cores",
            "system": f"{_first('/etc/os-release', 'PRETTY_NAME')}, Linux "
                      f"{platform.release()}",
            "sshd": _said(str(Sshd.program), "-V"),
            "portcullis": _said(str(Portcullis.program), "-V"),
            "UsePAM": "yes" if ROOT else "no",
            "load": "%.1f" % os.getloadavg()[0]}

"""Over a long line: a relay between client and server holds each byte back."""

import contextlib

from bench import Row, Topic
from plot import Plot

JOBS = {"put": "upload", "get": "download"}


class Line(Topic):
    """Stock ssh -L through that relay."""

    @contextlib.contextmanager
    def line(self, server, delay_us):
        """The port of a forward; and that of the relay without SSH."""
        with contextlib.ExitStack() as stack:
            relay, bare = (self.bench.listener(stack, "relay", port, delay_us)
                           for port in (server.port, self.bench.service))
            port = stack.enter_context(
                self.bench.forward(server, through=relay))
            self.bench.load("ping", port, 1, 5, 0)
            yield port, bare

    def rate(self, job, port, size):
        """Megabytes a second, from the connect to the last byte."""
        return size / self.bench.load(job, port, size)["seconds"] / 1e6


class Distance(Line):
    """50 ms each way."""

    name = "distance"
    rounds = 3

    def __init__(self, bench):
        super().__init__(bench)
        self.delay_us = bench.pick(50000, 50000, 5000)
        self.bytes = {"put": bench.pick(128, 128, 1) * 10**6,
                      "get": bench.pick(32, 16, 1) * 10**6}
        self.opens = bench.pick(11, 5, 2)
        self.rows = [
            Row("put", self.words("put"), "MB/s", at_least=4.0),
            Row("get", self.words("get"), "MB/s"),
            Row("first", "first byte of a new channel at 100 ms round trip",
                "ms", at_most=1.0),
            Row("bare", "the same line without SSH, for comparison", "MB/s")]

    def words(self, job):
        """What the table calls it."""
        return (f"{JOBS[job]} of {self.bytes[job] // 10**6} MB at 100 ms "
                "round trip: rate")

    def measure(self, server):
        with self.line(server, self.delay_us) as (port, bare):
            got = {job: self.rate(job, port, size)
                   for job, size in self.bytes.items()}
            got["first"] = self.bench.load("first", port, self.opens, 10,
                                           0)["p50_us"] / 1e3
            got["bare"] = self.rate("put", bare, 2 * self.bytes["put"])
        return got


class Distances(Line):
    """Several round trip times, for the plot."""

    name = "distances"
    rounds = 1
    plot = Plot("round-trip-time.svg", "One transfer over a long line",
                "round trip time, ms", "MB/s", logarithmic=True)

    def __init__(self, bench):
        super().__init__(bench)
        self.times = bench.pick((0, 10, 25, 50, 100, 200),
                                (0, 10, 50, 200), (0, 10))
        self.bytes = {"put": bench.pick(128, 64, 1) * 10**6,
                      "get": bench.pick(32, 16, 1) * 10**6}
        self.rows = [Row((job, ms), f"{words} at {ms} ms round trip: rate",
                         "MB/s", curve=(words, ms))
                     for job, words in JOBS.items() for ms in self.times]

    def measure(self, server):
        got = {}
        for ms in self.times:
            with self.line(server, ms * 500) as (port, _):
                for job, size in self.bytes.items():
                    got[job, ms] = self.rate(job, port, size)
            self.bench.settle(server)
        return got

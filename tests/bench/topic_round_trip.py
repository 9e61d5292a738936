"""One byte there and back: alone, and beside bulk on the same connection."""

from bench import Row, Topic
from one_cpu import one_cpu

JOBS = {"get": "download", "put": "upload"}


class RoundTrip(Topic):
    """Stock ssh -L with nothing else to do, on all CPUs and on one."""

    name = "round-trip"
    rounds = 11

    def __init__(self, bench):
        super().__init__(bench)
        self.trips = bench.pick(5000, 2000, 20)
        self.rows = [
            Row("p50", "one-byte round trip: median", "us", at_most=1.0),
            Row("p99", "one-byte round trip: 99 %", "us", at_most=1.0),
            Row("cpu", "one-byte round trip: server CPU", "us"),
            Row("p50 one", "the same, all on one CPU: median", "us",
                at_most=1.0),
            Row("p99 one", "the same, all on one CPU: 99 %", "us",
                at_most=1.0),
            Row("cpu one", "the same, all on one CPU: server CPU", "us")]

    def measure(self, server):
        got = self.trip(server)
        with one_cpu():
            one = self.trip(server)
        return got | {f"{key} one": value for key, value in one.items()}

    def trip(self, server):
        """The values of one connection."""
        with self.bench.forward(server) as port:
            self.bench.load("ping", port, self.trips // 10, 10, 0)
            before = self.bench.cpu(server)
            got = self.bench.load("ping", port, self.trips, 30, 0)
            used = self.bench.cpu(server) - before
        return {"p50": got["p50_us"], "p99": got["p99_us"],
                "cpu": used / got["count"] * 1e6}


class BesideBulk(Topic):
    """The same while another channel carries as much as it can."""

    name = "beside-bulk"
    rounds = 4

    def __init__(self, bench):
        super().__init__(bench)
        self.seconds = bench.pick(3, 2, 1)
        self.trips = bench.pick(10**6, 10**6, 20)
        for job, words in JOBS.items():
            self.rows += [
                Row(f"{job} p50", f"round trip beside bulk {words}: median",
                    "us", at_most=1.0),
                Row(f"{job} p99", f"round trip beside bulk {words}: 99 %",
                    "us", at_most=1.0),
                Row(f"{job} rate", f"the {words} meanwhile: rate",
                    "MB/s", at_least=1.0)]

    def measure(self, server):
        got = {}
        for job in JOBS:
            with self.bench.forward(server) as port:
                took = self.bench.load("ping", port, self.trips,
                                       self.seconds, 1000, job)
            got.update({f"{job} p50": took["p50_us"],
                        f"{job} p99": took["p99_us"],
                        f"{job} rate": took["mb_s"]})
            self.bench.settle(server)
        return got

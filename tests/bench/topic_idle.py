"""Many idle channels on one connection, and one that is busy."""

import contextlib

from bench import Row, Topic
from servers import Portcullis

MANY = 1000


class Idle(Topic):
    """Stock ssh -L; every idle channel has carried a byte each way."""

    name = "idle"
    rounds = 2

    def __init__(self, bench):
        super().__init__(bench)
        self.count = bench.pick(MANY, MANY, 20)
        self.trips = bench.pick(1000, 500, 20)
        self.rows = [
            Row("cpu", f"round trip beside {self.count} idle channels: "
                "server CPU", "us", at_most=0.1),
            Row("p50", "the same: time, median", "us", at_most=0.55),
            Row("channel", f"memory an idle channel, {self.count} of them",
                "KiB", at_most=0.2, aim=0.05)]

    def conf(self, cls):
        return f"MaxForwards {MANY + 100}" if cls is Portcullis else ""

    def measure(self, server):
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(self.bench.forward(server))
            self.bench.load("ping", port, 1, 5, 0)
            self.bench.rest(server)
            before = self.bench.memory(server)
            held = self.bench.start(stack, "hold", port, self.count)
            if held.stdout.readline() != "held\n":
                raise RuntimeError(f"{server.name}: not all channels open")
            self.bench.rest(server)
            memory = (self.bench.memory(server) - before) / self.count
            start = self.bench.cpu(server)
            got = self.bench.load("ping", port, self.trips, 60, 0)
            used = self.bench.cpu(server) - start
        return {"cpu": used / got["count"] * 1e6, "p50": got["p50_us"],
                "channel": memory}

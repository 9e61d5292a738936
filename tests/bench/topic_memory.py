"""What a connection that does nothing keeps in memory."""

import contextlib

from bench import Row, Topic


class Memory(Topic):
    """PSS of all processes of the connections, divided by their number."""

    name = "memory"
    rounds = 3

    def __init__(self, bench):
        super().__init__(bench)
        self.count = bench.pick(20, 20, 2)
        self.rows = [
            Row("first", "idle memory of a lone connection", "KiB"),
            Row("idle", f"idle memory a connection, {self.count} of them",
                "KiB", at_most=1.2, aim=1.0),
            Row("used", "the same after each has forwarded 10 MB", "KiB")]

    def measure(self, server):
        got = {}
        with contextlib.ExitStack() as stack:
            ports = []
            while len(ports) < self.count:
                ports.append(stack.enter_context(self.bench.forward(server)))
                self.bench.load("ping", ports[-1], 1, 5, 0)
                if len(ports) == 1:
                    self.bench.rest(server)
                    got["first"] = self.bench.memory(server)
            self.bench.rest(server)
            got["idle"] = self.bench.memory(server) / self.count
            for port in ports:
                self.bench.load("get", port, 10**7)
                self.bench.load("put", port, 10**7)
            self.bench.rest(server)
            got["used"] = self.bench.memory(server) / self.count
        return got

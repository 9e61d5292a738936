"""What a connection that does nothing keeps in memory."""

import concurrent.futures
import contextlib

from bench import Row, Topic
from plot import Plot

AT_ONCE = 4
USED = 20   # so many forward something in the end


class Memory(Topic):
    """PSS of all processes of the connections, divided by their number."""

    name = "memory"
    rounds = 1
    plot = Plot("memory.svg", "Memory of idle connections, one forward each",
                "connections", "MiB of all their processes (PSS)")

    def __init__(self, bench):
        super().__init__(bench)
        steps = bench.pick((1, 2, 5, 10, 20, 40, 60, 80, 100),
                           (1, 5, 20, 40), (1, 2))
        self.steps, self.count = steps, steps[-1]
        self.used = min(USED, self.count)
        self.rows = [
            Row("first", "idle memory of a lone connection", "KiB"),
            Row("idle", f"idle memory a connection, {self.count} of them",
                "KiB", at_most=1.2, aim=1.0),
            Row("used", f"what 10 MB each way add to it, {self.used} "
                "connections", "KiB"),
            *(Row(count, f"idle memory of {count} connections", "MiB",
                  curve=("", count)) for count in steps)]

    def connect(self, server, stack, pool, count):
        """More connections, each of which has carried a byte."""
        forwards = [self.bench.forward(server) for _ in range(count)]
        ports = list(pool.map(stack.enter_context, forwards))
        for port in ports:
            self.bench.load("ping", port, 1, 5, 0)
        return ports

    def use(self, port):
        """Forward something each way."""
        for job in ("get", "put"):
            self.bench.load(job, port, 10**7)

    def measure(self, server):
        got, ports = {}, []
        with contextlib.ExitStack() as stack, \
                concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for count in self.steps:
                ports += self.connect(server, stack, pool,
                                      count - len(ports))
                self.bench.rest(server)
                got[count] = self.bench.memory(server) / 1024
            list(pool.map(self.use, ports[:self.used]))
            self.bench.rest(server)
            more = self.bench.memory(server) / 1024 - got[self.count]
        return {**got, "first": got[1] * 1024,
                "idle": got[self.count] * 1024 / self.count,
                "used": more * 1024 / self.used}

"""Connect, log in by key, one byte through a forward and back, leave."""

import concurrent.futures
import time

from bench import Row, Topic

AT_ONCE = 8


class Connect(Topic):
    """Stock ssh -W, one after the other and eight at once."""

    name = "connect"
    rounds = 4

    def __init__(self, bench):
        super().__init__(bench)
        self.count = bench.pick(40, 20, 2)
        self.many = bench.pick(80, 40, 4)
        self.rows = [
            Row("cpu", "connect, log in, first byte: server CPU", "ms",
                at_most=0.7, aim=0.5),
            Row("rate", "the same, one after the other: connections", "1/s",
                at_least=1.4, aim=2.0),
            Row("cpu8", f"{AT_ONCE} at once: server CPU a connection", "ms",
                at_most=0.7, aim=0.5),
            Row("rate8", f"{AT_ONCE} at once: connections", "1/s",
                at_least=1.4, aim=2.0)]

    def timed(self, server, count, run):
        """CPU milliseconds a connection, connections a second."""
        before, start = self.bench.cpu(server), time.monotonic()
        run(range(count))
        seconds = time.monotonic() - start
        self.bench.settle(server)
        used = self.bench.cpu(server) - before
        return used / count * 1e3, count / seconds

    def measure(self, server):
        self.bench.visit(server)

        def in_turn(numbers):
            for _ in numbers:
                self.bench.visit(server)

        def at_once(numbers):
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda _: self.bench.visit(server),
                              numbers))
        cpu, rate = self.timed(server, self.count, in_turn)
        cpu8, rate8 = self.timed(server, self.many, at_once)
        return {"cpu": cpu, "rate": rate, "cpu8": cpu8, "rate8": rate8}

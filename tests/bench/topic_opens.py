"""Channels that are opened and closed again, over one connection."""

import time

import handmade
from bench import Row, Topic
from gcm_client import GcmClient
from handmade import CLOSE, EOF, OPENED, message, number
from one_cpu import one_cpu

AT_ONCE = 500


class Opens(Topic):
    """A client that packs its messages by hand: stock ssh would need more
    CPU for an open than either server.  On all CPUs, and on one."""

    name = "opens"

    def __init__(self, bench):
        super().__init__(bench)
        self.count = bench.pick(3000, 1500, 20)
        self.many = bench.pick(AT_ONCE, AT_ONCE, 20)
        self.times = bench.pick(6, 3, 1)
        self.rows = [
            Row("rate", "channels opened and closed one after the other, "
                "AES-128-GCM: rate", "1/s", at_least=0.8, aim=1.0),
            Row("cpu", "the same: server CPU each", "us", at_most=1.2,
                aim=1.0),
            Row("rate many", f"{self.many} opened, then closed at once: rate",
                "1/s", at_least=0.8, aim=1.0),
            Row("cpu many", "the same: server CPU each", "us", at_most=1.2,
                aim=1.0),
            Row("cpu one", "one after the other, all on one CPU: server CPU "
                "each", "us", at_most=1.2, aim=1.0),
            Row("cpu many one", f"{self.many} at once, all on one CPU: server "
                "CPU each", "us", at_most=1.2, aim=1.0)]

    def open_all(self, client, numbers):
        """Open channels of these numbers at once: the server's numbers."""
        client.send(*[handmade.direct(n, self.bench.service)
                      for n in numbers])
        return [number(client.get(OPENED), 1) for _ in numbers]

    @staticmethod
    def close_all(client, theirs):
        """Close channels with these numbers of the server's at once."""
        client.send(*[message(kind, n) for n in theirs
                      for kind in (EOF, CLOSE)])
        for _ in theirs:
            client.get(CLOSE)

    def timed(self, server, client, turns, size):
        """Channels a second, CPU microseconds a channel."""
        before, start = self.bench.cpu(server), time.monotonic()
        for _ in range(turns):
            self.close_all(client, self.open_all(client, range(size)))
        seconds = time.monotonic() - start
        self.bench.rest(server, 1)
        used = self.bench.cpu(server) - before
        return turns * size / seconds, used / (turns * size) * 1e6

    def opens(self, server):
        """(rate, CPU) one after the other, and of many at once."""
        client = GcmClient(server).login()
        self.timed(server, client, 20, 1)
        lone = self.timed(server, client, self.count, 1)
        many = self.timed(server, client, self.times, self.many)
        client.close()
        return lone, many

    def measure(self, server):
        (rate, cpu), (rate_many, cpu_many) = self.opens(server)
        with one_cpu():
            (_, cpu_one), (_, cpu_many_one) = self.opens(server)
        return {"rate": rate, "cpu": cpu, "rate many": rate_many,
                "cpu many": cpu_many, "cpu one": cpu_one,
                "cpu many one": cpu_many_one}

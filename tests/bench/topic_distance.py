"""Over a long line: 50 ms each way between client and server."""

import contextlib

from bench import Row, Topic


class Distance(Topic):
    """Stock ssh -L through a relay that holds each byte back."""

    name = "distance"
    rounds = 3

    def __init__(self, bench):
        super().__init__(bench)
        self.delay_us = bench.pick(50000, 50000, 5000)
        self.bytes = bench.pick(128, 48, 1) * 10**6
        self.rows = [
            Row("put", "upload at 100 ms round trip: rate", "MB/s",
                at_least=4.0),
            Row("get", "download at 100 ms round trip: rate", "MB/s")]

    def measure(self, server):
        with contextlib.ExitStack() as stack:
            relay = self.bench.listener(stack, "relay", server.port,
                                        self.delay_us)
            port = stack.enter_context(
                self.bench.forward(server, through=relay))
            self.bench.load("ping", port, 1, 5, 0)
            return {job: self.bytes / self.bench.load(
                job, port, self.bytes)["seconds"] / 1e6
                for job in ("put", "get")}

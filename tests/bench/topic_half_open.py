"""Connections that say nothing, and a login beside them."""

import contextlib
import socket
import statistics
import time

from bench import Row, Topic
from targets import LIMIT


class HalfOpen(Topic):
    """They have got the server's version line and keep silent."""

    name = "half-open"
    rounds = 3

    def __init__(self, bench):
        super().__init__(bench)
        self.count = bench.pick(200, 200, 20)
        self.logins = bench.pick(15, 9, 2)
        self.rows = [
            Row("factor", f"login and first byte beside {self.count} silent "
                "connections, by its time without", "x", at_most=1.2,
                absolute=True),
            Row("alone", "the same without, for comparison", "ms"),
            Row("silent", "memory a silent connection", "KiB")]

    def conf(self, cls):
        return f"MaxStartups {2 * self.count}\nLoginGraceTime 120"

    def login(self, server):
        """The median of the time of a login, in seconds."""
        took = []
        for _ in range(self.logins):
            start = time.monotonic()
            self.bench.visit(server)
            took.append(time.monotonic() - start)
        return statistics.median(took)

    def fall_silent(self, server, stack):
        """Connect, and read no more than the server's version."""
        socks = [stack.enter_context(socket.create_connection(
            ("127.0.0.1", server.port), LIMIT)) for _ in range(self.count)]
        for sock in socks:
            if not sock.recv(4, socket.MSG_WAITALL).startswith(b"SSH-"):
                raise RuntimeError(f"{server.name} has turned one away")

    def measure(self, server):
        self.bench.visit(server)
        alone = self.login(server)
        with contextlib.ExitStack() as stack:
            self.fall_silent(server, stack)
            self.bench.rest(server)
            memory = self.bench.memory(server) / self.count
            beside = self.login(server)
        return {"factor": beside / alone, "alone": alone * 1e3,
                "silent": memory}

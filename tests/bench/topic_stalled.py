"""Targets that read nothing, and what the server keeps for them."""

import contextlib

from bench import Row, Topic

# LIMIT_WINDOW and MaxForwardWindow: what each channel may hold whatever the
# others took, and what all share on top; then a connection's own.
EACH_MIB, SHARED_MIB, OWN_MIB = 1 / 8, 64, 6


class Stalled(Topic):
    """Stock ssh -L; each channel is filled until nothing more goes in."""

    name = "stalled"
    rounds = 1

    def __init__(self, bench):
        super().__init__(bench)
        self.count = bench.pick(300, 300, 10)
        ceiling = self.count * EACH_MIB + SHARED_MIB + OWN_MIB
        self.rows = [Row("memory", f"memory of {self.count} channels whose "
                         "targets read nothing", "MiB",
                         at_most=round(ceiling), absolute=True)]

    def measure(self, server):
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(self.bench.forward(server))
            held = self.bench.start(stack, "stall", port, self.count)
            if not held.stdout.readline().strip().isdigit():
                raise RuntimeError(f"{server.name}: not all channels open")
            self.bench.rest(server)
            return {"memory": self.bench.memory(server) / 1024}

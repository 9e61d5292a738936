"""A name that is never answered, and who waits meanwhile."""

import contextlib
import random
import socket
import threading
import time

from bench import Row, Topic
from clients import Socks
from namespaces import overlay
from targets import free_port


def silent_name_server():
    """A socket on port 53 of a loopback address that is never read."""
    for _ in range(20):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        host = "127." + ".".join(str(random.randint(1, 254))
                                 for _ in range(3))
        with contextlib.suppress(OSError):
            sock.bind((host, 53))
            return sock, host
        sock.close()
    raise RuntimeError("port 53 is taken everywhere")


class Names(Topic):
    """Round trips on one channel while others wait for a resolver."""

    name = "names"
    rounds = 3
    for_root = True    # it mounts a resolv.conf and binds port 53

    def __init__(self, bench):
        super().__init__(bench)
        self.sock, self.host = silent_name_server()
        bench.stack.callback(self.sock.close)
        self.opens = bench.pick(2, 2, 1)    # asked for at once
        self.tries = bench.pick(3, 2, 1)    # the best counts: a stall is in all
        self.trips = bench.pick(1500, 1500, 100)    # a bit over 1 ms each
        self.rows = [
            Row("pause", f"{self.opens} names that never resolve: longest "
                f"pause of another channel, best of {self.tries}", "ms", at_most=5, absolute=True),
            Row("control", "the same without such names, for comparison",
                "ms")]

    def prefix(self, server):
        path = server.dir / "resolv.conf"
        path.write_text(f"nameserver {self.host}\n"
                        "options timeout:1 attempts:1\n", encoding="ascii")
        path.chmod(0o644)
        return overlay({"/etc/resolv.conf": path})

    def longest(self, forward):
        """The longest of many round trips, in milliseconds."""
        return self.bench.load("ping", forward, self.trips, 10,
                               1000)["max_us"] / 1e3

    def beside_names(self, forward, socks):
        """The same while names are waited for."""
        waiting = []

        def ask():
            time.sleep(self.trips / 5000)
            for number in range(self.opens):
                waiting.append(socks.begin(f"silent{number}.test", 80))
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        pause = self.longest(forward)
        thread.join(10)
        for sock in waiting:
            sock.close()
        return pause

    def measure(self, server):
        port = free_port()
        words = ["-D", f"127.0.0.1:{port}", "-L", "127.0.0.1:{port}:127.0.0.1:"
                 f"{self.bench.service}"]
        control, pause = [], []
        with self.bench.forward(server, words=words) as forward:
            for _ in range(self.tries):
                control.append(self.longest(forward))
                pause.append(self.beside_names(forward, Socks(None, port)))
        return {"pause": min(pause), "control": min(control)}

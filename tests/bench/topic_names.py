"""A name that is never answered, and who waits meanwhile."""

import concurrent.futures
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
    rounds = 2
    for_root = True    # it mounts a resolv.conf and binds port 53

    def __init__(self, bench):
        super().__init__(bench)
        self.sock, self.host = silent_name_server()
        bench.stack.callback(self.sock.close)
        self.opens = bench.pick(2, 2, 1)    # asked for at once
        self.tries = bench.pick(3, 2, 1)    # the best counts
        self.trips = bench.pick(1000, 1000, 100)    # a bit over 1 ms each
        self.rows = [
            Row("pause", f"{self.opens} names that never resolve: longest "
                f"pause of another channel, best of {self.tries}", "ms",
                at_most=5, absolute=True),
            Row("open", "the same: longest open of a numeric target", "ms",
                at_most=5, absolute=True),
            Row("pause alone", "longest pause without such names, for "
                "comparison", "ms"),
            Row("open alone", "longest open without such names, for "
                "comparison", "ms")]

    def prefix(self, server):
        path = server.dir / "resolv.conf"
        path.write_text(f"nameserver {self.host}\n"
                        "options timeout:1 attempts:1\n", encoding="ascii")
        path.chmod(0o644)
        return overlay({"/etc/resolv.conf": path})

    def longest(self, forward):
        """The longest of many round trips, and of many opens meanwhile, in
        milliseconds."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            jobs = [pool.submit(self.bench.load, *words) for words in (
                ("ping", forward, self.trips, 10, 1000),
                ("first", forward, self.trips // 5, 10, 5000))]
            return [job.result()["max_us"] / 1e3 for job in jobs]

    def beside_names(self, forward, socks):
        """The same while names are waited for."""
        waiting = []

        def ask():
            time.sleep(self.trips / 5000)
            for number in range(self.opens):
                waiting.append(socks.begin(f"silent{number}.test", 80))
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        longest = self.longest(forward)
        thread.join(10)
        for sock in waiting:
            sock.close()
        return longest

    def measure(self, server):
        port = free_port()
        words = ["-D", f"127.0.0.1:{port}", "-L", "127.0.0.1:{port}:127.0.0.1:"
                 f"{self.bench.service}"]
        alone, beside = [], []
        with self.bench.forward(server, words=words) as forward:
            for _ in range(self.tries):
                alone.append(self.longest(forward))
                beside.append(self.beside_names(forward, Socks(None, port)))
        pause, opened = map(min, zip(*beside))
        pause_alone, open_alone = map(min, zip(*alone))
        return {"pause": pause, "open": opened, "pause alone": pause_alone,
                "open alone": open_alone}

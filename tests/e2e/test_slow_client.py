"""A client that is slow to read: what its full socket does not take at first
arrives all the same, when nothing else follows it."""

import contextlib
import random
import socket
import threading
import time
import unittest

from clients import Ssh
from harness import Case, dial, free_port, on_both
from targets import LIMIT, Target, read_some

FEW, PAUSE = 3000, 0.001   # bytes at a time, and what is in between
TRIALS = 20


class Trickle:
    """A relay to a server that takes little of what it sends, while slow."""

    def __init__(self, port):
        self.to_port, self.slow = port, threading.Event()
        self.target = Target(handle=self._serve)
        self.port = self.target.port

    def _serve(self, client):
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server.connect(("127.0.0.1", self.to_port))
        client.settimeout(None)
        threading.Thread(target=self._back, args=(server, client),
                         daemon=True).start()
        with server, contextlib.suppress(OSError):
            while chunk := client.recv(65536):
                server.sendall(chunk)

    def _back(self, server, client):
        with contextlib.suppress(OSError):
            while chunk := server.recv(FEW if self.slow.is_set() else 65536):
                client.sendall(chunk)
                if self.slow.is_set():
                    time.sleep(PAUSE)


@on_both
class LastBytes(Case):
    """The target says something, and no more; the channel stays open."""

    def test_they_arrive(self):
        """Sizes at random: how much the socket takes is the kernel's."""
        server = self.prepare("Compression no").start()
        relay = Trickle(server.port)
        place = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(place.close)
        port = free_port()
        client = Ssh(server, "-N", "-L", f"127.0.0.1:{port}:127.0.0.1:"
                     f"{place.getsockname()[1]}", port=relay.port)
        self.addCleanup(client.stop)
        client.wait_listening(port)
        for number in range(TRIALS):
            with dial(port) as near, place.accept()[0] as far:
                size = random.randint(100_000, 1_000_000)
                threading.Thread(target=far.sendall, args=(b"x" * size,),
                                 daemon=True).start()
                relay.slow.set()
                first = len(read_some(near, size // 2, LIMIT))
                relay.slow.clear()
                try:
                    rest = len(read_some(near, size - first, LIMIT))
                except TimeoutError:
                    self.fail(f"{size} bytes were sent, and the last of them "
                              f"do not arrive, in trial {number}")
                self.assertEqual(first + rest, size)


if __name__ == "__main__":
    unittest.main()

"""How several channels share one connection: bulk beside bulk, down, up and
both ways at once, and round trips beside all of them."""

import socket
import statistics
import threading
import time
import unittest

from harness import (LIGHT, Case, Relay, Target, dial, on_both, read_some,
                     wait_for)

MB = 1 << 20
BLOCK = 64 * 1024
EACH = (8 if LIGHT else 24) * MB  # what a channel has moved, on average
LEAST = 0.4                       # of an equal share, in one direction
LEAST_WAY = 0.1                   # of half of the bytes, for one direction
TRIPS = 5                         # round trips meanwhile, at the least
TRIP = 1.0 if LIGHT else 0.25     # seconds, for the median one
LINE = 16 * MB                    # a second, of the slow line
EACH_SLOW = (2 if LIGHT else 4) * MB
DOWN, UP, ECHO = b"d", b"u", b"e"


def pour(sock):
    """Write until the other side has gone."""
    block = bytes(BLOCK)
    try:
        while True:
            sock.sendall(block)
    except OSError:
        pass


class Counted(Target):
    """Pours, swallows or echoes, as the first byte asks for; counts what it
    swallows by the second byte."""

    def __init__(self, **kw):
        self.taken = {}
        super().__init__(**kw)

    def handle(self, sock):
        what, name = read_some(sock, 1), read_some(sock, 1)
        if what == DOWN:
            pour(sock)
            return
        while data := sock.recv(BLOCK):
            if what == ECHO:
                sock.sendall(data)
            else:
                self.taken[name] = self.taken.get(name, 0) + len(data)


class Channel:
    """A bulk transfer in its own thread."""

    def __init__(self, port, way, target, name):
        self.way, self.target, self.name = way, target, name
        self.got = 0
        self.sock = dial(port)
        self.sock.sendall(way + name)
        threading.Thread(target=self._drain if way == DOWN else self._pour,
                         daemon=True).start()

    def _pour(self):
        pour(self.sock)

    def _drain(self):
        room = bytearray(BLOCK)
        try:
            while size := self.sock.recv_into(room):
                self.got += size
        except OSError:
            pass

    def moved(self):
        """Bytes that have arrived at the other end."""
        return self.got if self.way == DOWN else self.target.taken.get(
            self.name, 0)

    def close(self):
        """Both threads end by that."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class SlowLine(Relay):
    """The client's line, which takes less than any server could send: targets
    have to wait for their turn."""

    def _pump_back(self, server, client):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        due = time.monotonic()
        try:
            while chunk := server.recv(BLOCK // 4):
                due = max(due, time.monotonic() - 0.01) + len(chunk) / LINE
                time.sleep(max(0, due - time.monotonic()))
                client.sendall(chunk)
        except OSError:
            client.close()


@on_both
class Shares(Case):
    """Four bulk channels and one that waits for each of its bytes."""

    def trips(self, sock, until):
        """Round trips until then: seconds of each."""
        took = []
        while not until():
            start = time.monotonic()
            sock.sendall(b"x")
            read_some(sock, 1)
            took.append(time.monotonic() - start)
            time.sleep(0.002)
        return took

    def share(self, ways, slow=False):
        """The bytes that each channel moved while all did."""
        server, target = self.serve(), self.target(Counted)
        each, line = EACH_SLOW if slow else EACH, None
        if slow:
            line = SlowLine(server.port)
            self.addCleanup(line.close)
        port = self.local(server, target, port=line and line.port)
        channels = [Channel(port, way, target, bytes([i]))
                    for i, way in enumerate(ways)]
        for channel in channels:
            self.addCleanup(channel.close)
        with dial(port) as sock:
            sock.sendall(ECHO + b"-x")
            read_some(sock, 1)
            wait_for(lambda: all(c.moved() > MB for c in channels),
                     "all to flow", 60)
            before = [c.moved() for c in channels]
            end = sum(before) + each * len(channels)
            took = self.trips(
                sock, lambda: sum(c.moved() for c in channels) >= end)
        moved = [c.moved() - b for c, b in zip(channels, before)]
        self.assertGreaterEqual(len(took), TRIPS, moved)
        self.assertLess(statistics.median(took), TRIP, moved)
        return moved

    def assert_even(self, moved):
        """None has got much less than its part."""
        self.assertGreater(min(moved), LEAST * statistics.mean(moved), moved)

    def test_down(self):
        """Four downloads share evenly, and nobody starves."""
        self.assert_even(self.share([DOWN] * 4))

    def test_down_slow_line(self):
        """The same where all of them wait for the line."""
        self.assert_even(self.share([DOWN] * 4, slow=True))

    def test_up(self):
        """Four uploads share evenly, and nobody starves."""
        self.assert_even(self.share([UP] * 4))

    def test_both_ways(self):
        """Neither direction starves the other, and inside of each the
        channels share evenly."""
        moved = self.share([DOWN, DOWN, UP, UP])
        self.assert_even(moved[:2])
        self.assert_even(moved[2:])
        ways = [sum(moved[:2]), sum(moved[2:])]
        self.assertGreater(min(ways), LEAST_WAY * statistics.mean(ways), moved)


if __name__ == "__main__":
    unittest.main()

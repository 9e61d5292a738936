"""Clients and targets that press on memory and processor: who sends and never
reads, who begins a rekey and never ends it, who resets when nothing flows."""

import os
import pathlib
import re
import socket
import struct
import threading
import time
import unittest

import handmade
from handmade import (ADJUST, CLOSE, DATA, GLOBAL_FAILED, GLOBAL_OK, OPENED,
                      OPEN_FAILED, message, number)
from harness import (LIGHT, Case, Target, memory_kib, on_both, on_portcullis,
                     wait_for)

MEMORY = 4 * 1024              # KiB that one process may grow by
SHARE = 0.4 if LIGHT else 0.15  # of one processor counts as idle
FLOOD = 20_000 if LIGHT else 60_000
UNKNOWN = 200                  # a message type that nobody uses
RAW_UNKNOWN = struct.pack(">IBB", 12, 10, UNKNOWN) + bytes(10)
TICKS = os.sysconf("SC_CLK_TCK")


def largest_kib(server):
    """The memory of the largest process of a server's connections."""
    sizes = [0]
    for pid in server.processes():
        try:
            sizes.append(memory_kib(pid))
        except (OSError, TypeError):
            pass  # it has just ended
    return max(sizes)


def processor_seconds(server):
    """What the processes of a server's connections have used."""
    used = 0
    for pid in server.processes():
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICKS


class Pressure(Case):
    """How much a server's connections take."""

    def connect(self, server, **kw):
        """A client that ends with the test."""
        client = handmade.Client(server, **kw)
        self.addCleanup(client.close)
        return client

    def assert_stays_small(self, server, before, thread, seconds):
        """While the thread floods, nothing grows; one that is held up for
        this long counts as stopped by the server."""
        end = time.monotonic() + seconds
        while thread.is_alive() and time.monotonic() < end:
            if not LIGHT:  # the sanitizer keeps what has been freed
                self.assertLess(largest_kib(server) - before, MEMORY)
            time.sleep(0.1)

    def assert_idle(self, server, seconds=2):
        """The processes of all connections sleep."""
        before = processor_seconds(server)
        time.sleep(seconds)
        share = (processor_seconds(server) - before) / seconds
        self.assertLess(share, SHARE)

    def assert_works(self, server):
        """Others are served."""
        target = self.target()
        got = self.ssh(server, "-W", f"127.0.0.1:{target.port}", send=b"ok")
        self.assertEqual(got.stdout, b"ok", got.stderr)


@on_portcullis
class NeverReads(Pressure):
    """A client that sends what must be answered and does not read."""

    def test_before_the_key_exchange(self):
        """A stranger who sends unknown messages and reads nothing makes no
        process grow."""
        server = self.serve()
        client = self.connect(server, receive_buffer=4096, kex=False)
        before = largest_kib(server)
        blob = RAW_UNKNOWN * 20_000

        def flood():
            try:
                for _ in range(FLOOD // 500):
                    client.sock.sendall(blob)
            except OSError:
                pass
        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        self.assert_stays_small(server, before, thread, 5)
        self.assert_works(server)

    def test_before_the_login(self):
        """A stranger who has agreed on keys, sends unknown messages and reads
        nothing makes no process grow either."""
        server = self.serve()
        client = self.connect(server, receive_buffer=4096).ask_service()
        before = largest_kib(server)
        thread = client.pipeline([message(UNKNOWN, b"a")] * FLOOD * 4)
        self.assert_stays_small(server, before, thread, 10)
        self.assert_works(server)

    def test_after_the_login(self):
        """A user who sends requests and reads nothing makes no process grow,
        and finds every answer when reading at last."""
        for what, payload, answers in (
                ("global requests", handmade.keepalive(),
                 (GLOBAL_OK, GLOBAL_FAILED)),
                ("refused opens", handmade.odd_open(1), (OPEN_FAILED,))):
            with self.subTest(what):
                server = self.serve()
                client = self.connect(server, receive_buffer=4096).login()
                before = largest_kib(server)
                thread = client.pipeline([payload] * FLOOD)
                self.assert_stays_small(server, before, thread, 5)
                self.assert_works(server)
                client.open_up()
                self.assertEqual(client.count(FLOOD, *answers), FLOOD)


class Abrupt(Target):
    """Says ten bytes, reads nothing, and resets when told to."""

    def __init__(self, **kw):
        self.now = threading.Event()
        super().__init__(**kw)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def handle(self, sock):
        sock.sendall(b"y" * 10)
        self.now.wait(60)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))


@on_both
class Stalled(Pressure):
    """Where nothing can flow, nobody runs in circles."""

    def test_rekey_that_is_never_ended(self):
        """Bytes of a target that arrive in the middle of a rekey wait quietly
        and come after it."""
        server, target = self.serve(), socket.create_server(("127.0.0.1", 0))
        self.addCleanup(target.close)
        client = self.connect(server).login()
        client.open(handmade.direct(7, target.getsockname()[1]))
        peer, _ = target.accept()
        self.addCleanup(peer.close)
        client.offer_keys()
        time.sleep(0.3)
        peer.sendall(b"x" * 1000)
        time.sleep(0.3)
        self.assert_idle(server)
        client.exchange_keys(offered=True)
        self.assertEqual(client.get(DATA), message(DATA, 7, b"x" * 1000))

    def fill(self, client, chan, window):
        """Send until the target's side is full, never more than granted."""
        while True:
            while window:
                size = min(window, 30_000)
                client.send(message(DATA, chan, bytes(size)))
                window -= size
            try:
                window += number(client.get(ADJUST, limit=1), 1)
            except TimeoutError:
                return

    def test_target_resets_when_both_ways_are_stuck(self):
        """A target that resets while the client's window is 0 and bytes wait
        for the target causes no busy loop, and the channel ends."""
        server, target = self.serve(), self.target(Abrupt)
        client = self.connect(server).login()
        client.send(handmade.direct(7, target.port, window=0))
        granted = client.get(OPENED)
        wait_for(lambda: target.peers, "the target to be reached")
        chan = number(granted, 1)
        self.fill(client, chan, number(granted, 2))
        target.now.set()
        time.sleep(0.3)
        self.assert_idle(server)
        client.send(message(ADJUST, chan, 100_000))
        client.get(CLOSE)


if __name__ == "__main__":
    unittest.main()


class Endless(Target):
    """Sends more than a server should ever hold."""

    def handle(self, sock):
        block = bytes(1 << 16)
        for _ in range(200 * 16):
            sock.sendall(block)


@on_portcullis
class Unsent(Case):
    """A client that reads nothing of what a target sends."""

    ROUND = 256 << 10   # LIMIT_CHUNK: what is read before the kernel is asked
    LIMIT = 128 << 10   # LIMIT_UNSENT

    @staticmethod
    def queued(client):
        """Bytes that the server's kernel has not sent or knows not to have
        arrived: proc(5), tx_queue."""
        _, ours = client.sock.getsockname()
        _, theirs = client.sock.getpeername()
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines():
            if re.search(rf":{theirs:04X} \w+:{ours:04X} ", line):
                return int(line.split()[4].partition(":")[0], 16)
        return 0

    def test_the_kernel_holds_little(self):
        """What is urgent later does not queue behind megabytes."""
        client = handmade.Client(self.serve(), receive_buffer=4096).login()
        self.addCleanup(client.close)
        client.send(handmade.direct(7, self.target(Endless).port, 0x7fffffff))
        before = [0]

        def is_stuck():
            before.append(self.queued(client))
            return 0 < before[-2] == before[-1]
        wait_for(is_stuck, "nothing to move any more", pause=0.3)
        self.assertLess(before[-1], self.LIMIT + self.ROUND)


@on_portcullis
class HangingRekey(Case):
    """A client with an endless window that leaves a key exchange hanging."""

    def test_nothing_piles_up(self):
        """What the target sends then is not read, nor kept."""
        server = self.serve("RekeyLimit 1M")
        client = handmade.Client(server)
        self.addCleanup(client.close)
        port = self.target(Endless).port
        client.login().send(handmade.direct(7, port, 0x7fffffff))
        client.sock.settimeout(2)
        try:
            while client.sock.recv(1 << 16):
                pass
        except TimeoutError:
            pass
        held = sum(memory_kib(pid) for pid in server.processes()) >> 10
        self.assertLess(held, 400 if LIGHT else 64)  # MiB; asan keeps more

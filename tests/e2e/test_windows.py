"""How much a client may send before it is delivered, and what one read of the
server can bring: packets in any pieces, the end behind data, a rekey behind
data."""

import os
import socket
import threading
import unittest

import handmade
from handmade import (ADJUST, CLOSE, DATA, EOF, KEXINIT, OFFER, message,
                      number, string)
from harness import (FULL, LIGHT, Case, Late, Recorder, Stuck, memory_kib,
                     Target, on_portcullis, wait_for)
from paths import Paths

MB = 1 << 20
LARGEST = 16 * MB              # LIMIT_WINDOW_MAX
EACH, SHARED = MB // 8, 64 * MB  # LIMIT_WINDOW, LIMIT_WINDOW_POOL
SPARE = 24 * MB                # for all but windows
PACKET = 32_000


class Sender:
    """One channel, and how much may still be sent on it."""

    def __init__(self, client, chan, port=None, path=None):
        self.client, self.theirs = client, chan
        client.send(handmade.direct_path(chan, path) if path else
                    handmade.direct(chan, port))
        granted = client.get(handmade.OPENED)
        self.chan, self.window = number(granted, 1), number(granted, 2)
        self.largest = self.window
        self.sent = 0

    def data(self, block):
        """The payload that carries this."""
        return message(DATA, self.chan, block)

    def send(self, size=PACKET):
        """Send as much, or what may be sent."""
        size = min(size, self.window)
        self.client.send(self.data(bytes(size)))
        self.window -= size
        self.sent += size

    def adjust(self, payload):
        """The server takes more."""
        self.window += number(payload, 1)
        self.largest = max(self.largest, self.window)

    def fill(self, limit=1):
        """Send until nothing more is taken."""
        while True:
            while self.window:
                self.send()
            try:
                self.adjust(self.client.get(ADJUST, limit=limit))
            except TimeoutError:
                return


class Windows(Case):
    """A handmade client with one channel to a target."""

    def open(self, target, chan=7, server=None):
        """A channel of a new connection."""
        client = handmade.Client(server or self.serve())
        self.addCleanup(client.close)
        return Sender(client.login(), chan, target.port)


@on_portcullis
class Size(Windows):
    """How large a window is."""

    def test_it_grows_for_a_fast_target(self):
        """While the target keeps up the window grows to many times its first
        size, never beyond the ceiling, and nothing is lost."""
        target = self.target(Recorder)
        sender, most = self.open(target), (16 if LIGHT else 24) * MB
        first = sender.window
        while sender.sent < most:
            if sender.window < 4 * PACKET:
                sender.adjust(sender.client.get(ADJUST))
            sender.send()
            try:
                sender.adjust(sender.client.get(ADJUST, limit=0.0001))
            except TimeoutError:
                pass
        self.assertGreaterEqual(sender.largest, 2 * first)
        self.assertLessEqual(sender.largest, LARGEST)
        wait_for(lambda: len(target.received[0]) == sender.sent, "the bytes")

    def test_it_ends_for_a_stuck_one(self):
        """A target that reads nothing gets what the kernel holds and a window
        at most; one byte more ends the connection."""
        sender = self.open(self.target(Stuck))
        sender.fill()
        self.assertLessEqual(sender.largest, LARGEST)
        self.assertLess(sender.sent, 2 * LARGEST)
        sender.client.send(sender.data(b"x"))
        with self.assertRaisesRegex(EOFError, "window ignored"):
            sender.client.get(CLOSE)

    def test_many_stuck_channels(self):
        """Channels that all hold as much as they may hold no more than is
        stated, and a healthy one beside them goes on."""
        count = 300 if FULL else 30
        server, stuck, echo = self.serve(), self.target(Stuck), self.target()
        client = self.open(stuck, 0, server).client
        before = self._memory(server)
        senders = {n: Sender(client, n, stuck.port) for n in range(1, count)}
        for sender in senders.values():
            while sender.window:
                sender.send()
        try:
            while True:
                payload = client.get(ADJUST, limit=1)
                sender = senders[number(payload, 0)]
                sender.adjust(payload)
                while sender.window:
                    sender.send()
        except TimeoutError:
            pass
        grown = self._memory(server) - before
        print(f"{count} stuck channels hold {grown >> 10} KiB")
        if not LIGHT:  # the sanitizer keeps what has been freed
            self.assertLess(grown, count * EACH + SHARED + SPARE)
        healthy = Sender(client, 999, echo.port)
        client.send(healthy.data(b"ping"))
        self.assertEqual(client.get(DATA), message(DATA, 999, b"ping"))

    def _memory(self, server):
        return sum(memory_kib(pid) for pid in server.processes()) << 10


class Deaf(Target):
    """Reads nothing until told, and then never again; it does not end."""

    def __init__(self, **kw):
        self.told, self.done = threading.Event(), threading.Event()
        super().__init__(**kw)

    def handle(self, sock):
        self.told.wait(60)
        sock.shutdown(socket.SHUT_RD)
        while sock.recv(65536):
            pass
        self.done.wait(60)

    def close(self):
        self.told.set()
        self.done.set()
        super().close()


@on_portcullis
class HalfDead(Paths):
    """A target that takes no more bytes, and may still say something."""

    def test_the_window_opens_for_nobody(self):
        """A client whose window is used up goes on when its bytes can no
        longer be delivered: else it never gets to its end of file."""
        target = self.target(Deaf, path=self.dir / "t")
        client = handmade.Client(self.serve())
        self.addCleanup(client.close)
        sender = Sender(client.login(), 7, path=str(self.dir / "t"))
        sender.fill()
        self.assertEqual(sender.window, 0)
        target.told.set()
        sender.adjust(client.get(ADJUST))
        self.assertGreater(sender.window, 0)


@on_portcullis
class Reads(Windows):
    """What one read brings."""

    def finish(self, sender, expected):
        """End it, and get the target's answer to all that was sent."""
        got = b""
        while len(got) < len(expected):
            payload = sender.client.get(DATA)
            got += handmade.string_at(payload, 5)[0]
        self.assertEqual(got, expected)

    def test_packets_in_any_pieces(self):
        """Packets that arrive cut at every place, and many at once, are the
        same packets."""
        sender = self.open(self.target(Late, pause=0))
        blocks = [os.urandom(n * 37 % 1500 + 1) for n in range(200)]
        stream = b"".join(sender.client.seal(sender.data(block))
                          for block in blocks)
        start, size = 0, 1
        while start < len(stream):
            sender.client.sock.sendall(stream[start:start + size])
            start, size = start + size, size % 211 + 1
        large = [os.urandom(30_000) for _ in range(20)]
        sender.client.send(*map(sender.data, large))
        sender.client.send(message(EOF, sender.chan))
        self.finish(sender, b"late:" + b"".join(blocks + large))

    def test_end_of_file_behind_data(self):
        """Data, end of file and close in one go: the target gets the data,
        then the end."""
        target = self.target(Recorder)
        sender = self.open(target)
        block = os.urandom(20_000)
        sender.client.send(*[sender.data(block)] * 30,
                           message(EOF, sender.chan),
                           message(CLOSE, sender.chan))
        wait_for(lambda: target.received and target.open == 0, "the end")
        self.assertEqual(bytes(target.received[0]), block * 30)

    def test_rekey_behind_data(self):
        """Data and a KEXINIT in one go: all of the data arrives, before the
        key exchange and after it."""
        sender = self.open(self.target(Late, pause=0))
        client, block = sender.client, os.urandom(25_000)
        client.our_offer = bytes([KEXINIT]) + os.urandom(16) + b"".join(
            map(string, OFFER)) + bytes(5)
        client.send(*[sender.data(block)] * 12, client.our_offer)
        client.exchange_keys(offered=True)
        client.send(*[sender.data(block)] * 12, message(EOF, sender.chan))
        self.finish(sender, b"late:" + block * 24)

    def test_requests_behind_data(self):
        """Requests that one read brings by the thousand are all answered."""
        sender = self.open(self.target())
        count = 3000
        thread = sender.client.pipeline([handmade.keepalive()] * count)
        self.assertEqual(sender.client.count(
            count, handmade.GLOBAL_OK, handmade.GLOBAL_FAILED), count)
        thread.join(10)


if __name__ == "__main__":
    unittest.main()

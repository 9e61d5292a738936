"""How much a client may send before it is delivered, and what one read of the
server can bring: packets in any pieces, the end behind data, a rekey behind
data."""

import contextlib
import os
import re
import socket
import threading
import time
import unittest
from pathlib import Path

import handmade
from handmade import (ADJUST, CLOSE, DATA, EOF, KEXINIT, OFFER, message,
                      number, string)
from grants import Grants
from harness import (FULL, LIGHT, Case, Late, Recorder, Stuck, memory_kib,
                     Target, on_portcullis, wait_for)
from paths import Paths

MB = 1 << 20
LARGEST = 16 * MB              # MaxForwardWindow 16M 64M
EACH, SHARED = MB // 8, 64 * MB
SPARE = 24 * MB                # for all but windows
PACKET = 32_000
AWAY = 0.05                    # seconds that a long line takes


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
        self.all = {chan: self}  # of this connection

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

    def grow(self, most, enough=1 << 32):
        """Send so much, as from far away, to a target that keeps up, or until
        the window once was large enough."""
        while self.sent < most and self.largest < enough:
            if self.window < PACKET:
                self.take()
                time.sleep(AWAY)
                with contextlib.suppress(TimeoutError):
                    while self.window < enough:
                        self.take(limit=0.01)
                continue
            self.send()

    def take(self, **limit):
        """Wait for the server to take more on any channel."""
        payload = self.client.get(ADJUST, **limit)
        self.all[number(payload, 0)].adjust(payload)

    def fill(self, limit=1):
        """Send until nothing more is taken."""
        while True:
            while self.window:
                self.send()
            try:
                self.adjust(self.client.get(ADJUST, limit=limit))
            except TimeoutError:
                return


def address_space(pid):
    """The limit that a session has, in bytes; None for other processes."""
    process = Path("/proc") / str(pid)
    if process.joinpath("comm").read_text() != "portcullis-sess\n":
        return None
    limits = process.joinpath("limits").read_text()
    return int(re.search(r"Max address space +(\d+)", limits)[1])


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
        sender.grow(most)
        # A busy machine may be slow at first: then nothing has to grow.
        sender.grow(5 * most, 2 * first)
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


@on_portcullis
class Configured(Windows, Grants):
    """MaxForwardWindow."""

    def test_one_window(self):
        """It begins with a share of the total, and grows to the size."""
        target = self.target(Recorder)
        for server in self.everywhere("MaxForwardWindow 1M 8M"):
            sender = self.open(target, server=server)
            first = sender.window
            self.assertEqual(first, EACH + 8 * MB // 16)
            sender.grow(64 * MB, enough=first + 1)
            sender.grow(sender.sent + 4 * MB)
            self.assertGreater(sender.largest, first)
            self.assertLessEqual(sender.largest, MB)

    def test_the_smallest(self):
        """128K is where it begins and ends."""
        sender = self.open(self.target(Recorder),
                           server=self.serve("MaxForwardWindow 128K"))
        sender.grow(MB)
        self.assertEqual(sender.largest, EACH)

    def test_who_does_not_match(self):
        """Another user's block changes nothing."""
        server = self.serve("MaxForwardWindow 1M 1M",
                            "Match User nobody\n  MaxForwardWindow 64M 1G")
        sender = self.open(self.target(Recorder), server=server)
        sender.grow(3 * MB)
        self.assertLessEqual(sender.largest, MB)

    def test_all_windows(self):
        """However many grow, all together stay below the total and 128K for
        each; the first to grow leave something to the next."""
        target, count = self.target(Recorder), 12
        server = self.serve("MaxForwardWindow 1M 2M")
        client = self.open(target, 0, server).client
        senders = {n: Sender(client, n, target.port) for n in range(1, count)}
        for sender in senders.values():
            sender.all = senders
            sender.grow(3 * MB, enough=MB)
            held = sum(each.window for each in senders.values())
            self.assertLessEqual(held, count * EACH + 2 * MB)
        self.assertGreater(senders[1].largest, 3 * EACH)
        self.assertGreater(senders[2].largest, 2 * EACH)

    @unittest.skipIf(LIGHT, "the sanitizer needs all of the address space")
    def test_address_space_follows(self):
        """The session may have the memory of the largest total that a login
        may get: three times, for that is what it takes to queue it (see
        test_spill)."""
        sizes = {}
        for total in (16, 1024):
            server = self.serve(match=f"Match User nobody\n"
                                      f"  MaxForwardWindow 4M {total}M")
            sender = self.open(self.target(), server=server)
            sizes[total] = next(filter(None, map(address_space,
                                                 server.processes())))
            sender.client.close()
        self.assertEqual(sizes[1024] - sizes[16], 3 * (1024 - 64) * MB)


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

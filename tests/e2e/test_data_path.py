"""What one read, one key exchange and one early packet can make a session
keep: never more than is stated, whatever the client does."""

import contextlib
import pathlib
import re
import resource
import threading
import time
import unittest

import handmade
from handmade import (ADJUST, CLOSE, DATA, GLOBAL, GLOBAL_FAILED, GLOBAL_OK,
                      IGNORE, KEXINIT, OPENED, OPEN_FAILED, REQUEST,
                      REQUEST_FAILED, REQUEST_OK, direct, keepalive, message,
                      number, odd_open, string)
from handmade_packets import Compressing, Smallest
from harness import (LIGHT, Case, Recorder, dial, on_portcullis, program_of,
                     wait_for)

READ = 128 * 1024       # LIMIT_READ
SMALLEST = 28           # LIMIT_READ_PACKET
GROWTH = 16 * 1024      # KiB that a session may grow by, in these tests
FLOOD = 20_000          # answers that together are more than LIMIT_HELD
ANSWERS = (GLOBAL_OK, GLOBAL_FAILED, OPENED, OPEN_FAILED, REQUEST_OK,
           REQUEST_FAILED)
DEEP = 1536             # KiB of stack, of which 8 MiB are usual
LINES = 50              # LIMIT_SESSION_LOG_BURST
LINES_PER_SECOND = 2    # LIMIT_SESSION_LOG_PER_SECOND


def session_of(server):
    """The process id of the only session."""
    found = [pid for pid in server.processes()
             if program_of(pid) == "portcullis-session"]
    assert len(found) == 1, found
    return found[0]


def kib(pid, what):
    """A figure of /proc/PID/status."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{what}:\s+(\d+)", text)[1])


class Handmade(Case):
    """A handmade client, and how large its session has been."""

    client_class = handmade.Client

    def connect(self, server):
        """A logged-in client that ends with the test."""
        client = self.client_class(server)
        self.addCleanup(client.close)
        return client.login()

    def assert_bounded(self, server, client, payloads):
        """While the session works through these, until it has answered each
        or ends, it grows by less than is stated: how many it answered."""
        pid, answered = session_of(server), []
        before = most = kib(pid, "VmHWM")
        sending = client.pipeline(payloads)
        reading = threading.Thread(target=lambda: answered.append(
            client.count(len(payloads), *ANSWERS)), daemon=True)
        reading.start()
        while reading.is_alive():
            with contextlib.suppress(OSError, TypeError):  # it has ended
                most = max(most, kib(pid, "VmHWM"))
            time.sleep(0.01)
        sending.join(10)
        print(f"{self.id()}: {most - before} KiB, {answered[0]} answers")
        if not LIGHT:  # the sanitizer keeps what has been freed
            self.assertLess(most - before, GROWTH)
        return answered[0]


@on_portcullis
class Inflated(Handmade):
    """A compressing client: a hundred bytes become a quarter of a MiB."""

    client_class = Compressing

    def test_requests(self):
        """Global requests with names of 59,000 bytes."""
        server = self.serve("Compression yes")
        client = self.connect(server)
        self.assert_bounded(server, client,
                            [message(GLOBAL, bytes(59_000), True)] * 1000)

    def test_opens(self):
        """Opens of channels of no known type with 250,000 bytes behind."""
        server = self.serve("Compression yes")
        client = self.connect(server)
        self.assert_bounded(server, client,
                            [odd_open(1) + bytes(250_000)] * 400)
        self.assert_log(server, "compressed packets grow too much")

    def test_commands(self):
        """Commands of 200,000 bytes."""
        server = self.serve("Compression yes")
        client = self.connect(server)
        chan = client.open(message(handmade.OPEN, "session", 1, 1 << 20,
                                   32768))
        self.assert_bounded(server, client, [
            message(REQUEST, chan, "exec", True, bytes(200_000))] * 500)

    def test_ordinary_data(self):
        """Zeros of a forward are only data: all arrive."""
        server = self.serve("Compression yes")
        target = self.target(Recorder)
        client = self.connect(server)
        client.send(direct(1, target.port))
        granted = client.get(OPENED)
        chan, window = number(granted, 1), number(granted, 2)
        left = 8 << 20
        while left:
            size = min(left, 32_000, window)
            if size == 0:
                window += number(client.get(ADJUST), 1)
                continue
            client.send(message(DATA, chan, bytes(size)))
            left, window = left - size, window - size
        wait_for(lambda: len(target.received[0]) == 8 << 20, "the bytes")


@on_portcullis
class LongOpens(Handmade):
    """Opens that carry more than a name."""

    def test_they_are_refused(self):
        """Each is answered, also beyond the number of channels, and the
        session keeps none of it, nor does it fill the log."""
        server, count = self.serve(), 1500
        client = self.connect(server)
        payload = message(handmade.OPEN, "direct-tcpip", 1, 1 << 20, 32768,
                          bytes(200_000), 80, "127.0.0.1", 1)
        start = time.monotonic()
        self.assertEqual(
            self.assert_bounded(server, client, [payload] * 300), 300)
        lines = server.log().count("session: channel open refused: it is too")
        took = time.monotonic() - start
        self.assertGreaterEqual(lines, LINES)
        self.assertLessEqual(lines, LINES + 1 + took * LINES_PER_SECOND)
        name = message(handmade.OPEN, "direct-tcpip", 1, 1 << 20, 32768,
                       b"x" * 1000, 80, "127.0.0.1", 1)
        client.pipeline([name] * count)
        self.assertEqual(client.count(count, OPEN_FAILED), count)

    def test_thousands_at_once(self):
        """5000 opens that arrive together are all refused."""
        client = self.connect(self.serve())
        client.pipeline([odd_open(n) for n in range(5000)])
        self.assertEqual(client.count(5000, OPEN_FAILED), 5000)


@on_portcullis
class Held(Handmade):
    """A key exchange that the server has begun, in the middle of requests."""

    conf = "RekeyLimit 1M"

    def begin(self, client):
        """Send what makes the server begin."""
        client.send(*[message(IGNORE, bytes(30_000))] * 40)

    def test_what_piles_up(self):
        """A client that does not go on with it: answers to all that it asks
        meanwhile are kept up to a ceiling, then the connection ends."""
        server, target = self.serve(self.conf), self.target()
        for what, make in (
                ("global requests", lambda chan: keepalive()),
                ("channel requests",
                 lambda chan: message(REQUEST, chan, "x", True)),
                ("opens", lambda chan: odd_open(5))):
            with self.subTest(what):
                client = self.connect(server)
                chan = client.open(direct(7, target.port))
                payload = make(chan)
                self.begin(client)
                client.get(KEXINIT)
                self.assert_bounded(server, client, [payload] * FLOOD)
                wait_for(lambda: not server.processes(), "the end")
        self.assert_log(server, "too much waits for a key exchange", 3)

    def test_what_is_in_flight(self):
        """As much as a busy client asks before it hears of a key exchange is
        answered after it, and does not count in the next."""
        client, count = self.connect(self.serve(self.conf)), 4000
        for _ in range(5):
            self.begin(client)
            client.send(*[keepalive()] * count)
            client.exchange_keys()
            self.assertEqual(client.count(count, GLOBAL_OK, GLOBAL_FAILED),
                             count)


@on_portcullis
class Offered(Handmade):
    """A channel for a connection to a listener."""

    def test_data_before_it_is_open(self):
        """Bytes for a channel that the client has not opened end the
        connection; in one go with the confirmation they arrive."""
        client = self.connect(self.serve())
        peer = dial(client.listen())
        self.addCleanup(peer.close)
        chan = client.offered()
        client.send(message(OPENED, chan, 77, 1 << 20, 32768),
                    message(DATA, chan, b"hello"))
        self.assertEqual(peer.recv(5), b"hello")
        second = dial(client.listen())
        self.addCleanup(second.close)
        client.send(message(DATA, client.offered(), b"hello"))
        with self.assertRaisesRegex(EOFError, "not open"):
            client.get(CLOSE)


@on_portcullis
class Broken(Handmade):
    """A client that breaks a rule."""

    rule = "malformed channel data"

    def test_it_ends_at_once(self):
        """It is told why, and then there is nothing left to wait for."""
        server, waits = self.serve(), []
        for _ in range(3):
            client = self.connect(server)
            client.send(bytes([DATA]))
            with self.assertRaisesRegex(EOFError, self.rule):
                client.get(CLOSE)
            start = time.monotonic()
            with self.assertRaises(EOFError):
                client.read()
            waits.append(time.monotonic() - start)
        self.assertLess(min(waits), 1)
        self.assert_log(server, self.rule, 3)

    def test_it_leaves_in_the_middle(self):
        """A client that takes much, and then is gone or breaks the rules of a
        key exchange, is what the log speaks of."""
        def pour(sock):
            while True:
                sock.send(bytes(65536))
        server, target = self.serve(), self.target(handle=pour)
        for n in range(24):
            client = handmade.Client(server).login()
            client.send(*[direct(i, target.port, 1 << 31) for i in range(6)])
            for _ in range(20 + n):
                client.get(DATA)
            if n % 6 == 0:
                client.offer_keys()
                client.send(message(ADJUST, 0, 1))
                with self.assertRaises((EOFError, OSError)):
                    client.get(CLOSE)
            client.close()
        server.wait_idle()
        self.assertNotIn("could not be sent", server.log())

    def test_it_does_not_listen(self):
        """The log says why also when the client cannot be told."""
        server, sent = self.serve(), [0]

        def pour(sock):
            while True:
                sent[0] += sock.send(bytes(65536))

        def is_stuck():
            before = sent[0]
            time.sleep(0.2)
            return 0 < before == sent[0]
        target = self.target(handle=pour)
        client = handmade.Client(server, receive_buffer=4096).login()
        self.addCleanup(client.close)
        client.open(direct(1, target.port, 1 << 30))
        wait_for(is_stuck, "nobody to take more")
        client.send(bytes([DATA]))
        self.assert_log(server, self.rule)


@on_portcullis
class Stack(Handmade):
    """libssh calls itself for each packet of a read."""

    client_class = Smallest

    def flood(self, server):
        """The smallest packets, as many as fit into several reads, are
        answered: the stack that this took, in KiB."""
        client, count = self.connect(server), 2 * READ // SMALLEST
        pid = session_of(server)
        thread = client.pipeline([bytes([GLOBAL]) + string(b"") + b"\1"]
                                 * count)
        self.assertEqual(client.count(count, GLOBAL_FAILED), count)
        thread.join(10)
        deep = kib(pid, "VmStk")
        print(f"{deep} KiB of stack")
        return deep

    def test_worst_read(self):
        """It takes far less than there is."""
        self.assertLess(self.flood(self.serve()), DEEP)

    def test_less_stack(self):
        """With LimitSTACK=256K the reads are smaller."""
        server = self.serve()
        resource.prlimit(server.process.pid, resource.RLIMIT_STACK,
                         (256 << 10, 256 << 10))
        self.assertLessEqual(self.flood(server), 256)


if __name__ == "__main__":
    unittest.main()

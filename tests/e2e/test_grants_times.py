"""MaxConnectionLifetime, ConnectTimeout and ForwardRateLimit: how long, and
how fast."""

import contextlib
import fcntl
import socket
import struct
import termios
import threading
import time
import unittest

from grants import Deaf, Grants
from harness import (LIGHT, LIMIT, Recorder, Target, dial, needs_root,
                     on_portcullis, read_all, read_some, wait_for)
from namespaces import needs_mounts
from test_names import NamesCase
from test_pressure import processor_seconds


@on_portcullis
class MaxConnectionLifetime(Grants):
    """However busy it is."""

    def test_the_end(self):
        """It comes with words, and the forward is accounted for."""
        target = self.target()
        for server in self.everywhere("MaxConnectionLifetime 2"):
            socks = self.socks(server)
            start = time.monotonic()
            with socks.dial("127.0.0.1", target.port) as sock:
                sock.sendall(b"ping")
                self.assertEqual(read_some(sock, 4), b"ping")
                self.assertEqual(socks.client.wait(), 255)
            self.assertGreater(time.monotonic() - start, 1)
            self.assertIn("maximum connection lifetime reached",
                          socks.client.err())
            self.assert_log(
                server, rf"user {self.user.name} from 127\.0\.0\.1 port \d+ "
                r"has been connected for 2 seconds, MaxConnectionLifetime by "
                rf"{self.rule(server, 'MaxConnection')}$")
            self.assert_log(server, r"Disconnecting user .*: maximum "
                            "connection lifetime reached")
            self.assert_log(server, "forward 1 closed: .* 4 bytes up, 4 bytes")
            server.wait_idle()


@on_portcullis
class ConnectTimeout(Grants):
    """A target that does not answer."""

    def test_a_target_that_does_not_answer(self):
        """The open fails in time, and nobody goes on dialling."""
        target = self.target()
        for server in self.everywhere("ConnectTimeout 1"):
            deaf = Deaf(self)
            socks = self.socks(server)
            before, start = deaf.dialled(), time.monotonic()
            hanging = socks.begin("127.0.0.1", deaf.port)
            wait_for(lambda: deaf.dialled() > before, "the SYN")
            self.assertEqual(socks.try_open("127.0.0.1", target.port), "")
            said = socks.client.wait_err("open failed: connect failed: "
                                         "Connection timed out")
            self.assertEqual(said.count("open failed"), 1)
            self.assertGreater(time.monotonic() - start, 0.9)
            self.assertLess(time.monotonic() - start, 10)
            self.assert_log(
                server, rf"forward 1 failed: .* port {deaf.port}: not "
                r"connected after 1 seconds, ConnectTimeout by "
                rf"{self.rule(server, 'ConnectTimeout')}$")
            wait_for(lambda: deaf.dialled() <= before, "the socket to close")
            hanging.close()

    def test_each_has_its_own_time(self):
        """A later one is not given up with an earlier one, and an open
        forward never is."""
        deaf, target = Deaf(self), self.target()
        server = self.serve("ConnectTimeout 2")
        socks = self.socks(server)
        with socks.dial("127.0.0.1", target.port) as steady, \
                socks.begin("127.0.0.1", deaf.port):
            time.sleep(1)
            start = time.monotonic()
            with socks.begin("127.0.0.1", deaf.port):
                self.assert_log(server, "forward 2 failed:")
                self.assertNotIn("forward 3 failed", server.log())
                self.assert_log(server, "forward 3 failed:")
            self.assertGreater(time.monotonic() - start, 1.8)
            steady.sendall(b"ping")
            self.assertEqual(read_some(steady, 4), b"ping")


@on_portcullis
@needs_root
@needs_mounts
class LookupTimeout(NamesCase):
    """A name server that does not answer."""

    def test_lookups_are_given_up_too(self):
        """The same words, however the resolver is set up."""
        server = self.serve_names("ConnectTimeout 1")
        socks = self.socks(server)
        start = time.monotonic()
        with socks.begin("silent.test", 80):
            socks.client.wait_err("connect failed: Connection timed out")
        self.assertLess(time.monotonic() - start, 3.5)
        self.assert_log(server, "not connected after 1 seconds")
        self.assertEqual(socks.try_open("good.test", self.echo.port), "")


class Fountain(Target):
    """Sends for as long as somebody takes it."""

    def handle(self, sock):
        block = bytes(16384)
        while True:
            sock.sendall(block)


class Slammer(Target):
    """Reads nothing; when told it sends something and resets."""

    def __init__(self):
        super().__init__()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.slam, self.slammed = threading.Event(), threading.Event()

    def handle(self, sock):
        self.slam.wait(LIMIT)
        sock.sendall(bytes(32768))
        wait_for(lambda: not struct.unpack(
            "i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0], "an ACK")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.close()
        self.slammed.set()

    def unread(self):
        """Bytes that the server holds because this side does not read."""
        here = f"0100007F:{self.port:04X}"
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table.readlines()[1:]:
                fields = line.split()
                if fields[2] == here and fields[3] == "01":
                    return int(fields[4].split(":")[0], 16)
        return 0

    def is_full(self):
        """Nothing more has gone in for a second."""
        before = self.unread()
        time.sleep(1)
        return before and before == self.unread()


def drain(sock, counts, key, end):
    """Read until the time is over, and count."""
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            counts[key] = counts.get(key, 0) + len(sock.recv(65536))


def pour(sock, end, enough=None):
    """Write until the time is over, or it is enough."""
    block = bytes(16384)
    with contextlib.suppress(OSError):
        while time.monotonic() < end and not (enough and enough.is_set()):
            sock.sendall(block)


@on_portcullis
class ForwardRateLimit(Grants):
    """Bytes a second, each way, of all forwards together."""

    RATE = 1 << 20
    ERROR = 0.15 if LIGHT else 0.05

    def measure(self, count, seconds=2.2):
        """Bytes a second that count() grew by, after a start of its own."""
        time.sleep(0.8)
        start, first = time.monotonic(), count()
        time.sleep(seconds)
        return (count() - first) / (time.monotonic() - start)

    def assert_rate(self, rate, wanted=None):
        """It is what was asked for."""
        wanted = wanted or self.RATE
        self.assertLess(abs(rate / wanted - 1), self.ERROR,
                        f"{rate:.0f} bytes a second for {wanted}")

    def run_both(self, server, downloads):
        """So many downloads and an upload: their bytes, as functions."""
        fountain, sink = self.target(Fountain), self.target(Recorder)
        socks, counts = self.socks(server), {}
        end = time.monotonic() + 7
        for number in range(downloads):
            sock = socks.dial("127.0.0.1", fountain.port)
            self.addCleanup(sock.close)
            sock.settimeout(5)
            threading.Thread(target=drain, args=(sock, counts, number, end),
                             daemon=True).start()
        sock = socks.dial("127.0.0.1", sink.port)
        self.addCleanup(sock.close)
        threading.Thread(target=pour, args=(sock, end), daemon=True).start()
        return counts, lambda: sum(map(len, sink.received))

    def test_each_way(self):
        """Downloads get the rate together and alike, an upload has it for
        itself; and nobody spins meanwhile."""
        for server in self.everywhere(f"ForwardRateLimit {self.RATE}"):
            counts, uploaded = self.run_both(server, 3)
            used = processor_seconds(server)
            ups = []
            thread = threading.Thread(
                target=lambda: ups.append(self.measure(uploaded)))
            thread.start()
            self.assert_rate(self.measure(lambda: sum(counts.values())))
            thread.join(20)
            self.assert_rate(ups[0])
            self.assertLess(processor_seconds(server) - used,
                            4 if LIGHT else 1.5)
            least, most = min(counts.values()), max(counts.values())
            self.assertLess(most / least, 1.25, counts)

    def test_a_large_rate(self):
        """Two downloads get all of it, too."""
        server = self.serve("ForwardRateLimit 40M")
        fountain = self.target(Fountain)
        socks, counts = self.socks(server), {}
        for number in range(2):
            sock = socks.dial("127.0.0.1", fountain.port)
            self.addCleanup(sock.close)
            sock.settimeout(5)
            threading.Thread(
                target=drain, daemon=True,
                args=(sock, counts, number, time.monotonic() + 4)).start()
        rate = self.measure(lambda: sum(counts.values()), 1.2)
        self.assertGreater(rate, (0.65 if LIGHT else 0.8) * 40 * self.RATE)
        self.assertLess(rate, 1.1 * 40 * self.RATE)

    def test_a_small_rate_and_a_quick_answer(self):
        """Beside a download that takes all there is, a byte gets through."""
        server = self.serve("ForwardRateLimit 64K")
        fountain, echo = self.target(Fountain), self.target()
        socks, counts = self.socks(server), {}
        with socks.dial("127.0.0.1", fountain.port) as sock, \
                socks.dial("127.0.0.1", echo.port) as quick:
            sock.settimeout(5)
            threading.Thread(
                target=drain, daemon=True,
                args=(sock, counts, 0, time.monotonic() + 5)).start()
            wait_for(lambda: counts.get(0, 0) > 20000, "the download")
            start = time.monotonic()
            for _ in range(5):
                quick.sendall(b"ping")
                self.assertEqual(read_some(quick, 4), b"ping")
            self.assertLess(time.monotonic() - start, 2)

    def test_a_reset_while_both_ways_wait(self):
        """What the target said is still told, slowly, and nobody spins."""
        server = self.serve("ForwardRateLimit 20K")
        target = self.target(Slammer)
        socks, counts, enough = self.socks(server), {}, threading.Event()
        with socks.dial("127.0.0.1", target.port) as sock:
            end = time.monotonic() + 3 * LIMIT
            sock.settimeout(LIMIT)
            for work, args in ((pour, (sock, end, enough)),
                               (drain, (sock, counts, 0, end))):
                threading.Thread(target=work, daemon=True, args=args).start()
            wait_for(target.is_full, "the target's queue to fill")
            target.slam.set()
            target.slammed.wait(LIMIT)
            enough.set()    # what still came would be read, and dropped
            used, told = processor_seconds(server), counts.get(0, 0)
            time.sleep(1)
            self.assertGreater(counts.get(0, 0), told)
            self.assertLess(processor_seconds(server) - used, 0.25)

    def test_many_that_end(self):
        """Each of many gets its bytes and its end of file through."""
        server = self.serve("ForwardRateLimit 48K")
        echo, data = self.target(), bytes(range(256)) * 4
        socks = self.socks(server)
        many = [socks.dial("127.0.0.1", echo.port) for _ in range(40)]
        for sock in many:
            self.addCleanup(sock.close)
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        for sock in many:
            self.assertEqual(read_all(sock), data)
        self.assert_log(server, "closed: .* 1024 bytes up, 1024 bytes down",
                        len(many))

    def test_nothing_is_lost(self):
        """What goes through slowly is what came in."""
        server = self.serve(f"ForwardRateLimit {4 * self.RATE}")
        port = self.local(server, self.target())
        data = bytes(range(256)) * 8192
        with dial(port) as sock:
            threading.Thread(target=sock.sendall, args=(data,),
                             daemon=True).start()
            self.assertEqual(read_some(sock, len(data)), data)
        self.assert_log(server, rf"{len(data)} bytes up, {len(data)} bytes "
                        "down")


if __name__ == "__main__":
    unittest.main()

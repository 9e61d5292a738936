"""MaxForwards, MaxListeners, MaxConnectionsPerUser, MaxConnectionLifetime,
ConnectTimeout and ForwardRateLimit: how many, how long, how fast."""

import contextlib
import signal
import socket
import threading
import time
import unittest

from grants import Grants
from harness import (LIGHT, Recorder, Target, ask, dial, free_port, listening,
                     needs_root, on_portcullis, read_some, wait_for)
from namespaces import needs_mounts
from test_names import NamesCase
from test_pressure import processor_seconds

STRICT = ["ExitOnForwardFailure=yes"]


class Deaf:
    """A port whose queue is full: the kernel answers no further SYN."""

    def __init__(self, test):
        self.sock = socket.socket()
        test.addCleanup(self.sock.close)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        for _ in range(8):
            waiting = socket.socket()
            test.addCleanup(waiting.close)
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", self.port))
            self.ours = waiting.getsockname()

    def dialled(self):
        """How many sockets try to connect, apart from our own."""
        found = 0
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table.readlines()[1:]:
                fields = line.split()
                found += (fields[3] == "02" and
                          int(fields[2].split(":")[1], 16) == self.port)
        return found


@on_portcullis
class MaxForwards(Grants):
    """Forwards that are open, pending or offered."""

    def test_one_more_is_refused(self):
        """Until one of the others ends."""
        target = self.target()
        for server in self.everywhere("MaxForwards 2"):
            socks = self.socks(server)
            first = socks.dial("127.0.0.1", target.port)
            with socks.dial("127.0.0.1", target.port) as second:
                self.assertIn(
                    "resource shortage: too many forwards",
                    socks.try_open("127.0.0.1", target.port))
                self.assert_denied(server, "too-many-forwards", "MaxForwards")
                first.close()
                self.assert_log(server, "forward 1 closed:")
                self.assertEqual(socks.try_open("127.0.0.1", target.port), "")
                second.sendall(b"ping")
                self.assertEqual(read_some(second, 4), b"ping")

    def test_pending_ones_count(self):
        """One that has not been connected takes a place."""
        deaf, target = Deaf(self), self.target()
        socks = self.socks(self.serve("MaxForwards 1"))
        before = deaf.dialled()
        with socks.begin("127.0.0.1", deaf.port):
            wait_for(lambda: deaf.dialled() > before, "the SYN")
            self.assertIn("too many forwards",
                          socks.try_open("127.0.0.1", target.port))
        self.assertEqual(target.peers, [])

    def test_connections_to_listeners_count(self):
        """What is too much is closed and logged."""
        echo, port = self.target(), free_port()
        server = self.serve("MaxForwards 1")
        self.hold(server, "-R", f"{port}:127.0.0.1:{echo.port}", ready=port)
        with dial(port) as first:
            first.sendall(b"ping")
            self.assertEqual(read_some(first, 4), b"ping")
            self.assertEqual(ask(port), b"")
            self.assert_denied(server, "too-many-forwards", "MaxForwards")
        self.assert_log(server, r"forward \d+ closed:")
        self.assertEqual(ask(port), b"ping")

    def test_zero_is_none_at_all(self):
        """No forward, but a login."""
        server = self.serve("MaxForwards 0")
        self.assertIn("too many forwards",
                      self.socks(server).try_open("127.0.0.1", 9))
        got = self.ssh(server, "--", "policy")
        self.assertIn(b"At a time there may be 0 forwards.", got.stdout)


@on_portcullis
class MaxListeners(Grants):
    """Listeners on ports and paths together."""

    def test_one_more_is_refused(self):
        """And may come when another one has gone."""
        echo = self.target()
        for server in self.everywhere("MaxListeners 1"):
            one, two = free_port(), free_port()
            control = f"{server.dir}/ctl"
            self.hold(server, "-M", "-S", control, "-R",
                      f"{one}:127.0.0.1:{echo.port}", ready=one)
            words = ["-S", control, "-O", "forward", "-R",
                     f"{two}:127.0.0.1:{echo.port}"]
            self.assertNotEqual(self.ssh(server, *words).returncode, 0)
            self.assert_denied(server, "too-many-listeners", "MaxListeners")
            self.assertFalse(listening(two))
            self.ssh(server, "-S", control, "-O", "cancel", "-R",
                     f"{one}:127.0.0.1:{echo.port}")
            wait_for(lambda: not listening(one), "the end")
            self.assertEqual(self.ssh(server, *words).returncode, 0)
            self.assertEqual(ask(two), b"ping")


@on_portcullis
class MaxConnectionsPerUser(Grants):
    """Counted by the daemon over all connections."""

    WORDS = "Too many connections for user"

    def enter(self, server, **kw):
        """A client that is logged in, and stays."""
        port = free_port()
        client = self.hold(server, "-L", f"{port}:127.0.0.1:9", ready=port,
                           **kw)
        return client

    def refused(self, server, **kw):
        """What the client says that does not get in."""
        got = self.ssh(server, "-N", timeout=20, **kw)
        self.assertEqual(got.returncode, 255)
        said = got.stderr.decode()
        self.assertIn(self.WORDS, said)
        return said

    def test_one_more_is_refused(self):
        """Until one has ended; the log names the rule."""
        for server in self.everywhere("MaxConnectionsPerUser 2"):
            first, _ = self.enter(server), self.enter(server)
            self.refused(server)
            self.assert_log(
                server, rf"{self.WORDS} {self.user.name} from 127\.0\.0\.1 "
                r"port \d+: too-many-connections by "
                rf"{self.rule(server, 'MaxConnections')} \[preauth\]$")
            first.stop()
            self.assert_log(server, "Disconnected from user")
            self.enter(server)
            self.refused(server)

    def test_who_is_in_counts_whatever_was_in_force(self):
        """Connections from before a reload, and from where there is no
        limit."""
        server = self.serve()
        self.enter(server)
        server.write_conf("MaxConnectionsPerUser 1")
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"Received SIGHUP|[Rr]eload")
        wait_for(lambda: self.ssh(server, "--", "true").returncode == 255,
                 "the new configuration")
        self.refused(server)

    def test_together(self):
        """Of many that come at once exactly as many get in as may."""
        server = self.serve("MaxConnectionsPerUser 3")
        clients = [self.client(server, "-N", "-v") for _ in range(8)]
        wait_for(lambda: all(
            c.process.poll() is not None
            or "Entering interactive session" in c.err() for c in clients),
            "the logins")
        wait_for(lambda: sum(c.process.poll() is None
                             for c in clients) == 3, "five to leave")
        self.assertEqual(sum(self.WORDS in c.err() for c in clients), 5)

    @needs_root
    def test_others_are_not_counted(self):
        """Each user has a count of their own."""
        server = self.serve("MaxConnectionsPerUser 1")
        other = self.world.account("b")
        server.authorize(other.name, self.world.public())
        self.enter(server)
        self.enter(server, user=other.name)
        self.refused(server)
        self.refused(server, user=other.name)

    def test_explained_in_full_or_not_at_all(self):
        """As ExplainDenials says."""
        server = self.serve("MaxConnectionsPerUser 1\nExplainDenials full")
        self.enter(server)
        self.assertIn(f"by {server.conf}:1", self.refused(server))
        server = self.serve("MaxConnectionsPerUser 1\nExplainDenials none")
        self.enter(server)
        got = self.ssh(server, "-N")
        self.assertEqual(got.returncode, 255)
        self.assertNotIn(self.WORDS, got.stderr.decode())

    def test_the_daemon_may_go(self):
        """Who is in stays, with new forwards."""
        target = self.target()
        server = self.serve("MaxConnectionsPerUser 1")
        socks = self.socks(server)
        server.processes()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(10), 0)
        self.assertEqual(socks.try_open("127.0.0.1", target.port), "")

    def test_debug_mode(self):
        """-d serves one connection, and counts it."""
        server = self.serve("MaxConnectionsPerUser 1", args=["-d"])
        target = self.target()
        self.assertEqual(ask(self.local(server, target)), b"ping")


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


def drain(sock, counts, key, end):
    """Read until the time is over, and count."""
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            counts[key] = counts.get(key, 0) + len(sock.recv(65536))


def pour(sock, end):
    """Write until the time is over."""
    block = bytes(16384)
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            sock.sendall(block)


@on_portcullis
class ForwardRateLimit(Grants):
    """Bytes a second, each way, of all forwards together."""

    RATE = 1 << 20
    ERROR = 0.15 if LIGHT else 0.05

    def measure(self, count, seconds=3.0):
        """Bytes a second that count() grew by, after a second's start."""
        time.sleep(1)
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
        end = time.monotonic() + 8
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

"""What a connection has to keep to: keepalives, idle times, sessions,
compression, and what the server says of itself before and after the login."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

import rawssh
from harness import (LIGHT, Case, ask, dial, free_port, needs_root, on_both,
                     on_portcullis, read_some, wait_for)

SLACK = 8 if LIGHT else 4   # seconds a clock may be late


def ended(sock, limit):
    """Did the other side close within so many seconds?"""
    sock.settimeout(limit)
    try:
        return sock.recv(1) == b""
    except socket.timeout:
        return False
    except OSError:
        return True


def connections(port, *options):
    """What ss tells about the server's side of connections to a port."""
    argv = ["ss", "-tnH", *options, "state", "established", "sport", "=",
            f":{port}"]
    return subprocess.run(argv, capture_output=True, text=True, timeout=10,
                          check=False).stdout


def first_line(server):
    """What the server says first."""
    with dial(server.port) as sock:
        return sock.makefile("rb").readline()


@on_both
class Keepalive(Case):
    """ClientAliveInterval and ClientAliveCountMax."""

    def test_silent_client_is_ended(self):
        """A client that answers nothing is ended and named in the log."""
        server, echo = self.serve("ClientAliveInterval 1\n"
                                  "ClientAliveCountMax 2"), self.target()
        port = self.local(server, echo)
        os.kill(self.clients[0].pid, signal.SIGSTOP)
        try:
            found = server.wait_log(
                r"Timeout, client not responding from user "
                rf"{self.user.name} 127\.0\.0\.1 port \d+$", limit=3 + SLACK)
            self.assertTrue(found)
            server.wait_idle()
        finally:
            os.kill(self.clients[0].pid, signal.SIGCONT)
        self.assertEqual(self.clients[0].wait(), 255)
        self.assertTrue(port)

    def test_living_client_stays(self):
        """A client that answers stays, however long it has nothing to do."""
        server, echo = self.serve("ClientAliveInterval 1\n"
                                  "ClientAliveCountMax 1"), self.target()
        port = self.local(server, echo)
        time.sleep(4)
        self.assertEqual(ask(port), b"ping")
        self.assertNotIn("not responding", server.log())

    def test_count_of_zero_never_ends(self):
        """ClientAliveCountMax 0 asks and lets silence be."""
        server, echo = self.serve("ClientAliveInterval 1\n"
                                  "ClientAliveCountMax 0"), self.target()
        port = self.local(server, echo)
        os.kill(self.clients[0].pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(self.clients[0].pid, signal.SIGCONT)
        self.assertEqual(ask(port), b"ping")


@on_both
class IdleTimes(Case):
    """ChannelTimeout and UnusedConnectionTimeout."""

    def test_idle_forward_is_closed(self):
        """A forward without traffic is closed; the connection lives on."""
        server, echo = self.serve("ChannelTimeout direct-tcpip=2s"), \
            self.target()
        port = self.local(server, echo)
        with dial(port) as sock:
            sock.sendall(b"ping")
            self.assertEqual(read_some(sock, 4), b"ping")
            start = time.monotonic()
            self.assertTrue(ended(sock, 2 + SLACK))
            self.assertGreater(time.monotonic() - start, 0.9)
        self.assertEqual(ask(port), b"ping")

    def test_traffic_keeps_a_forward(self):
        """Each byte starts the time anew."""
        server, echo = self.serve("ChannelTimeout *=2s"), self.target()
        with dial(self.local(server, echo)) as sock:
            for _ in range(10):
                sock.sendall(b"ping")
                self.assertEqual(read_some(sock, 4), b"ping")
                time.sleep(0.4)

    def test_first_pattern_counts(self):
        """The first pattern that matches the type decides; 0 is never."""
        server, echo = self.serve(
            "ChannelTimeout forwarded-*=1s direct-tcpip=0 *=1s"), \
            self.target()
        with dial(self.local(server, echo)) as sock:
            self.assertFalse(ended(sock, 4))

    def test_idle_remote_forward_is_closed(self):
        """Forwards the other way have a type of their own."""
        server, echo, port = self.serve("ChannelTimeout forwarded-tcpip=2s"), \
            self.target(), free_port()
        self.hold(server, "-R", f"127.0.0.1:{port}:127.0.0.1:{echo.port}",
                  ready=port)
        with dial(port) as sock:
            sock.sendall(b"ping")
            self.assertEqual(read_some(sock, 4), b"ping")
            self.assertTrue(ended(sock, 2 + SLACK))
        self.assertEqual(ask(port), b"ping")

    def test_unused_connection_ends(self):
        """A connection without an open forward ends and is logged."""
        server = self.serve("UnusedConnectionTimeout 2s")
        client = self.client(server, "-N")
        self.assertEqual(client.wait(2 + SLACK), 255)
        self.assert_log(server, r"terminating inactive connection from user "
                        rf"{self.user.name} 127\.0\.0\.1 port \d+$")
        server.wait_idle()

    def test_listening_is_no_use(self):
        """A remote forward that nobody connects to keeps nothing alive."""
        server, port = self.serve("UnusedConnectionTimeout 2s"), free_port()
        client = self.hold(server, "-R", f"{port}:127.0.0.1:9", ready=port)
        self.assertEqual(client.wait(2 + SLACK), 255)

    def test_used_connection_stays(self):
        """An open forward keeps the connection, also when it is idle."""
        server, echo = self.serve("UnusedConnectionTimeout 2s"), self.target()
        with dial(self.local(server, echo)) as sock:
            sock.sendall(b"ping")
            self.assertEqual(read_some(sock, 4), b"ping")
            time.sleep(4)
            sock.sendall(b"pong")
            self.assertEqual(read_some(sock, 4), b"pong")
        self.assertEqual(self.clients[0].wait(2 + SLACK), 255)


@on_portcullis
class LaterIdleTimes(Case):
    """What sshd 9.2 has not, or does not do within Match."""

    def test_global_time(self):
        """global= closes all forwards when none carried anything."""
        server, echo = self.serve("ChannelTimeout global=3s"), self.target()
        port = self.local(server, echo)
        with dial(port) as busy, dial(port) as idle:
            for _ in range(10):
                busy.sendall(b"ping")
                self.assertEqual(read_some(busy, 4), b"ping")
                time.sleep(0.5)
            idle.sendall(b"ping")
            self.assertEqual(read_some(idle, 4), b"ping")
            self.assertTrue(ended(idle, 3 + SLACK))
            self.assertTrue(ended(busy, SLACK))

    def test_time_within_match(self):
        """ChannelTimeout within a Match block has an effect."""
        server, echo = self.serve(
            match=f"Match User {self.user.name}\nChannelTimeout *=1s"), \
            self.target()
        with dial(self.local(server, echo)) as sock:
            self.assertTrue(ended(sock, 1 + SLACK))


@on_both
class Sessions(Case):
    """MaxSessions limits session channels and nothing else."""

    def count(self, server):
        """How many sessions one connection gets, of four."""
        transport, open_ones = rawssh.login(server), []
        with contextlib.closing(transport):
            for _ in range(4):
                with contextlib.suppress(rawssh.paramiko.ChannelException):
                    open_ones.append(transport.open_session(timeout=10))
        return len(open_ones)

    def test_limit(self):
        """As many as MaxSessions says, within Match as well."""
        server = self.serve("MaxSessions 2")
        self.assertEqual(self.count(server), 2)
        match = self.serve(match=f"Match User {self.user.name}\n"
                           "MaxSessions 3")
        self.assertEqual(self.count(match), 3)

    def test_none_at_all(self):
        """MaxSessions 0 refuses sessions; forwards do not count."""
        server, echo = self.serve("MaxSessions 0"), self.target()
        got = self.ssh(server, "--", "true")
        self.assertEqual(got.returncode, 255)
        self.assertEqual(ask(self.local(server, echo)), b"ping")


@on_both
class Compression(Case):
    """Compression, which begins after the login."""

    def run_with(self, value, *flags):
        """The client's words, after data went both ways."""
        server, echo, port = self.serve(f"Compression {value}"), \
            self.target(), free_port()
        client = self.hold(server, "-v", *flags, "-L",
                           f"{port}:127.0.0.1:{echo.port}", ready=port)
        data = b"the same words again and again " * 3000 + os.urandom(20000)
        self.assertEqual(ask(port, data), data)
        return client.err()

    def test_asked_for_and_allowed(self):
        """A client that asks gets it, for yes and for delayed."""
        for value in ("yes", "delayed"):
            with self.subTest(value):
                said = self.run_with(value, "-C")
                self.assertRegex(said, "compression: zlib@openssh.com")
                self.assertNotRegex(said, "compression: none")

    def test_refused(self):
        """With no a client that asks goes on without it."""
        self.assertRegex(self.run_with("no", "-C"), "compression: none")

    def test_not_asked_for(self):
        """Nobody gets it who does not ask."""
        self.assertRegex(self.run_with("yes"), "compression: none")


@on_both
class Banner(Case):
    """The text before the login."""

    TEXT = "Property of Example\nNo entry\n"

    def banner(self, text, name="banner"):
        """A file with this text."""
        path = self.world.dir / f"{name}-{type(self).__name__}"
        path.write_bytes(text.encode())
        self.addCleanup(path.unlink)
        return path

    def said(self, server, **kw):
        """What a client without any method that works writes to stderr."""
        got = self.ssh(server, "--", "true", **kw)
        return got.stderr.decode().replace("\r\n", "\n")

    def test_shown_before_the_login(self):
        """The text comes before success and before failure, once."""
        server = self.serve(f"Banner {self.banner(self.TEXT)}")
        self.assertEqual(self.said(server).count(self.TEXT), 1)
        said = self.said(server, key="other_key")
        self.assertEqual(said.count(self.TEXT), 1)
        self.assertLess(said.index(self.TEXT),
                        said.index("Permission denied"))

    def test_of_the_user(self):
        """A Match block may name another, or none."""
        server = self.serve(
            f"Banner {self.banner(self.TEXT)}",
            match=f"Match User {self.user.name}\nBanner none")
        self.assertNotIn("Property", self.said(server))
        self.assertIn(self.TEXT, self.said(server, user="nobody-at-all"))

    def test_no_text_is_no_banner(self):
        """A missing or empty file shows nothing and hinders nobody."""
        for path in (self.banner("", "empty"), "/nonexistent/banner"):
            with self.subTest(path):
                server = self.serve(f"Banner {path}")
                got = self.ssh(server, "--", "true")
                self.assertEqual((got.returncode, got.stderr), (0, b""))


@on_portcullis
class LongBanner(Case):
    """More text than one message holds."""

    def test_too_long(self):
        """It is not shown; the log says so and the login goes on."""
        path = self.world.dir / "long"
        self.addCleanup(path.unlink)
        server = self.serve(f"Banner {path}")
        path.write_text("x" * 59999 + "\n")
        self.assertIn(b"x" * 1000, self.ssh(server, "--", "true").stderr)
        path.write_text("x" * 60000 + "\n")
        got = self.ssh(server, "--", "true")
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        self.assert_log(server, rf"Banner {path} is not shown: File too large")


@on_both
class Greeting(Case):
    """The first line of the protocol."""

    def test_addendum(self):
        """VersionAddendum stands behind the version, none is nothing."""
        plain = first_line(self.serve("VersionAddendum none")).strip()
        self.assertTrue(re.match(rb"SSH-2\.0-\S+( Debian-\S+)?$", plain),
                        plain)
        line = first_line(self.serve("VersionAddendum hello  world"))
        self.assertTrue(line.endswith(b" hello  world\r\n"), line)
        self.assertEqual(self.ssh(self.servers[1], "--", "true").returncode,
                         0)


@on_portcullis
class OurGreeting(Case):
    """The name of the program."""

    def test_name(self):
        """It is ours and not that of a library."""
        self.assertRegex(first_line(self.serve()),
                         rb"^SSH-2\.0-Portcullis_[0-9.]+\r\n$")

    def test_long_addendum(self):
        """The line never exceeds what RFC 4253 allows."""
        server = self.serve("VersionAddendum " + "x" * 900)
        self.assertEqual(len(first_line(server)), 255)
        self.assertEqual(self.ssh(server, "--", "true").returncode, 0)


@on_both
@needs_root
@unittest.skipUnless(shutil.which("ss"), "needs ss")
class Socket(Case):
    """Options of the client's socket."""

    def test_keepalive(self):
        """TCPKeepAlive sets the kernel's timer, or does not."""
        for value, timer in (("yes", True), ("no", False)):
            with self.subTest(value):
                server, echo = self.serve(f"TCPKeepAlive {value}"), \
                    self.target()
                self.local(server, echo)
                wait_for(lambda: ("keepalive" in connections(
                    server.port, "-o")) == timer, "the timer")


@on_portcullis
@needs_root
@unittest.skipUnless(shutil.which("ss"), "needs ss")
class TrafficClass(Case):
    """IPQoS; sshd 9.2 leaves connections without a session alone."""

    def test_second_value(self):
        """A connection with forwards only has the second value."""
        rows = (("af21 cs1", "0x20"), ("cs6", "0xc0"), ("af21 16", "0x10"))
        for value, shown in rows:
            with self.subTest(value):
                server, echo = self.serve(f"IPQoS {value}"), self.target()
                self.assertEqual(ask(self.local(server, echo)), b"ping")
                wait_for(lambda: f"tos:{shown}" in connections(
                    server.port, "--tos"), f"tos {shown}")


if __name__ == "__main__":
    unittest.main()

"""Clients that do not keep to the protocol: garbage, lies about sizes, people
who leave in the middle, and messages that nobody should send."""

import os
import socket
import struct
import time
import unittest
from concurrent import futures

import paramiko

import rawssh
from harness import (ROOT, Case, Recorder, ask, dial, free_port, on_both,
                     on_portcullis, open_files, read_some, wait_for)
from rawssh import (BANNER, CHANNEL_CLOSE, CHANNEL_DATA, CHANNEL_EOF,
                    CHANNEL_OPEN, GLOBAL_REQUEST, WINDOW_ADJUST, kexinit,
                    login, packet, throw)

# What is sent before anything is agreed; the server must end them all.
GARBAGE = [
    ("http", b"GET / HTTP/1.0\r\nHost: x\r\n\r\n"),
    ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 300),
    ("random bytes", os.urandom(4096)),
    ("nothing but newlines", b"\n" * 100000),
    ("a line without end", b"A" * 100000),
    ("an old version", b"SSH-1.5-old\r\n"),
    ("a version of nothing", b"SSH-\r\n"),
    ("a version from the future", b"SSH-9.9-new\r\n"),
    ("length of 4 GB", BANNER + b"\xff" * 64),
    ("length of 2 GB", BANNER + b"\x7f" + b"\xff" * 63),
    ("length of 256 KiB and a bit", BANNER + packet(b"\x02", length=262145)),
    ("length zero", BANNER + b"\0" * 64),
    ("length one", BANNER + packet(b"\x02", length=1)),
    ("length not of the block size", BANNER + packet(b"\x02", length=13)),
    ("more padding than packet", BANNER + packet(b"\x02", padding=255)),
    ("no padding", BANNER + packet(b"\x02", padding=0)),
    ("an empty offer", BANNER + packet(kexinit(""))),
    ("an offer of unknown names", BANNER + packet(kexinit("x-none@test"))),
    ("an offer cut short", BANNER + packet(kexinit("a")[:30])),
    ("a list longer than its packet",
     BANNER + packet(b"\x14" + b"\0" * 16 + b"\xff" * 60)),
    ("a login before the keys",
     BANNER + packet(b"\x32" + struct.pack(">I", 4) + b"root")),
    ("a forward before the keys", BANNER + packet(
        b"\x5a" + struct.pack(">I", 12) + b"direct-tcpip" + b"\0" * 20)),
    ("new keys before any", BANNER + packet(b"\x15") * 4),
    ("a goodbye", BANNER + packet(b"\x01" + b"\0" * 12)),
    ("random packets", BANNER + b"".join(
        packet(os.urandom(40)) for _ in range(50))),
]

LEAVES = [("at once", b""), ("after half a banner", BANNER[:9]),
          ("after the banner", BANNER),
          ("in the length of a packet", BANNER + b"\0\0"),
          ("in the middle of a packet", BANNER + packet(kexinit("a"))[:50]),
          ("after its offer", BANNER + packet(
              kexinit("curve25519-sha256")))]


@on_both
class Hostile(Case):
    """Whatever arrives: that connection ends, the others do not notice."""

    def test_garbage(self):
        """Each kind of garbage ends its connection soon and leaves nothing,
        and the next login works."""
        server = self.serve("LoginGraceTime 5")
        for what, data in GARBAGE:
            with self.subTest(what):
                _, ended = throw(server.port, data, limit=12)
                self.assertTrue(ended, "still connected after 12 s")
                server.wait_idle()
        self._still_works(server)

    def test_leaving_early(self):
        """A client may leave at any point, politely or by a reset."""
        server = self.serve()
        for what, data in LEAVES:
            for reset in (False, True):
                with self.subTest(what, reset=reset):
                    with dial(server.port) as sock:
                        sock.sendall(data)
                        if reset:
                            sock.setsockopt(
                                socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
                    server.wait_idle()
        self._still_works(server)

    def test_stopping_in_the_middle(self):
        """A client that stops sending is ended by LoginGraceTime."""
        server = self.serve("LoginGraceTime 1")
        with futures.ThreadPoolExecutor(len(LEAVES)) as pool:
            ends = [pool.submit(throw, server.port, data, limit=15)
                    for _, data in LEAVES]
        for (what, _), end in zip(LEAVES, ends):
            with self.subTest(what):
                self.assertTrue(end.result()[1])
        server.wait_idle()

    def test_port_scan(self):
        """A hundred connections that say nothing leave nothing behind."""
        server = self.serve()
        before = open_files(server.pid) if ROOT else 0
        for number in range(100):
            with dial(server.port) as sock:
                if number % 3 == 0:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
        server.wait_idle(20)
        if ROOT:
            wait_for(lambda: open_files(server.pid) <= before, "descriptors")
        self._still_works(server)

    def test_bytes_one_by_one(self):
        """A login whose first bytes trickle in one by one works."""
        server = self.serve()
        with dial(server.port) as sock:
            for byte in BANNER:
                sock.sendall(bytes([byte]))
                time.sleep(0.01)
            self.assertEqual(read_some(sock, 4), b"SSH-")

    def _still_works(self, server):
        target = self.target()
        got = self.ssh(server, "-W", f"127.0.0.1:{target.port}", send=b"ok")
        self.assertEqual(got.stdout, b"ok", got.stderr)

    def test_ports_beyond_the_last(self):
        """Targets above 65535 are refused as policy, not truncated."""
        target, server = self.target(), self.serve()
        transport = login(server)
        self.addCleanup(transport.close)
        for port in (65536, 65536 + target.port, 2 ** 31, 2 ** 32 - 1):
            with self.subTest(port=port):
                code, _ = rawssh.try_direct(transport, "127.0.0.1", port)
                self.assertEqual(code, 1)
        self.assertEqual(target.peers, [])
        self.assertIsNone(rawssh.try_direct(transport, "127.0.0.1",
                                            target.port))

    def test_names_with_nul(self):
        """A target name with a NUL inside is never opened."""
        target = self.target()
        names = ["127.0.0.1\0.example", "local\0host", "\0", "\0\0"]
        if self.ours:  # sshd overlooks one NUL at the end
            names += ["127.0.0.1\0", "localhost\0"]
        for name in names:
            with self.subTest(name):
                transport = login(self.shared())
                self.assertIsNotNone(rawssh.try_direct(
                    transport, name, target.port))
                transport.close()
        self.assertEqual(target.peers, [])

    def shared(self):
        """One server for all rows of a table."""
        return self.servers[0] if self.servers else self.serve()

    def test_odd_channel_types(self):
        """Channel types that a client has no business to open are refused
        and the connection goes on."""
        target, server = self.target(), self.serve()
        transport = login(server)
        self.addCleanup(transport.close)
        for kind in ("x11", "auth-agent@openssh.com", "forwarded-tcpip",
                     "no-such-type", "", "x" * 2000):
            with self.subTest(kind[:30]):
                got = rawssh.try_direct(transport, "127.0.0.1", target.port,
                                        kind=kind)
                self.assertIsInstance(got, tuple, got)
        self.assertEqual(target.peers, [])
        self.assertIsNone(rawssh.try_direct(transport, "127.0.0.1",
                                            target.port))

    def test_unknown_global_requests_get_an_answer(self):
        """Every global request that wants one gets an answer."""
        transport = login(self.serve())
        self.addCleanup(transport.close)
        for kind in ("keepalive@openssh.com", "no-such-request", "",
                     "cancel-tcpip-forward"):
            with self.subTest(kind):
                fields = ("localhost", 1) if "cancel" in kind else ()
                self.assertIsNone(transport.global_request(kind, fields))
                self.assertTrue(transport.is_active())

    def test_messages_nobody_should_send(self):
        """Data for channels that do not exist, truncated messages and the
        like end at most their own connection."""
        server = self.serve()
        rude = [
            ("data for no channel", (CHANNEL_DATA, 4711, b"x")),
            ("window for no channel", (WINDOW_ADJUST, 4711, 2 ** 32 - 1)),
            ("end of no channel", (CHANNEL_EOF, 4711)),
            ("close of no channel", (CHANNEL_CLOSE, 2 ** 32 - 1)),
            ("an open without content", (CHANNEL_OPEN,)),
            ("an open cut short", (CHANNEL_OPEN, "direct-tcpip", 0, 1, 1)),
            ("a request cut short", (GLOBAL_REQUEST, "tcpip-forward", True)),
            ("a confirmation of nothing", (91, 0, 0, 0, 0)),
            ("a failure of nothing", (92, 0, 0, "", "")),
            ("a success of nothing", (81,)),
            ("a login after the login", (50, "root", "ssh-connection")),
            ("an unknown message", (255,)),
        ]
        for what, fields in rude:
            with self.subTest(what):
                transport = login(server)
                rawssh.send(transport, *fields)
                time.sleep(0.15)
                transport.close()
                server.wait_idle()
        self._still_works(server)

    def test_garbage_after_the_login(self):
        """Bytes that do not decrypt end the connection."""
        server = self.serve()
        transport = login(server)
        transport.sock.sendall(os.urandom(70000))
        server.wait_idle()
        transport.close()
        self._still_works(server)

    def test_vanishing_with_forwards_open(self):
        """A client that resets its connection takes its forwards along."""
        server, target, port = self.serve(), self.target(Recorder), \
            free_port()
        transport = login(server)
        channel = transport.open_channel(
            "direct-tcpip", ("127.0.0.1", target.port), ("127.0.0.1", 1))
        channel.sendall(b"hello")
        self.assertEqual(rawssh.try_listen(transport, "localhost", port),
                         port)
        wait_for(lambda: target.received == [b"hello"], "the data")
        transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))
        transport.sock.close()
        wait_for(lambda: target.open == 0, "the target to see the end")
        server.wait_idle()

    def test_more_data_than_the_window(self):
        """A client that ignores the window cannot make the server grow or
        fall."""
        server, target = self.serve(), self.target(Recorder)
        transport = login(server)
        channel = transport.open_channel(
            "direct-tcpip", ("127.0.0.1", target.port), ("127.0.0.1", 1))
        channel.out_window_size = 2 ** 31
        try:
            for _ in range(64):
                channel.sendall(b"x" * 30000)
        except (OSError, EOFError, paramiko.SSHException):
            pass
        transport.close()
        server.wait_idle()
        self._still_works(server)

    def test_empty_window(self):
        """An open with a window of nothing is granted and stalls nobody; its
        data comes when the window is opened."""
        server, target = self.serve(), self.target()
        transport = login(server)
        self.addCleanup(transport.close)
        rawssh.send(transport, CHANNEL_OPEN, "direct-tcpip", 77, 0, 32768,
                    "127.0.0.1", target.port, "127.0.0.1", 1)
        wait_for(lambda: target.peers, "the target to be reached")
        self.assertIsNone(rawssh.try_direct(transport, "127.0.0.1",
                                            target.port))

    def test_empty_packet_size(self):
        """A packet size of nothing ends at most its own connection."""
        server, target = self.serve(), self.target()
        transport = login(server)
        rawssh.send(transport, CHANNEL_OPEN, "direct-tcpip", 77, 1 << 20, 0,
                    "127.0.0.1", target.port, "127.0.0.1", 1)
        time.sleep(0.3)
        self._still_works(server)
        transport.close()
        server.wait_idle()


@on_portcullis
class StricterThanSshd(Case):
    """Where sshd has a hole, or talks too much."""

    def test_garbage_is_logged_once(self):
        """There is one line about a connection that ends before a login."""
        server = self.serve("LoginGraceTime 2")
        for what, data in GARBAGE + LEAVES:
            if what == "a goodbye":  # two lines, as with sshd
                continue
            with self.subTest(what):
                before = len(server.log())
                throw(server.port, data, limit=12)
                server.wait_idle()
                time.sleep(0.1)
                lines = server.log()[before:].splitlines()
                self.assertEqual(len(lines), 1, "\n".join(lines))
                self.assertIn("127.0.0.1", lines[0])

    def test_listen_ports_beyond_the_last(self):
        """A listener above 65535 is refused; sshd would truncate it."""
        transport = login(self.serve())
        self.addCleanup(transport.close)
        low = free_port()
        for port in (65536, 65536 + low, 2 ** 31 - 1, 2 ** 32 - 1):
            with self.subTest(port=port):
                self.assertIsNone(rawssh.try_listen(transport, "localhost",
                                                    port))
        self.assertEqual(rawssh.try_listen(transport, "localhost", low), low)
        self.assertEqual(self._once(low), b"")

    @staticmethod
    def _once(port):
        """Nobody accepts at the client, so the peer only sees the end."""
        return ask(port, b"", limit=5)

    def test_listen_names_with_nul(self):
        """A bind address with a NUL inside is refused or ends the client."""
        server = self.serve()
        for name in ("localhost\0", "\0", "127.0.0.1\0x"):
            with self.subTest(name):
                transport, port = login(server), free_port()
                self.assertIsNone(rawssh.try_listen(transport, name, port))
                with self.assertRaises(OSError):
                    dial(port)
                transport.close()

    def test_port_zero_without_wanting_a_reply(self):
        """An allocated port that nobody would learn of is refused."""
        server = self.serve()
        transport = login(server)
        self.addCleanup(transport.close)
        transport.global_request("tcpip-forward", ("localhost", 0),
                                 wait=False)
        transport.global_request("keepalive@openssh.com")
        self.assertNotIn("listen opened", server.log())


if __name__ == "__main__":
    unittest.main()

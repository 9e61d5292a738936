"""What every client of the matrix is put through, on sshd and on Portcullis,
so that a client's own limits are told apart from the server's.

A file test_client_NAME.py says how NAME is started (a Tool) and takes the
scenarios from here; what NAME cannot do at all it sets to None.
"""

import hashlib
import os
import socket
import struct
import subprocess
import threading
import unittest

from client_tools import Running
from harness import (LIGHT, ROOT, Bulk, EarlyEnd, Late, ask, dial, exchange,
                     free_port, listening, read_all, read_some, wait_for)

SIZE = (4 if LIGHT else 20) * 1000 * 1000
# The server offers one method beside keys, so the client has no choice.
METHODS = {"key": "UsePAM no",
           "password": "UsePAM yes\nPasswordAuthentication yes",
           "keyboard": "UsePAM yes\nKbdInteractiveAuthentication yes"}


class Swap(Bulk):
    """Sends and takes size bytes at once and ends when it has both: ssh -W
    goes when its target ends, whatever it still has to send."""

    def handle(self, sock):
        def send():
            sock.sendall(data)

        data, got = os.urandom(self.size), hashlib.sha256()
        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        left = self.size
        while left and (chunk := sock.recv(min(left, 1 << 18))):
            got.update(chunk)
            left -= len(chunk)
        thread.join(60)
        self.sent.append(hashlib.sha256(data).hexdigest())
        self.got.append(got.hexdigest())


class Scenarios:
    """The scenarios; mixed into a Case, once for each server."""

    tool = None

    def setUp(self):
        super().setUp()
        why = self.tool.missing()
        if why:
            raise unittest.SkipTest(why)

    def run_client(self, server, *words, method="key", talk=False):
        """A client that stays, with these forwards."""
        argv = self.tool.argv(server, method, [str(w) for w in words])
        running = Running(argv, self.tool.env(server, method), server.dir,
                          subprocess.PIPE if talk else subprocess.DEVNULL)
        self.addCleanup(running.stop)
        return running

    def forward(self, target, method="key", server=None):
        """The local port of a -L to a target."""
        server = server or self.serve(METHODS[method])
        port = free_port()
        self.run_client(server, "-L",
                        f"127.0.0.1:{port}:{target.host}:{target.port}",
                        method=method).wait_listening(port)
        return port

    def listen(self, target, talk=False):
        """A -R to a target: the client, its server, port and words."""
        server, port = self.serve(), free_port()
        spec = f"{port}:{target.host}:{target.port}"
        running = self.run_client(server, "-R", spec, talk=talk)
        self.tool.wait_remote(running, port)
        return running, server, port, spec

    def test_login_methods(self):
        """Each login method the client has leads to a -L that echoes."""
        for method in self.tool.methods if ROOT else ("key",):
            with self.subTest(method):
                port = self.forward(self.target(), method)
                self.assertEqual(ask(port), b"ping")
                words = {"keyboard": "keyboard-interactive/pam",
                         "key": "publickey"}
                self.servers[-1].wait_log(
                    f"Accepted {words.get(method, method)} for ")
                self.servers[-1].stop()

    def test_local_many(self):
        """Twenty connections, four at a time, through one -L."""
        port = self.forward(self.target())
        for number in range(5):
            socks = [dial(port) for _ in range(4)]
            for index, sock in enumerate(socks):
                word = f"{number}/{index}".encode()
                sock.sendall(word)
                self.assertEqual(read_some(sock, len(word)), word)
            for sock in socks:
                sock.close()

    def test_local_client_ends_first(self):
        """-L: the answer arrives after the near side ended its direction."""
        with dial(self.forward(self.target(Late))) as sock:
            sock.sendall(b"question")
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(sock), b"late:question")

    def test_local_target_ends_first(self):
        """-L: data still flows up after the target ended its direction."""
        target = self.target(EarlyEnd)
        with dial(self.forward(target)) as sock:
            self.assertEqual(read_all(sock), b"hello")
            sock.sendall(b"still here")
        wait_for(lambda: target.received, "the late data")
        self.assertEqual(target.received, [b"still here"])

    def test_local_bulk(self):
        """-L: 20 MB both ways at once, equal checksums."""
        self._bulk(self.target(Bulk, size=SIZE), self.forward)

    def test_local_bulk_with_rekeys(self):
        """-L: 20 MB both ways while the server renews its keys every 2 MB."""
        server = self.serve("RekeyLimit 2M")
        self._bulk(self.target(Bulk, size=SIZE),
                   lambda target: self.forward(target, server=server))

    def test_local_refused(self):
        """-L: a target that refuses ends one connection, not the client."""
        server, near, nobody = self.serve(), free_port(), free_port()
        client = self.run_client(server, "-L",
                                 f"127.0.0.1:{near}:127.0.0.1:{nobody}")
        client.wait_listening(near)
        for _ in range(2):
            with dial(near) as sock:
                self.assertEqual(read_all(sock), b"")
        self.assertIsNone(client.process.poll(), client.said())
        self.assertTrue(listening(near))

    def test_local_not_permitted(self):
        """-L: a target outside PermitOpen is refused, the next one works."""
        target, other, port = self.target(), self.target(), free_port()
        server = self.serve(f"PermitOpen 127.0.0.1:{target.port}")
        client = self.run_client(server, "-L",
                                 f"127.0.0.1:{port}:127.0.0.1:{other.port}")
        client.wait_listening(port)
        with dial(port) as sock:
            self.assertEqual(read_all(sock), b"")
        self.assertEqual(other.peers, [])
        self.assertEqual(ask(self.forward(target, server=server)), b"ping")

    def test_remote_fixed(self):
        """-R PORT opens that port, and it echoes, again and again."""
        _, _, port, _ = self.listen(self.target())
        for _ in range(3):
            self.assertEqual(ask(port), b"ping")

    def test_remote_allocated(self):
        """-R 0: the client learns its port, and the port echoes."""
        target = self.target()
        running = self.run_client(self.serve(), "-R",
                                  f"0:127.0.0.1:{target.port}")
        port = int(running.wait_said(self.tool.said_port)[1])
        self.assertTrue(listening(port))
        self.assertEqual(ask(port), b"ping")

    def test_remote_cancel(self):
        """A cancelled -R closes its port and the connection goes on."""
        running, server, port, spec = self.listen(self.target(), talk=True)
        self.assertEqual(ask(port), b"ping")
        self.tool.cancel(running, server, spec)
        wait_for(lambda: not listening(port), "the port to close")
        self.assertIsNone(running.process.poll(), running.said())

    def test_remote_client_ends_first(self):
        """-R: the answer arrives after the far side ended its direction."""
        _, _, port, _ = self.listen(self.target(Late))
        with dial(port) as sock:
            sock.sendall(b"question")
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(sock), b"late:question")

    def test_remote_target_ends_first(self):
        """-R: data still flows after the client's target has ended."""
        target = self.target(EarlyEnd)
        _, _, port, _ = self.listen(target)
        with dial(port) as sock:
            self.assertEqual(read_all(sock), b"hello")
            sock.sendall(b"still here")
        wait_for(lambda: target.received, "the late data")
        self.assertEqual(target.received, [b"still here"])

    def test_remote_bulk(self):
        """-R: 20 MB both ways at once, equal checksums."""
        self._bulk(self.target(Bulk, size=SIZE),
                   lambda target: self.listen(target)[2])

    def test_remote_refused(self):
        """-R of a taken port: the client says so or ends, takes nothing."""
        taken = self.target()
        running = self.run_client(self.serve(), "-R",
                                  f"127.0.0.1:{taken.port}:127.0.0.1:9")
        wait_for(lambda: running.said() or running.process.poll() is not None,
                 "the client to notice")
        self.assertEqual(ask(taken.port), b"ping")

    def test_socks(self):
        """The client's SOCKS side reaches targets by address and by name."""
        target, port = self.target(), free_port()
        self.run_client(self.serve(), "-D", f"127.0.0.1:{port}"
                        ).wait_listening(port)
        for host in ("127.0.0.1", "localhost"):
            with self.subTest(host), self._socks(port, host,
                                                 target.port) as sock:
                sock.sendall(b"ping")
                self.assertEqual(read_some(sock, 4), b"ping")

    def test_socks_bulk(self):
        """SOCKS: 20 MB both ways at once, equal checksums."""
        target, port = self.target(Bulk, size=SIZE), free_port()
        self.run_client(self.serve(), "-D", f"127.0.0.1:{port}"
                        ).wait_listening(port)
        with self._socks(port, "127.0.0.1", target.port) as sock:
            sent, got = exchange(sock, SIZE)
        wait_for(lambda: target.got, "the target's digests")
        self.assertEqual((target.got, target.sent), ([sent], [got]))

    def test_stdio(self):
        """Standard input and output joined to a target: the answer comes
        after the end of input, and the client ends."""
        target = self.target(Late)
        done = self._stdio(target, b"question")
        self.assertEqual(done.stdout, b"late:question", done.stderr)

    def test_stdio_bulk(self):
        """Standard input and output: 20 MB both ways, equal checksums."""
        target, data = self.target(Swap, size=SIZE), os.urandom(SIZE)
        done = self._stdio(target, data)
        wait_for(lambda: target.got, "the target's digests")
        self.assertEqual(target.got, [hashlib.sha256(data).hexdigest()])
        self.assertEqual(target.sent,
                         [hashlib.sha256(done.stdout).hexdigest()])

    def test_nothing_is_left(self):
        """When the client goes, its listener and its processes go too."""
        running, server, port, _ = self.listen(self.target())
        running.stop()
        wait_for(lambda: not listening(port), "the port to close")
        server.wait_idle()

    def _bulk(self, target, forward):
        with dial(forward(target)) as sock:
            sent, got = exchange(sock, SIZE)
        wait_for(lambda: target.got, "the target's digests")
        self.assertEqual((target.got, target.sent), ([sent], [got]))

    def _stdio(self, target, data):
        server = self.serve()
        argv = self.tool.argv(server, "key",
                              self.tool.stdio(target.host, target.port))
        return subprocess.run(argv, input=data, capture_output=True,
                              env=self.tool.env(server, "key"), timeout=90,
                              cwd=server.dir, check=False)

    @staticmethod
    def _socks(port, host, far):
        """A SOCKS5 connection that has been granted."""
        sock, name = dial(port), host.encode()
        sock.sendall(b"\5\1\0")
        read_some(sock, 2)
        sock.sendall(b"\5\1\0\3" + bytes([len(name)]) + name
                     + struct.pack(">H", far))
        head = read_some(sock, 4)
        # The bound address: IPv4, a name, or IPv6.
        size = {1: 4, 3: None, 4: 16}[head[3]]
        if size is None:
            size = read_some(sock, 1)[0]
        read_some(sock, size + 2)
        return sock

"""When names are resolved and when not, watched by a name server of our own
that the server under test sees in a private /etc."""

import contextlib
import random
import socket
import struct
import threading
import time
import unittest

from harness import (Case, ask, free_port, needs_root, on_both, on_portcullis,
                     read_some, wait_for)
from namespaces import needs_mounts, overlay


A, AAAA = 1, 28     # kinds of questions


class FakeDns:
    """A name server on a loopback address: knows a few names, is silent about
    those that begin with `silent`, keeps its answers for those that begin with
    `late` until release(), and remembers what it was asked."""

    def __init__(self, names):
        self.names, self.asked, self.held = names, [], []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(20):
            self.host = f"127.{random.randint(1, 254)}." \
                f"{random.randint(1, 254)}.{random.randint(1, 254)}"
            with contextlib.suppress(OSError):
                self.sock.bind((self.host, 53))
                break
        else:
            raise unittest.SkipTest("port 53 is taken everywhere")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, peer = self.sock.recvfrom(4096)
            except OSError:
                return
            name, kind, question = self._parse(query)
            self.asked.append(name)
            answer = self._answer(query, name, kind, question)
            if name.startswith("late") and self.held is not None:
                self.held.append((answer, peer))
            elif not name.startswith("silent"):
                with contextlib.suppress(OSError):
                    self.sock.sendto(answer, peer)

    @staticmethod
    def _parse(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
            at += 1 + query[at]
        kind, = struct.unpack_from(">H", query, at + 1)
        return ".".join(labels).lower(), kind, query[12:at + 5]

    def _answer(self, query, name, kind, question):
        hosts = self.names.get(name)
        family = {A: socket.AF_INET, AAAA: socket.AF_INET6}.get(kind)
        found = [socket.inet_pton(family, host) for host in hosts or []
                 if (family == socket.AF_INET6) == (":" in host)] \
            if family else []
        flags = 0x8180 if hosts is not None else 0x8183
        head = query[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0)
        return head + question + b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(address))
            + address for address in found)

    def release(self):
        """Give the late answers, and no more late ones from here on."""
        held, self.held = self.held, None
        for answer, peer in held:
            with contextlib.suppress(OSError):
                self.sock.sendto(answer, peer)

    def close(self):
        """Stop answering."""
        self.sock.close()


class NamesCase(Case):
    """A server whose resolver is ours."""

    def setUp(self):
        super().setUp()
        self.dns = FakeDns({"good.test": ["127.0.0.1"],
                            "denied.test": ["127.0.0.1"],
                            "second.test": ["127.0.0.9", "127.0.0.1"],
                            "empty.test": []})
        self.addCleanup(self.dns.close)
        self.echo = self.target()

    def serve_names(self, conf="", **kw):
        """A running server that asks our name server."""
        server = self.prepare(conf.replace("PORT", str(self.echo.port)), **kw)
        files = {"resolv.conf": f"nameserver {self.dns.host}\n"
                 "options timeout:2 attempts:2\n",
                 "hosts": "127.0.0.1 localhost\n::1 localhost\n",
                 "nsswitch.conf": "passwd: files\ngroup: files\n"
                 "shadow: files\nhosts: files dns\nservices: files\n"}
        for name, text in files.items():
            (server.dir / name).write_text(text)
            (server.dir / name).chmod(0o644)
        server.prefix = overlay({f"/etc/{name}": server.dir / name
                                 for name in files})
        return server.start()


@on_both
@needs_root
@needs_mounts
class Names(NamesCase):
    """Names on the wire."""

    def test_permitted_name_is_resolved(self):
        """A permitted name is asked for and reached (so the watch works)."""
        socks = self.socks(self.serve_names("PermitOpen good.test:PORT"))
        self.assertEqual(socks.try_open("good.test", self.echo.port), "")
        self.assertIn("good.test", self.dns.asked)

    def test_denied_name_is_never_resolved(self):
        """No kind of refusal lets the name leave the machine."""
        rows = [("PermitOpen good.test:PORT", ""),
                ("PermitOpen denied.test:1", ""), ("PermitOpen none", ""),
                ("AllowTcpForwarding remote", ""),
                ("DisableForwarding yes", ""),
                ("", 'permitopen="good.test:PORT" '),
                ("", "no-port-forwarding "), ("", "restrict ")]
        for conf, options in rows:
            with self.subTest(conf=conf, options=options):
                options = options.replace("PORT", str(self.echo.port))
                server = self.serve_names(
                    conf, keys=options + self.world.public())
                socks = self.socks(server)
                said = socks.try_open("denied.test", self.echo.port)
                self.assertRegex(said, server.refused)
                self.assertNotIn("denied.test", self.dns.asked)
                server.stop()
        self.assertEqual(self.echo.peers, [])

    def test_next_address_is_tried(self):
        """When the first address refuses the next one is tried."""
        socks = self.socks(self.serve_names())
        self.assertEqual(socks.try_open("second.test", self.echo.port), "")

    def test_resolver_words(self):
        """The client is told what the resolver said."""
        socks = self.socks(self.serve_names())
        for name, words in (("gone.test", "Name or service not known"),
                            ("empty.test", "No address associated")):
            with self.subTest(name):
                self.assertIn(words, socks.try_open(name, self.echo.port))

    def test_remote_bind_name_is_not_resolved_when_refused(self):
        """A refused -R never resolves its bind address either."""
        server = self.serve_names("GatewayPorts clientspecified\n"
                                  "PermitListen localhost:*")
        got = self.ssh(server, "-N", "-R", "denied.test:4000:127.0.0.1:9",
                       options=["ExitOnForwardFailure=yes"])
        self.assertEqual(got.returncode, 255)
        self.assertNotIn("denied.test", self.dns.asked)

    def test_client_leaves_during_a_lookup(self):
        """A client that leaves while a lookup hangs leaves nothing."""
        server = self.serve_names()
        socks = self.socks(server)
        with socks.begin("silent.test", self.echo.port):
            wait_for(lambda: "silent.test" in self.dns.asked, "the query")
            socks.client.stop(9)
        server.wait_idle(20)


@on_portcullis
@needs_root
@needs_mounts
class SlowNames(NamesCase):
    """sshd stalls a whole connection in a lookup; Portcullis must not."""

    def test_silent_name_server_delays_nobody(self):
        """While lookups hang, open channels and new opens go on."""
        socks = self.socks(self.serve_names())
        hanging = []
        with socks.dial("127.0.0.1", self.echo.port) as steady:
            steady.sendall(b"ping")
            self.assertEqual(read_some(steady, 4), b"ping")
            for number in range(20):
                hanging.append(socks.begin(f"silent{number}.test", 80))
            wait_for(lambda: "silent0.test" in self.dns.asked, "the query")
            start = time.monotonic()
            steady.sendall(b"ping")
            self.assertEqual(read_some(steady, 4), b"ping")
            self.assertLess(time.monotonic() - start, 0.5)
            self.assertEqual(socks.try_open("127.0.0.1", self.echo.port), "")
            self.assertEqual(socks.try_open("good.test", self.echo.port), "")
            self.assertLess(time.monotonic() - start, 1.5)
        for sock in hanging:
            sock.close()

    def test_silent_name_in_a_listen_delays_nobody(self):
        """A bind name that hangs does not stall the connection's channels."""
        server = self.serve_names("GatewayPorts clientspecified")
        control, port = f"{server.dir}/ctl", free_port()
        self.hold(server, "-M", "-S", control, "-L",
                  f"{port}:127.0.0.1:{self.echo.port}", ready=port)
        client = self.client(server, "-S", control, "-O", "forward", "-R",
                             f"silent.test:{free_port()}:127.0.0.1:9")
        wait_for(lambda: "silent.test" in self.dns.asked, "the query")
        start = time.monotonic()
        self.assertEqual(ask(port), b"ping")
        self.assertLess(time.monotonic() - start, 0.5)
        client.stop()


if __name__ == "__main__":
    unittest.main()

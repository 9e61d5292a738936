"""GrantListen, DenyListen, ListenFrom and PrivilegedPorts: where a remote
forward may listen, on which port, and for whom."""

import os
import pathlib
import random
import re
import select
import socket
import subprocess
import time
import unittest

from grants import Grants
from harness import (HAS_IPV6, ask, free_port, listening, needs_ipv6,
                     needs_root, on_portcullis, read_some, wait_for)
from namespaces import needs_mounts
from test_names import FakeDns, NamesCase

STRICT = ["ExitOnForwardFailure=yes"]
LOOPBACK = {"127.0.0.1", "::1"} if HAS_IPV6 else {"127.0.0.1"}
START = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
            .read_text())


def free_range(count):
    """The first of so many ports in a row that nobody uses."""
    for _ in range(100):
        first = free_port()
        if not any(listening(first + i) for i in range(count)):
            return first
    raise RuntimeError("no free ports in a row")


def come_from(source, port, data=b"ping"):
    """What an echo service answers to who connects from this address."""
    with socket.create_connection(("127.0.0.1", port), 10,
                                  (source, 0)) as sock:
        try:
            sock.sendall(data)
        except OSError:
            pass
        return read_some(sock, len(data))


class Listening(Grants):
    """An echo service at the client's end."""

    def setUp(self):
        super().setUp()
        self.echo = self.target()

    def listen(self, server, *places):
        """A client that listens at these places."""
        words = []
        for number, place in enumerate(places):
            # ssh drops what looks like a repetition.
            echo = self.target() if number else self.echo
            words += ["-R", f"{place}:127.0.0.1:{echo.port}"]
        client = self.client(server, "-v", "-N", *words, options=STRICT)
        wait_for(lambda: client.err().count("remote forward success")
                 == len(places) or client.process.poll() is not None,
                 f"the listeners:\n{client.err()}")
        self.assertIsNone(client.process.poll(), client.err())
        return client

    def refused(self, server, place):
        """What the client says of a listener that must fail."""
        got = self.ssh(server, "-v", "-N", "-R", f"{place}:127.0.0.1:9",
                       options=STRICT)
        said = got.stderr.decode()
        self.assertEqual(got.returncode, 255, said)
        self.assertIn("remote port forwarding failed", said)
        return said

    @staticmethod
    def allocated(client):
        """The ports that the server chose."""
        return [int(port) for port in re.findall(r"Allocated port (\d+)",
                                                 client.err())]


@on_portcullis
class GrantListen(Listening):
    """Which addresses and ports."""

    def test_a_granted_range(self):
        """Inside it bytes go through; outside it nothing listens."""
        first = free_range(3)
        for server in self.everywhere(
                f"GrantListen localhost:{first}-{first + 1}"):
            client = self.listen(server, first + 1)
            self.assertEqual(listening(first + 1), LOOPBACK)
            self.assertEqual(ask(first + 1), b"ping")
            self.assert_log(server, r"listen opened: .* permitted by "
                            rf"{self.rule(server, 'GrantListen')}$")
            said = self.refused(server, first + 2)
            self.assertIn("port forwarding refused: not-permitted", said)
            self.assert_denied(server, "not-permitted", "GrantListen")
            self.assertFalse(listening(first + 2))
            client.stop()
            wait_for(lambda: not listening(first + 1), "the end")

    def test_only_the_granted_address_is_bound(self):
        """Of the two loopback addresses one may be granted."""
        port = free_port()
        for server in self.everywhere(f"GrantListen 127.0.0.1:{port}"):
            client = self.listen(server, port)
            self.assertEqual(listening(port), {"127.0.0.1"})
            client.stop()

    @needs_ipv6
    def test_any_port_at_two_addresses_that_differ(self):
        """A port that the kernel may choose at one address is not bound at
        another where it is not granted, or denied."""
        for line in ("GrantListen 127.0.0.1:* [::1]:8000",
                     "DenyListen [::1]:2-65535"):
            with self.subTest(line=line):
                server = self.serve(line)
                client = self.listen(server, 0)
                [port] = self.allocated(client)
                self.assertEqual(listening(port), {"127.0.0.1"})
                client.stop()
                server.stop()
            wait_for(lambda: not listening(port), "the end")

    def test_denied_ports_win(self):
        """DenyListen wins over PermitListen and GrantListen."""
        port = free_port()
        for server in self.everywhere(
                f"PermitListen localhost:{port}\nGrantListen *:*\n"
                f"DenyListen 127.0.0.0/8:{port} [::1]:{port}"):
            self.refused(server, port)
            self.assert_denied(server, "denied", "DenyListen")
            self.assertFalse(listening(port))

    def test_the_real_address_counts(self):
        """GatewayPorts widens what the client asks for; the list is held
        against what would be bound."""
        port = free_port()
        server = self.serve(f"GatewayPorts yes\nGrantListen localhost:{port}")
        self.refused(server, f"localhost:{port}")
        self.assertFalse(listening(port))

    def test_explained_in_full(self):
        """ssh -v has the rule, when it may."""
        port = free_port()
        server = self.serve("DenyListen *:*\nExplainDenials full")
        self.assertIn(f"refused: denied by {server.conf}:1",
                      self.refused(server, port))
        server = self.serve("DenyListen *:*\nExplainDenials none")
        self.assertRegex(self.refused(server, port),
                         r"port forwarding refused\r?\n")


@on_portcullis
class PortZero(Listening):
    """The server chooses a port, of the granted ones."""

    def test_a_free_port_of_the_range(self):
        """Each request gets another one, until none is left."""
        first = free_range(3)
        ports = set(range(first, first + 3))
        for server in self.everywhere(
                f"GrantListen localhost:{first}-{first + 2}"):
            client = self.listen(server, 0, 0, 0)
            self.assertEqual(set(self.allocated(client)), ports)
            for port in ports:
                self.assertEqual(listening(port), LOOPBACK)
                self.assertEqual(ask(port), b"ping")
            said = self.refused(server, 0)
            self.assertIn("none of the granted ports is free", said)
            client.stop()
            wait_for(lambda: not any(map(listening, ports)), "the end")

    def test_a_denied_port_is_left_out(self):
        """And one that somebody else has."""
        first = free_range(4)
        taken = self.target(host="127.0.0.1", port=first + 1)
        server = self.serve(f"GrantListen localhost:{first}-{first + 3}\n"
                            f"DenyListen 127.0.0.1:{first + 3}")
        client = self.listen(server, 0, 0)
        self.assertEqual(set(self.allocated(client)), {first, first + 2})
        self.refused(server, 0)
        self.assertEqual(taken.peers, [])

    def test_other_ports_than_a_denied_one(self):
        """Without a grant all but the denied ones may be had."""
        server = self.serve("DenyListen *:1024-60000")
        client = self.listen(server, 0)
        port, = self.allocated(client)
        self.assertGreater(port, 60000)
        self.assertEqual(ask(port), b"ping")

    def test_nothing_restricts(self):
        """Then it is the kernel that chooses."""
        server = self.serve("GrantListen localhost:*")
        client = self.listen(server, 0)
        port, = self.allocated(client)
        self.assertEqual(ask(port), b"ping")


@on_portcullis
class ListenFrom(Listening):
    """Who may connect to a listener."""

    def test_others_are_turned_away(self):
        """Who is listed is let in; who is not is closed, logged, and told
        of in the session."""
        port = free_port()
        for server in self.everywhere("ListenFrom 127.1.0.0/16 127.2.0.1"):
            client = self.listen(server, port)
            self.assertEqual(come_from("127.1.2.3", port), b"ping")
            self.assertEqual(come_from("127.2.0.1", port), b"ping")
            self.assertEqual(len(self.echo.peers), 2)
            self.assertEqual(come_from("127.0.0.1", port), b"")
            self.assert_denied(server, "source-not-listed", "ListenFrom")
            self.assert_log(server, r"refused connection to listener: .* from "
                            r"127\.0\.0\.1 port \d+, source-not-listed")
            self.assertEqual(len(self.echo.peers), 2)
            self.echo.peers.clear()
            client.stop()
            wait_for(lambda: not listening(port), "the end")

    def test_the_session_is_told(self):
        """In as many words as ExplainDenials allows."""
        for word, said in (("brief", r", source-not-listed$"),
                           ("full", r", source-not-listed by .*:1$"),
                           ("none", r"$")):
            port = free_port()
            server = self.serve("ListenFrom 127.2.0.1\n"
                                f"ExplainDenials {word}")
            client = self.client(server, "-tt", "-R",
                                 f"{port}:127.0.0.1:{self.echo.port}",
                                 stdin=subprocess.PIPE)
            client.wait_listening(port)
            come_from("127.0.0.1", port)
            self.assertRegex(self.line(client, b"turned away"),
                             rf"localhost port {port}, from 127\.0\.0\.1 "
                             rf"port \d+{said}")
            client.stop()

    @staticmethod
    def line(client, word):
        """The line of a client's screen that has this word."""
        end = time.monotonic() + 15
        text = b""
        while time.monotonic() < end:
            if select.select([client.process.stdout], [], [], 0.2)[0]:
                text += os.read(client.process.stdout.fileno(), 4096)
            found = [row for row in text.split(b"\n")[:-1] if word in row]
            if found:
                return found[0].decode().strip()
        raise AssertionError(f"not on the screen:\n{text!r}")


@on_portcullis
@needs_root
@unittest.skipUnless(START > 700, "every port is unprivileged here")
class PrivilegedPorts(Listening):
    """Ports below the kernel's unprivileged start, for who is not root."""

    def port(self):
        """A privileged port that nobody uses."""
        while True:
            port = random.randint(600, START - 1)
            if not listening(port):
                return port

    def test_a_listed_port(self):
        """It is bound and carries bytes; another one is refused."""
        port = self.port()
        for server in self.everywhere(f"PrivilegedPorts {port}"):
            client = self.listen(server, port)
            self.assertEqual(listening(port), LOOPBACK)
            for host in LOOPBACK:
                self.assertEqual(ask(port, host=host), b"ping")
            self.refused(server, port - 1)
            self.assert_denied(server, "privileged-port", "PrivilegedPorts")
            client.stop()
            wait_for(lambda: not listening(port), "the end")

    def test_it_is_no_grant(self):
        """Other lists have to list the port as well."""
        port = self.port()
        server = self.serve(f"PrivilegedPorts {port}\n"
                            "GrantListen localhost:8000-8099")
        self.refused(server, port)
        self.assert_denied(server, "not-permitted", "GrantListen")

    def test_not_by_name(self):
        """The monitor binds no address that somebody else has told it."""
        port = self.port()
        server = self.serve(f"PrivilegedPorts {port}\n"
                            "GatewayPorts clientspecified")
        self.refused(server, f"ip4-loopback.test:{port}")
        self.assert_denied(server, "privileged-port", "PrivilegedPorts")
        self.listen(server, f"127.0.0.1:{port}")
        self.assertEqual(listening(port), {"127.0.0.1"})
        self.assertEqual(ask(port), b"ping")

    def test_taken(self):
        """A port that somebody has is an ordinary failure."""
        port = self.port()
        self.target(host="127.0.0.1", port=port)
        server = self.serve(f"PrivilegedPorts {port}\nAddressFamily inet")
        said = self.refused(server, port)
        self.assertIn("Address already in use", said)

    def test_unlisted_is_refused_by_default(self):
        """As the kernel would."""
        server = self.serve()
        self.refused(server, self.port())
        self.assert_log(server, "privileged-port by default$")


@on_portcullis
@needs_root
@needs_mounts
class ListenByName(Listening, NamesCase):
    """Bind addresses that are names."""

    def test_only_granted_addresses_are_bound(self):
        """Each address that the name has is decided on."""
        port = free_port()
        self.dns.close()
        self.dns = FakeDns({"two.test": ["127.1.2.3", "127.1.2.4"],
                            "no.test": ["127.1.2.4"]})
        self.addCleanup(self.dns.close)
        server = self.serve_names("GatewayPorts clientspecified\n"
                                  f"GrantListen 127.1.2.3:{port}")
        self.listen(server, f"two.test:{port}")
        self.assertEqual(listening(port), {"127.1.2.3"})
        self.assertEqual(ask(port, host="127.1.2.3"), b"ping")
        self.assert_log(server, r"listen opened: .* permitted by "
                        rf"{self.rule(server, 'GrantListen')}$")
        self.refused(server, f"no.test:{port}")
        self.assert_denied(server, "not-permitted", "GrantListen")
        self.assertEqual(listening(port), {"127.1.2.3"})


if __name__ == "__main__":
    unittest.main()

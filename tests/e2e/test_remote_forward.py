"""ssh -R with the stock client: ports given and allocated, cancel, what the
client is told, privileged ports, and when listeners go away."""

import random
import re
import socket
import time
import unittest

from harness import (ROOT, Case, EarlyEnd, Late, ask, dial, free_port,
                     listening, needs_ipv6, needs_root, on_both,
                     on_portcullis, read_all, wait_for)

LOW = 1 if not ROOT else int(
    open("/proc/sys/net/ipv4/ip_unprivileged_port_start",
         encoding="ascii").read())


def allocated(client, count=1):
    """The ports the server allocated, as the client reports them."""
    said = client.wait_err("Allocated port", count)
    return [int(p) for p in re.findall(r"Allocated port (\d+) for", said)]


@on_both
class RemoteForward(Case):
    """tcpip-forward, its cancel and the channels that come from it."""

    def remote(self, server, spec="{port}", target=None, **kw):
        """An ssh -R to a target: the client and the server's port."""
        target, port = target or self.target(), free_port()
        spec = spec.format(port=port)
        client = self.hold(server, "-R", f"{spec}:{target.host}:{target.port}",
                           ready=port, **kw)
        return client, port

    def test_given_port_echoes(self):
        """-R PORT opens that port and carries bytes both ways."""
        _, port = self.remote(self.serve())
        self.assertEqual(ask(port, b"from outside"), b"from outside")

    @needs_ipv6
    def test_ipv6_side_echoes(self):
        """-R PORT listens on ::1 as well."""
        _, port = self.remote(self.serve())
        self.assertEqual(ask(port, host="::1"), b"ping")

    def test_requested_string_comes_back(self):
        """Whatever address string was asked for, the stock client recognises
        its own forward when a connection comes in."""
        for asked in ("", "*", "localhost", "LOCALHOST", "127.0.0.1",
                      "0.0.0.0"):
            with self.subTest(asked=asked):
                server = self.serve()
                _, port = self.remote(server, asked + ":{port}")
                self.assertEqual(ask(port), b"ping")
                server.stop()

    def test_allocated_port_is_reported(self):
        """-R 0 gets a free port, tells the client, and carries bytes."""
        target = self.target()
        client = self.hold(self.serve(), "-R",
                           f"0:127.0.0.1:{target.port}")
        port, = allocated(client)
        self.assertTrue(listening(port))
        self.assertEqual(ask(port), b"ping")

    def test_two_allocated_ports_do_not_mix(self):
        """Two -R 0 on one connection reach their own targets."""
        one = self.target(handle=lambda sock: sock.sendall(b"one"))
        two = self.target(handle=lambda sock: sock.sendall(b"two"))
        client = self.hold(self.serve(), "-R", f"0:127.0.0.1:{one.port}",
                           "-R", f"0:127.0.0.1:{two.port}")
        first, second = allocated(client, 2)
        for port, word in ((first, b"one"), (second, b"two")):
            with dial(port) as sock:
                self.assertEqual(read_all(sock), word)

    def test_client_of_the_listener_ends_first(self):
        """Late data reaches a peer that has ended its own direction."""
        _, port = self.remote(self.serve(), target=self.target(Late))
        with dial(port) as sock:
            sock.sendall(b"question")
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(sock), b"late:question")

    def test_target_of_the_client_ends_first(self):
        """Data from the listener's side arrives after the target's end."""
        target = self.target(EarlyEnd)
        _, port = self.remote(self.serve(), target=target)
        with dial(port) as sock:
            self.assertEqual(read_all(sock), b"hello")
            time.sleep(0.3)
            sock.sendall(b"still here")
        wait_for(lambda: target.received, "the late data")
        self.assertEqual(target.received, [b"still here"])

    def test_target_refused_at_the_client(self):
        """A client that cannot reach its target leaves the listener up."""
        server, port = self.serve(), free_port()
        self.hold(server, "-R", f"{port}:127.0.0.1:{free_port()}",
                  ready=port)
        for _ in range(2):
            with dial(port) as sock:
                self.assertEqual(read_all(sock), b"")
        self.assertTrue(listening(port))

    def test_listener_ends_with_the_connection(self):
        """When the client goes, its port closes."""
        client, port = self.remote(self.serve())
        client.stop(9)
        wait_for(lambda: not listening(port), "the port to close")

    def test_port_in_use_is_refused(self):
        """A taken port fails the forward; the connection can go on."""
        server, taken = self.serve(), self.target()
        blocker = self.target(host="::1", port=taken.port)
        self.assertEqual(blocker.port, taken.port)
        got = self.ssh(server, "-N", "-R", f"{taken.port}:127.0.0.1:9",
                       options=["ExitOnForwardFailure=yes"])
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"remote port forwarding failed for listen port "
                      + str(taken.port).encode(), got.stderr)

    def test_second_client_cannot_take_the_port(self):
        """Two clients cannot have one port; the first keeps it."""
        server = self.serve()
        _, port = self.remote(server)
        got = self.ssh(server, "-N", "-R", f"{port}:127.0.0.1:9",
                       options=["ExitOnForwardFailure=yes"])
        self.assertEqual(got.returncode, 255)
        self.assertEqual(ask(port), b"ping")

    def test_cancel_closes_the_listener(self):
        """-O cancel closes the port and leaves an open connection alone."""
        server, target, port = self.serve(), self.target(), free_port()
        control = f"{server.dir}/ctl"
        spec = f"{port}:127.0.0.1:{target.port}"
        self.hold(server, "-M", "-S", control, "-R", spec, ready=port)
        with dial(port) as sock:
            sock.sendall(b"one!")
            self.assertEqual(sock.recv(4), b"one!")
            got = self.ssh(server, "-S", control, "-O", "cancel", "-R", spec)
            self.assertEqual(got.returncode, 0, got.stderr)
            wait_for(lambda: not listening(port), "the port to close")
            sock.sendall(b"two!")
            self.assertEqual(sock.recv(4), b"two!")

    def test_cancel_and_ask_again(self):
        """A cancelled port can be opened again on the same connection."""
        server, target, port = self.serve(), self.target(), free_port()
        control = f"{server.dir}/ctl"
        spec = f"{port}:127.0.0.1:{target.port}"
        self.hold(server, "-M", "-S", control, "-R", spec, ready=port)
        self.assertEqual(ask(port), b"ping")  # the client has its answer
        for word in ("cancel", "forward"):
            self.ssh(server, "-S", control, "-O", word, "-R", spec)
        wait_for(lambda: listening(port), "the port to open again")
        self.assertEqual(ask(port), b"ping")

    def test_forward_added_later(self):
        """-O forward opens a port, and a port 0, on a running connection."""
        server, target, port = self.serve(), self.target(), free_port()
        control = f"{server.dir}/ctl"
        self.hold(server, "-M", "-S", control, "-L", f"{port}:127.0.0.1:9",
                  ready=port)
        got = self.ssh(server, "-S", control, "-O", "forward", "-R",
                       f"0:127.0.0.1:{target.port}")
        self.assertEqual(got.returncode, 0, got.stderr)
        given = int(got.stdout)
        self.assertEqual(ask(given), b"ping")

    @needs_root
    def test_privileged_port_is_refused_to_a_user(self):
        """An ordinary user cannot listen below the kernel's limit."""
        port = self._free_low_port()
        got = self.ssh(self.serve(), "-N", "-R", f"{port}:127.0.0.1:9",
                       options=["ExitOnForwardFailure=yes"])
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"remote port forwarding failed", got.stderr)
        self.assertFalse(listening(port))

    @needs_root
    def test_privileged_port_is_granted_to_root(self):
        """root may listen below the kernel's limit."""
        port, target, server = self._free_low_port(), self.target(), \
            self.serve()
        server.authorize("root", self.world.public())
        self.hold(server, "-R", f"{port}:127.0.0.1:{target.port}", user="root",
                  ready=port)
        self.assertEqual(ask(port), b"ping")

    def _free_low_port(self):
        if LOW < 700:
            self.skipTest("the kernel lets every user have low ports here")
        for port in random.sample(range(600, 700), 100):
            if not listening(port):
                return port
        return self.skipTest("no free privileged port")

    def test_no_forwarding_for_remote(self):
        """AllowTcpForwarding no and local refuse -R."""
        for word in ("no", "local"):
            with self.subTest(word=word):
                server, port = self.serve(f"AllowTcpForwarding {word}"), \
                    free_port()
                got = self.ssh(server, "-N", "-R", f"{port}:127.0.0.1:9",
                               options=["ExitOnForwardFailure=yes"])
                self.assertEqual(got.returncode, 255)
                self.assertFalse(listening(port))
                server.stop()

    def test_forwarding_remote_allows(self):
        """AllowTcpForwarding remote allows -R."""
        _, port = self.remote(self.serve("AllowTcpForwarding remote"))
        self.assertEqual(ask(port), b"ping")


@on_portcullis
class RemoteForwardLog(Case):
    """The lines Portcullis writes about listeners."""

    def test_listener_is_logged(self):
        """Opening, a connection and closing each have their line."""
        server, target, port = self.serve(), self.target(), free_port()
        client = self.hold(server, "-R", f"{port}:127.0.0.1:{target.port}",
                           ready=port)
        ask(port)
        who = rf"user {self.user.name} from 127\.0\.0\.1 port \d+"
        self.assert_log(
            server, rf"listen opened: {who}, tcpip-forward localhost port "
            rf"{port} on .*127\.0\.0\.1 port {port}.*, unrestricted by "
            r"default$")
        opened = self.assert_log(
            server, rf"forward (\d+) opened: {who}, forwarded-tcpip localhost "
            rf"port {port} from 127\.0\.0\.1 port \d+")
        self.assert_log(server, rf"forward {opened[1]} closed: .* bytes up, "
                        r".* bytes down, \d+\.\d{3} seconds$")
        client.stop()
        self.assert_log(server, rf"listen closed: {who}, tcpip-forward "
                        rf"localhost port {port}")

    def test_failed_listener_is_logged(self):
        """A taken port is logged with the reason."""
        server, taken = self.serve(), self.target()
        self.ssh(server, "-N", "-R", f"127.0.0.1:{taken.port}:127.0.0.1:9",
                 options=["ExitOnForwardFailure=yes"])
        self.assert_log(server, rf"listen failed: user {self.user.name} from "
                        rf".*, tcpip-forward 127\.0\.0\.1 port {taken.port}: "
                        r"Address already in use$")

    def test_refused_listener_is_logged(self):
        """A refused request names user, request, reason and rule."""
        for conf, reason in (("AllowTcpForwarding local", "direction-off"),
                             ("PermitListen none", "not-permitted")):
            with self.subTest(conf=conf):
                server = self.serve(conf)
                self.ssh(server, "-N", "-R", "2222:127.0.0.1:9",
                         options=["ExitOnForwardFailure=yes"])
                self.assert_log(
                    server, r"localhost port 2222.*"
                    rf"user {self.user.name}.*{reason} by "
                    rf"{re.escape(str(server.conf))}:1$")
                server.stop()


if __name__ == "__main__":
    unittest.main()

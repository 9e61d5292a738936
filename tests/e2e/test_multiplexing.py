"""Many things over one login: ControlMaster and its commands, hundreds of
channels, forwards that come and go beside others, loops, SOCKS from -R."""

import contextlib
import os
import threading
import unittest

from clients import Socks
from harness import (Bulk, Case, ask, dial, exchange, free_port, listening,
                     on_both, read_some, wait_for)


class Shared(Case):
    """A master connection, and commands to it."""

    def master(self, server, *args, **kw):
        """Start it: the path of its socket."""
        self.control = f"{server.dir}/ctl"
        self.holder = self.hold(server, "-M", "-S", self.control, *args,
                                **kw)
        wait_for(lambda: os.path.exists(self.control), "the socket")
        return self.control

    def tell(self, server, command, *args):
        """ssh -O: its status and what it said."""
        got = self.ssh(server, "-S", self.control, "-O", command, *args)
        return got.returncode, (got.stdout + got.stderr).decode()


@on_both
class Master(Shared):
    """ssh -O forward, cancel, check, exit, stop."""

    def test_check_and_exit(self):
        """check answers; exit ends the connection and its forwards."""
        server, target, port = self.serve(), self.target(), free_port()
        self.master(server, "-L", f"{port}:127.0.0.1:{target.port}",
                    ready=port)
        status, said = self.tell(server, "check")
        self.assertEqual(status, 0, said)
        self.assertIn("Master running", said)
        with dial(port) as sock:
            sock.sendall(b"x")
            read_some(sock, 1)
            self.assertEqual(self.tell(server, "exit")[0], 0)
            self.assertEqual(sock.recv(1), b"")
        self.holder.wait()
        server.wait_idle()
        self.assertNotEqual(self.tell(server, "check")[0], 0)

    def test_stop(self):
        """stop takes no more clients; what is open goes on."""
        server, target, port = self.serve(), self.target(), free_port()
        self.master(server, "-L", f"{port}:127.0.0.1:{target.port}",
                    ready=port)
        with dial(port) as sock:
            self.assertEqual(self.tell(server, "stop")[0], 0)
            sock.sendall(b"on")
            self.assertEqual(read_some(sock, 2), b"on")
        self.assertNotEqual(self.tell(server, "check")[0], 0)

    def test_local_forward_and_cancel(self):
        """-L by command: carries, and is gone after the cancel."""
        server, target, port = self.serve(), self.target(), free_port()
        self.master(server)
        spec = ("-L", f"{port}:127.0.0.1:{target.port}")
        for _ in range(3):
            self.assertEqual(self.tell(server, "forward", *spec)[0], 0)
            self.assertEqual(ask(port), b"ping")
            self.assertEqual(self.tell(server, "cancel", *spec)[0], 0)
            wait_for(lambda: not listening(port), "the port to close")

    def test_remote_forward_and_cancel(self):
        """-R by command, again and again on one port."""
        server, target, port = self.serve(), self.target(), free_port()
        self.master(server)
        spec = ("-R", f"{port}:127.0.0.1:{target.port}")
        for _ in range(3):
            self.assertEqual(self.tell(server, "forward", *spec)[0], 0)
            self.assertEqual(ask(port), b"ping")
            self.assertEqual(self.tell(server, "cancel", *spec)[0], 0)
            wait_for(lambda: not listening(port), "the port to close")

    def test_allocated_port(self):
        """-O forward -R 0 prints the port, which carries."""
        server, target = self.serve(), self.target()
        self.master(server)
        status, said = self.tell(server, "forward", "-R",
                                 f"0:127.0.0.1:{target.port}")
        self.assertEqual(status, 0, said)
        self.assertEqual(ask(int(said.split()[0])), b"ping")

    def test_refused_forward(self):
        """A refused -R fails the command and not the master."""
        server, target = self.serve("PermitListen 1"), self.target()
        self.master(server)
        status, said = self.tell(server, "forward", "-R",
                                 f"{free_port()}:127.0.0.1:{target.port}")
        self.assertNotEqual(status, 0)
        self.assertIn("forwarding request failed", said)
        self.assertEqual(self.tell(server, "check")[0], 0)

    def test_cancel_leaves_open_connections(self):
        """A connection through a cancelled listener goes on."""
        server, target, port = self.serve(), self.target(), free_port()
        spec = ("-R", f"{port}:127.0.0.1:{target.port}")
        self.master(server, *spec, ready=port)
        with dial(port) as sock:
            sock.sendall(b"a")
            self.assertEqual(read_some(sock, 1), b"a")
            self.assertEqual(self.tell(server, "cancel", *spec)[0], 0)
            wait_for(lambda: not listening(port), "the port to close")
            sock.sendall(b"b")
            self.assertEqual(read_some(sock, 1), b"b")


@on_both
class Many(Shared):
    """Numbers, and changes beside traffic."""

    def test_two_hundred_channels(self):
        """200 forwards at once, each with its own bytes."""
        server, target, port = self.serve(), self.target(), free_port()
        self.master(server, "-L", f"{port}:127.0.0.1:{target.port}",
                    ready=port)
        with contextlib.ExitStack() as stack:
            socks = [stack.enter_context(dial(port)) for _ in range(200)]
            for number, sock in enumerate(socks):
                sock.sendall(b"%08d" % number)
            for number, sock in enumerate(socks):
                self.assertEqual(read_some(sock, 8), b"%08d" % number)
        wait_for(lambda: target.open == 0, "the forwards to end")
        self.assertEqual(ask(port), b"ping")

    def test_changes_beside_traffic(self):
        """Forwards are added, used and cancelled while 20 MB go both ways
        through another, and not a bit is lost."""
        size = 20 << 20
        server, bulk, target = self.serve(), self.target(Bulk, size=size), \
            self.target()
        port, done = free_port(), []
        self.master(server, "-L", f"{port}:127.0.0.1:{bulk.port}",
                    ready=port)

        def carry():
            with dial(port) as sock:
                done.append(exchange(sock, size))

        thread = threading.Thread(target=carry, daemon=True)
        thread.start()
        rounds = 0
        while rounds < 5 or (thread.is_alive() and rounds < 100):
            rounds += 1
            for side in ("-L", "-R"):
                other = free_port()
                spec = (side, f"{other}:127.0.0.1:{target.port}")
                self.assertEqual(self.tell(server, "forward", *spec)[0], 0)
                self.assertEqual(ask(other), b"ping")
                self.assertEqual(self.tell(server, "cancel", *spec)[0], 0)
        thread.join(120)
        wait_for(lambda: bulk.got, "the far end")
        sent, got = done[0]
        self.assertEqual((sent, got), (bulk.got[0], bulk.sent[0]))

    def test_commands_beside_forwards(self):
        """50 clients of one master, one after the other, beside a forward
        that is in use."""
        server, target, port = self.serve(), self.target(), free_port()
        self.master(server, "-L", f"{port}:127.0.0.1:{target.port}",
                    ready=port)
        with dial(port) as sock:
            for number in range(50):
                got = self.ssh(server, "-S", self.control, "--", "true")
                self.assertEqual(got.returncode, 0, got.stderr)
                sock.sendall(b"%04d" % number)
                self.assertEqual(read_some(sock, 4), b"%04d" % number)
        self.assertEqual(server.log().count("Accepted publickey"), 1)


@on_both
class Loops(Case):
    """What autossh does to see whether a connection lives, and SOCKS."""

    def test_monitor_loop(self):
        """-L to a port that -R brings back: bytes go round twice."""
        server, target = self.serve(), self.target()
        out, back = free_port(), free_port()
        self.hold(server, "-L", f"{out}:127.0.0.1:{back}",
                  "-R", f"{back}:127.0.0.1:{target.port}", ready=out)
        wait_for(lambda: listening(back), "the port to open")
        for _ in range(20):
            data = os.urandom(100)
            self.assertEqual(ask(out, data), data)
        with dial(out) as sock:
            for number in range(50):
                sock.sendall(b"%04d" % number)
                self.assertEqual(read_some(sock, 4), b"%04d" % number)

    def test_remote_dynamic(self):
        """`ssh -R PORT host`: SOCKS at the server's end, served by the
        client."""
        server, target, port = self.serve(), self.target(), free_port()
        client = self.hold(server, "-R", f"127.0.0.1:{port}", ready=port)
        socks = Socks(client, port)
        for _ in range(5):
            self.assertEqual(socks.try_open("127.0.0.1", target.port), "")
        with contextlib.ExitStack() as stack:
            for number in range(30):
                sock = stack.enter_context(socks.dial("127.0.0.1",
                                                      target.port))
                sock.sendall(b"%04d" % number)
                self.assertEqual(read_some(sock, 4), b"%04d" % number)

    def test_remote_dynamic_is_a_listener_like_others(self):
        """PermitListen refuses it, too."""
        server = self.serve("PermitListen 1")
        got = self.ssh(server, "-N", "-R", f"127.0.0.1:{free_port()}",
                       options=["ExitOnForwardFailure=yes"])
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"remote port forwarding failed", got.stderr)


if __name__ == "__main__":
    unittest.main()

"""Under a service manager: sockets that it passes (LISTEN_FDS) and what it is
told (NOTIFY_SOCKET).  The manager is played by the tests."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import unittest

from daemons import (Manager, detached, is_gone, listener, passing,
                     start_passing)
from harness import (Case, ask, dial, free_port, listening, needs_ipv6,
                     on_both, on_portcullis, wait_for)

NOTHING = ("-W", "127.0.0.1:1")
HELLO = b"connect failed"
SOCKET_ACTIVATE = shutil.which("systemd-socket-activate")


@on_both
class Passed(Case):
    """Sockets that somebody else has bound."""

    def open(self, port, host="127.0.0.1"):
        """A socket of the manager's."""
        sock = listener(port, host)
        self.addCleanup(sock.close)
        return sock

    def test_passed_socket_serves(self):
        """The socket is used, Port and ListenAddress are not; they are not
        even needed."""
        server, target, port = self.prepare(), self.target(), free_port()
        start_passing(server, [self.open(port)])
        self.assert_log(server, rf"Server listening on 127\.0\.0\.1 "
                        rf"port {port}" if self.ours else "listening on")
        self.assertEqual(ask(self.local(server, target, port=port)), b"ping")
        self.assertFalse(listening(server.port))
        self.assertEqual(server.pid_file.read_text(), f"{server.pid}\n")

    @unittest.skipUnless(SOCKET_ACTIVATE, "needs systemd-socket-activate")
    def test_by_a_stock_manager(self):
        """systemd-socket-activate starts it at the first client."""
        server, target, port = self.prepare(), self.target(), free_port()
        server.prefix = [SOCKET_ACTIVATE, "-l", f"127.0.0.1:{port}"]
        server.spawn()
        wait_for(lambda: listening(port), "the port")
        self.assertEqual(ask(self.local(server, target, port=port)), b"ping")
        self.assertFalse(listening(server.port))

    def test_for_another_process(self):
        """LISTEN_PID of another process: nothing was passed to us."""
        server = self.prepare()
        start_passing(server, [], LISTEN_PID="1", LISTEN_FDS="1")
        wait_for(server.up, f"its own port\n{server.log()}")


@on_portcullis
class PassedToOurs(Case):
    """What is checked of them."""

    def open(self, port, host="127.0.0.1"):
        """A socket of the manager's."""
        sock = listener(port, host)
        self.addCleanup(sock.close)
        return sock

    def refused(self, files, words, **env):
        """The daemon ends with 255 and these words, nothing is bound."""
        server = self.prepare()
        start_passing(server, files, **env)
        self.assertEqual(server.process.wait(20), 255, server.log())
        self.assertIn(words, server.log())
        self.assertFalse(listening(server.port))
        self.assertFalse(server.pid_file.exists())

    def test_what_listens_nowhere(self):
        """A file, a datagram socket, a Unix socket, a socket that does not
        listen, a closed descriptor: named, with the name it was given."""
        with open(os.devnull, "rb") as null, \
                socket.socket(type=socket.SOCK_DGRAM) as datagram, \
                socket.socket() as idle, \
                socket.socket(socket.AF_UNIX) as local:
            for sock, words in ((null, "it is not a socket"),
                                (datagram, "it is not a stream socket"),
                                (idle, "it does not listen"),
                                (local, "it is neither IPv4 nor IPv6")):
                with self.subTest(words):
                    self.refused([self.open(free_port()), sock],
                                 f"socket 2 of LISTEN_FDS (b.socket): {words}",
                                 LISTEN_FDNAMES="a.socket:b.socket")
        self.refused([], "socket 1 of LISTEN_FDS: Bad file descriptor",
                     LISTEN_FDS="1")

    def test_too_many_and_no_number(self):
        """More than 16, or no number at all."""
        door = self.open(free_port())
        self.refused([door], "LISTEN_FDS is 17: no more than 16 sockets",
                     LISTEN_FDS="17")
        self.refused([door], "LISTEN_FDS is no number: many",
                     LISTEN_FDS="many")
        self.refused([door, door], "socket 2 of LISTEN_FDS: it was passed "
                     "twice")

    @needs_ipv6
    def test_several_and_a_reload(self):
        """Two sockets, IPv6 too; a reload leaves them alone and changes the
        policy; after a stop the manager's sockets are still there."""
        server, target = self.prepare("PermitOpen none"), self.target()
        port = free_port()
        doors = [self.open(port), self.open(port, "::1")]
        start_passing(server, doors)
        self.assert_log(server, r"The service manager passed 2 sockets; "
                        r"ListenAddress and Port are not used")
        server.write_conf(f"PermitOpen 127.0.0.1:{target.port}")
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"Configuration reloaded")
        self.assertEqual(ask(self.local(server, target, port=port)), b"ping")
        dial(port, "::1").close()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(20), 0)
        with dial(port):  # nobody accepts, but nobody is turned away
            pass

    def test_detached(self):
        """Without -D the daemon takes the sockets along; sshd does not."""
        server, port = self.prepare(), free_port()
        door = self.open(port)
        got = subprocess.run(passing([door]) + server.command(
            "-E", server.log_file, "-f", server.conf), timeout=20,
            env=server.environment(), pass_fds=[door.fileno()])
        self.assertEqual(got.returncode, 0, server.log())
        wait_for(server.pid_file.exists, "the pid file")
        pid = int(server.pid_file.read_text())
        try:
            self.assertIn(HELLO, self.ssh(server, *NOTHING, port=port).stderr)
            self.assertFalse(listening(server.port))
        finally:
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: is_gone(pid), "the daemon to end")

    def test_none(self):
        """LISTEN_FDS=0 is as if it were not set."""
        server = self.prepare()
        start_passing(server, [])
        wait_for(server.up, f"its own port\n{server.log()}")

    def test_passed_for_one_connection(self):
        """-d takes its one client from a passed socket as well."""
        server, port = self.prepare(), free_port()
        with self.open(port) as door:
            start_passing(server, [door], "-d")
            self.assert_log(server, "Server listening on")
            self.assertIn(HELLO, self.ssh(server, *NOTHING,
                                          port=port).stderr)
            self.assertEqual(server.process.wait(20), 0)


@on_both
class Told(Case):
    """sd_notify, without its library."""

    def manager(self, address=None):
        """A manager at a path or an abstract address."""
        manager = Manager(address or str(self.world.dir / secrets.token_hex(4)))
        self.addCleanup(manager.close)
        return manager

    def serve_for(self, address):
        """A daemon that knows of the manager."""
        manager = self.manager(address)
        server = self.prepare(prefix=["/usr/bin/env",
                                      f"NOTIFY_SOCKET={address}"])
        server.spawn()
        return server, manager

    def path(self):
        """An address in the file system."""
        return str(self.world.dir / f"n{secrets.token_hex(4)}")

    def test_ready_and_ready_again(self):
        """READY=1 when the port is open, and again when SIGHUP has been
        dealt with."""
        server, manager = self.serve_for(self.path())
        self.assertEqual(manager.next()["READY"], "1")
        self.assertTrue(listening(server.port))
        server.signal(signal.SIGHUP)
        wait_for(lambda: "READY" in manager.next(), "READY=1")

    def test_abstract_address(self):
        """@NAME is an address without a file."""
        _, manager = self.serve_for(f"@pct-{secrets.token_hex(8)}")
        self.assertEqual(manager.next()["READY"], "1")


@on_portcullis
class ToldByOurs(Case):
    """More than sshd tells."""

    def setUp(self):
        super().setUp()
        self.address = str(self.world.dir / f"n{secrets.token_hex(4)}")
        self.manager = Manager(self.address)
        self.addCleanup(self.manager.close)

    def prepare_told(self, conf="", address=None):
        """A daemon that knows of the manager."""
        address = address or self.address
        return self.prepare(conf, prefix=["/usr/bin/env",
                                          f"NOTIFY_SOCKET={address}"])

    def test_reloading(self):
        """SIGHUP: RELOADING=1 with the time, then READY=1."""
        server = self.prepare_told().spawn()
        self.manager.next()
        before = time.monotonic_ns() // 1000
        server.signal(signal.SIGHUP)
        said = self.manager.next()
        self.assertEqual(said["RELOADING"], "1")
        self.assertLess(before, int(said["MONOTONIC_USEC"]))
        self.assertLess(int(said["MONOTONIC_USEC"]),
                        time.monotonic_ns() // 1000)
        self.assertEqual(self.manager.next()["READY"], "1")

    def test_stopping(self):
        """STOPPING=1 comes before the end."""
        server = self.prepare_told().spawn()
        said = self.manager.next()
        self.assertEqual(said, {"READY": "1", "MAINPID": str(server.pid)})
        server.signal(signal.SIGTERM)
        self.assertEqual(self.manager.next(), {"STOPPING": "1"})
        self.assertEqual(server.process.wait(20), 0)

    def test_reload_that_fails(self):
        """The manager does not wait for ever: READY=1 for the old policy."""
        server = self.prepare_told().spawn()
        self.manager.next()
        server.write_conf("Nonsense")
        server.signal(signal.SIGHUP)
        self.assertEqual(self.manager.next()["RELOADING"], "1")
        self.assertEqual(self.manager.next()["READY"], "1")

    def test_detached(self):
        """The process that goes on names itself."""
        server = self.prepare_told()
        with detached(server) as (_, pid):
            self.assertEqual(self.manager.next()["MAINPID"], str(pid))

    def test_nobody_at_the_address(self):
        """An address where nobody is, or that is none: said once at the
        start, and the daemon serves."""
        for address in (str(self.world.dir / "nobody"), "relative", "@", "/",
                        "/" + 120 * "x", "vsock:2:1"):
            with self.subTest(address):
                server = self.prepare_told(address=address)
                server.start()
                self.assert_log(server, "cannot tell the service manager: ")
                server.stop()

    def test_one_connection_is_no_service(self):
        """-i tells nobody that it is ready."""
        server = self.prepare_told()
        server.run("-i", "-e")
        self.manager.sock.settimeout(0.01)
        with self.assertRaises(TimeoutError):
            self.manager.next()


if __name__ == "__main__":
    unittest.main()

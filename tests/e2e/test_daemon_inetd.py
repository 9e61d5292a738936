"""-i: the connection is on standard input and output, as one socket from
inetd or a service manager, or as two pipes from a ProxyCommand."""

import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import threading
import unittest

from daemons import is_gone, listener
from harness import (FULL, ROOT, Case, ask, dial, free_port, listening,
                     on_both, on_portcullis, program_of, wait_for)
from servers import descendants, stat_of
from world import quiet

SOCKET_ACTIVATE = shutil.which("systemd-socket-activate")


class Inetd(Case):
    """How a server is run for one connection."""

    def prepare_one(self, conf="LogLevel VERBOSE", **kw):
        """A server whose log file is appended to by each -i."""
        server = self.prepare(conf, **kw)
        server.log_file.touch()
        return server

    def argv(self, server, *args):
        """What inetd or a ProxyCommand would run."""
        return server.command("-i", "-E", server.log_file, "-f", server.conf,
                              *args)

    def proxy(self, server, *args):
        """The option that makes ssh run the server itself."""
        words = ["env", "-i", *(f"{k}={v}" for k, v
                                in server.environment().items())]
        return "ProxyCommand=" + shlex.join(
            map(str, words + self.argv(server, *args)))

    def start(self, server, stdin, stdout, *args):
        """The server with these standard streams."""
        process = subprocess.Popen(self.argv(server, *args), stdin=stdin,
                                   stdout=stdout, stderr=subprocess.PIPE,
                                   env=server.environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        return process

    def accept(self, server, port):
        """Be inetd with "nowait" on a port: one process a client."""
        door = listener(port)
        self.addCleanup(door.close)

        def run():
            while True:
                try:
                    client, _ = door.accept()
                except OSError:
                    return
                with client:
                    self.start(server, client, client)
        threading.Thread(target=run, daemon=True).start()

    def copiers(self, pid):
        """The processes below that copy, as far as they are confined."""
        return [p for p in descendants(pid)
                if program_of(p) == "portcullisd" and "Seccomp:\t1\n" in
                pathlib.Path(f"/proc/{p}/status").read_text()]


@on_both
class Both(Inetd):
    """What sshd does too."""

    def test_proxy_command_forwards(self):
        """ssh over a ProxyCommand, that is two pipes: -L works, the client
        is UNKNOWN, there is no pid file and no port, and all ends with it."""
        server, target = self.prepare_one(), self.target()
        port = self.local(server, target, options=[self.proxy(server)])
        self.assertEqual(ask(port), b"ping")
        self.assert_log(server, r"Connection from UNKNOWN port 65535 on "
                        r"UNKNOWN port 65535")
        self.assert_log(server, rf"Accepted publickey for {self.user.name} "
                        r"from UNKNOWN port 65535 ssh2: ED25519 SHA256:")
        self.assertFalse(server.pid_file.exists())
        self.assertFalse(listening(server.port))
        below = descendants(self.clients[-1].pid)
        self.assertNotEqual(below, [])
        self.clients[-1].stop()
        wait_for(lambda: all(map(is_gone, below)), "the server to end")

    def test_pipes_carry_a_lot(self):
        """Megabytes pass the two pipes both ways, unharmed."""
        server, target = self.prepare_one(), self.target()
        data = os.urandom(32 << 20 if FULL else 4 << 20)
        got = self.ssh(server, "-W", f"127.0.0.1:{target.port}", send=data,
                       options=[self.proxy(server)])
        self.assertEqual(len(got.stdout), len(data), got.stderr)
        self.assertEqual(got.stdout, data)

    def test_one_socket(self):
        """One socket on both, as inetd gives it: the client's address is
        known, and from= in a keys file can count on it."""
        server, target, port = self.prepare_one(), self.target(), free_port()
        server.authorize(self.user.name,
                         'from="127.0.0.1" ' + self.world.public())
        self.accept(server, port)
        forwarded = self.local(server, target, port=port)
        self.assertEqual(ask(forwarded), b"ping")
        self.assert_log(server, r"Connection from 127\.0\.0\.1 port \d+ on "
                        rf"127\.0\.0\.1 port {port}")

    def test_unknown_is_no_address(self):
        """Over pipes from= matches nothing, nor does Match Address."""
        server = self.prepare_one(match="Match Address *.*,*:*,0.0.0.0/0\n"
                                  "PubkeyAuthentication yes",
                                  conf="PubkeyAuthentication no")
        got = self.ssh(server, "-N", options=[self.proxy(server)])
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"Permission denied", got.stderr)

    @unittest.skipUnless(SOCKET_ACTIVATE, "needs systemd-socket-activate")
    def test_accept_yes(self):
        """A service manager that accepts and starts one a connection."""
        server, target, port = self.prepare_one(), self.target(), free_port()
        manager = subprocess.Popen(
            [SOCKET_ACTIVATE, "-a", "--inetd", "-l", f"127.0.0.1:{port}",
             *map(str, self.argv(server))], env=server.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(manager.wait)
        self.addCleanup(manager.terminate)
        wait_for(lambda: listening(port), "the port")
        for _ in range(2):
            forwarded = self.local(server, target, port=port)
            self.assertEqual(ask(forwarded), b"ping")

    def test_nothing_to_read(self):
        """A client that never was: status 255, at once."""
        server = self.prepare_one()
        got = subprocess.run(self.argv(server), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=server.environment(), timeout=20)
        self.assertEqual(got.returncode, 255, server.log())
        self.assertEqual(got.stderr, b"")

    def test_broken_configuration(self):
        """Nothing of it reaches the client."""
        server = self.prepare_one("PermitOpen nonsense")
        got = subprocess.run(self.argv(server), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=server.environment(), timeout=20)
        self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assertRegex(server.log(), r"line 1: ")

    def test_login_grace_time(self):
        """Who does not log in is sent away, over pipes as well."""
        server = self.prepare_one("LoginGraceTime 1")
        read, write = os.pipe()
        process = self.start(server, read, subprocess.DEVNULL)
        os.close(read)
        self.addCleanup(os.close, write)
        self.assertNotEqual(process.wait(20), 0)
        if self.ours:
            self.assertIn("Timeout before authentication", server.log())


@on_portcullis
class Ours(Inetd):
    """How Portcullis does it."""

    def test_copiers_can_do_nothing(self):
        """Two pipes are copied by two processes under seccomp's strict mode,
        as the unprivileged account; one socket needs none."""
        server, target = self.prepare_one(), self.target()
        self.local(server, target, options=[self.proxy(server)])
        found = self.copiers(self.clients[-1].pid)
        self.assertEqual(len(found), 2)
        for pid in found:
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
            self.assertIn("NoNewPrivs:\t1\n", text)
            if ROOT:
                self.assertNotIn("Uid:\t0", text)
                self.assertIn("CapEff:\t0000000000000000\n", text)
                self.assertEqual(sorted(os.listdir(f"/proc/{pid}/fd")),
                                 ["0", "1"])

    def test_signals_end_the_connection(self):
        """SIGTERM, SIGINT and SIGHUP for the server end its connection, and
        then it ends; it does not linger like a daemon's."""
        for number in (15, 2, 1):
            server, port = self.prepare_one(), free_port()
            self.accept(server, port)
            client = self.client(server, "-N", port=port)
            self.assert_log(server, r"Accepted publickey")
            pid = next(p for p in descendants(os.getpid())
                       if program_of(p) == "portcullisd" and stat_of(p)[0]
                       == os.getpid())
            os.kill(pid, number)
            self.assertEqual(client.wait(), 255)
            wait_for(lambda p=pid: is_gone(p), "the server to end")

    def test_killed_server_takes_its_copiers_along(self):
        """SIGKILL for the server: the pipes close, the client ends, nothing
        is left."""
        server, target = self.prepare_one(), self.target()
        self.local(server, target, options=[self.proxy(server)])
        client = self.clients[-1]
        below = descendants(client.pid)
        [pid] = [p for p in below if stat_of(p)[0] == client.pid]
        os.kill(pid, 9)
        self.assertEqual(client.wait(), 255)
        wait_for(lambda: all(map(is_gone, below)), "all to end")

    def test_output_that_nobody_takes(self):
        """A client that has gone half-way: no output is waited for."""
        server = self.prepare_one()
        read, write = os.pipe()
        process = self.start(server, subprocess.PIPE, write)
        os.close(write)
        self.assertEqual(os.read(read, 8), b"SSH-2.0-")
        os.close(read)
        process.stdin.write(b"SSH-2.0-x\r\n" + bytes(100))
        process.stdin.close()
        self.assertEqual(process.wait(20), 255)

    def test_wrong_sockets(self):
        """A listening socket or a datagram socket is named and refused."""
        server = self.prepare_one()
        with listener(free_port()) as door:
            process = self.start(server, door, door)
            self.assertEqual(process.wait(20), 255)
        self.assert_log(server, "standard input is a listening socket")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            process = self.start(server, datagram, datagram)
            self.assertEqual(process.wait(20), 255)
        self.assert_log(server, "standard input is not a stream socket")

    def test_socket_that_is_no_network(self):
        """A pair of Unix sockets is one socket as well: nothing is copied,
        UseDNS asks nobody."""
        server = self.prepare_one("LogLevel VERBOSE\nUseDNS yes")
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = self.start(server, theirs, theirs)
            ours.settimeout(20)
            self.assertEqual(ours.recv(8), b"SSH-2.0-")
            self.assertEqual(self.copiers(process.pid), [])
        self.assertEqual(process.wait(20), 255)
        self.assert_log(server, r"Connection from UNKNOWN port 65535")

    def test_refused_without_a_host_key(self):
        """The status is sshd's, the log has the words."""
        server = self.prepare_one(host_key="gone")
        got = subprocess.run(self.argv(server), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, timeout=20,
                             env=server.environment())
        self.assertEqual((got.returncode, got.stdout), (1, b""))
        self.assertIn("no hostkeys available", server.log())

    def test_password_over_pipes(self):
        """PAM is told that the client's host is UNKNOWN, and copes."""
        if not ROOT:
            self.skipTest("needs root")
        server, target = self.prepare_one(
            "UsePAM yes\nPasswordAuthentication yes"), self.target()
        port = self.local(server, target, password=self.world.password,
                          options=[self.proxy(server),
                                   "PreferredAuthentications=password"])
        self.assertEqual(ask(port), b"ping")


if __name__ == "__main__":
    unittest.main()

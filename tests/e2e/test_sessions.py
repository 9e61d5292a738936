"""Session channels: the stock client without -N, ssh -f, ControlMaster, and
what Portcullis says and honours instead of a shell."""

import os
import pathlib
import pty
import select
import signal
import subprocess
import time
import unittest

from clients import client_env
from harness import (Case, Recorder, ask, dial, free_port, listening, on_both,
                     on_portcullis, ssh_argv, wait_for)


@on_both
class Sessions(Case):
    """What a client that only wants to forward relies on."""

    def test_exec_true(self):
        """`ssh host true` ends with status 0."""
        got = self.ssh(self.serve(), "--", "true")
        self.assertEqual((got.returncode, got.stdout), (0, b""), got.stderr)

    def test_sleep_ends_by_itself(self):
        """`ssh host sleep 1` takes a second and ends with status 0."""
        start = time.monotonic()
        got = self.ssh(self.serve(), "--", "sleep", "1")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertGreaterEqual(time.monotonic() - start, 0.9)

    def test_background_forward(self):
        """`ssh -f -L … sleep 2` goes to the background, forwards, and ends
        when the sleep does."""
        server, target, port = self.serve(), self.target(), free_port()
        got = subprocess.run(
            ssh_argv(server, ["-f", "-L", f"{port}:127.0.0.1:{target.port}",
                              "--", "sleep", "2"]),
            stdin=subprocess.DEVNULL, timeout=20, env=client_env(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual(got.returncode, 0)
        self.assertEqual(ask(port), b"ping")
        wait_for(lambda: not listening(port), "the client to end")
        server.wait_idle()

    def test_sleep_waits_for_open_forwards(self):
        """When the sleep ends the client stays while a forward is open."""
        server, target, port = self.serve(), self.target(), free_port()
        client = self.client(server, "-L", f"{port}:127.0.0.1:{target.port}",
                             "--", "sleep", "1")
        client.wait_listening(port)
        with dial(port) as sock:
            time.sleep(1.8)
            sock.sendall(b"ping")
            self.assertEqual(sock.recv(4), b"ping")
            self.assertIsNone(client.process.poll())
        self.assertEqual(client.wait(), 0)

    def test_no_session_at_all(self):
        """`ssh -N -L` forwards without ever asking for a session."""
        self.assertEqual(ask(self.local(self.serve(), self.target())),
                         b"ping")

    def test_control_master(self):
        """Several clients share one login; each has its own forward."""
        server, target = self.serve(), self.target()
        control, port = f"{server.dir}/ctl", free_port()
        self.hold(server, "-M", "-S", control, "-L", f"{port}:127.0.0.1:9",
                  ready=port)
        for _ in range(3):
            got = self.ssh(server, "-S", control, "-W",
                           f"127.0.0.1:{target.port}", send=b"shared")
            self.assertEqual(got.stdout, b"shared", got.stderr)
        got = self.ssh(server, "-S", control, "--", "true")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(server.log().count("Accepted publickey"), 1)

    def test_control_persist(self):
        """A master in the background outlives the client that made it."""
        server, target = self.serve(), self.target()
        control = f"{server.dir}/ctl"
        got = self.ssh(server, "-S", control, "--", "true",
                       options=["ControlMaster=auto", "ControlPersist=30"])
        self.assertEqual(got.returncode, 0, got.stderr)
        got = self.ssh(server, "-S", control, "-W",
                       f"127.0.0.1:{target.port}", send=b"later")
        self.assertEqual(got.stdout, b"later", got.stderr)
        self.ssh(server, "-S", control, "-O", "exit")
        server.wait_idle()

    def test_keepalives_are_answered(self):
        """ServerAliveInterval does not end a healthy connection."""
        server, target, port = self.serve(), self.target(), free_port()
        self.hold(server, "-L", f"{port}:127.0.0.1:{target.port}", ready=port,
                  options=["ServerAliveInterval=1", "ServerAliveCountMax=1"])
        time.sleep(3.5)
        self.assertEqual(ask(port), b"ping")

    def test_stopped_client_is_not_an_error(self):
        """A client that is interrupted leaves nothing behind."""
        server = self.serve()
        client = self.client(server, "--", "sleep", "60")
        server.wait_log("Accepted publickey")
        client.stop(signal.SIGINT)
        server.wait_idle()

    def test_dead_sleep_does_not_outlive_the_client(self):
        """`sleep infinity` ends with the connection."""
        server = self.serve()
        client = self.client(server, "--", "sleep", "infinity")
        server.wait_log("Accepted publickey")
        time.sleep(0.5)
        self.assertIsNone(client.process.poll())
        client.stop(9)
        server.wait_idle()


@on_portcullis
class Greeting(Case):
    """Instead of a shell there is a text."""

    def _terminal(self, server, *args):
        """An `ssh -tt` on a pseudo-terminal: its process and our end."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ssh_argv(server, ["-tt", *args]), stdin=theirs, stdout=theirs,
            stderr=theirs, env=client_env(), start_new_session=True)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process, ours

    @staticmethod
    def _read(fd, word, limit=10):
        """What the terminal shows, until this word is in it."""
        shown, end = b"", time.monotonic() + limit
        while word not in shown and time.monotonic() < end:
            if select.select([fd], [], [], 0.2)[0]:
                try:
                    shown += os.read(fd, 4096)
                except OSError:
                    break
        return shown

    def test_greeting_names_the_user(self):
        """`ssh host` shows a text with the user's name and then waits; the
        end of its input ends it with status 0."""
        server = self.serve()
        client = self.client(server, stdin=subprocess.PIPE)
        shown = self._read(client.process.stdout.fileno(),
                           self.user.name.encode())
        self.assertIn(self.user.name.encode(), shown)
        time.sleep(0.5)
        self.assertIsNone(client.process.poll())
        client.process.stdin.close()
        self.assertEqual(client.wait(), 0)

    def test_empty_input_still_greets(self):
        """`ssh host </dev/null` shows the text and ends with status 0."""
        got = self.ssh(self.serve())
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertIn(self.user.name.encode(), got.stdout)

    def test_keys_that_end_it(self):
        """On a terminal Ctrl-C, Ctrl-D and q end the session."""
        server = self.serve()
        for key in (b"\3", b"\4", b"q"):
            with self.subTest(key):
                process, fd = self._terminal(server)
                self.assertIn(self.user.name.encode(),
                              self._read(fd, self.user.name.encode()))
                os.write(fd, key)
                self._read(fd, b"no such word", 0.5)
                process.wait(10)

    def test_other_keys_do_not_end_it(self):
        """Other input is swallowed."""
        server = self.serve()
        process, fd = self._terminal(server)
        self._read(fd, self.user.name.encode())
        os.write(fd, b"ls -la\r\n")
        time.sleep(0.7)
        self.assertIsNone(process.poll())

    def test_lines_on_a_terminal_return_the_carriage(self):
        """With a terminal lines end in CR LF, without one in LF."""
        server = self.serve()
        _, fd = self._terminal(server)
        shown = self._read(fd, b"\n")
        self.assertIn(b"\r\n", shown)
        self.assertNotIn(b"\r", self.ssh(server).stdout)

    def test_forward_while_greeting(self):
        """`ssh -L … host` without -N forwards while the text stands."""
        server, target, port = self.serve(), self.target(), free_port()
        client = self.client(server, "-L", f"{port}:127.0.0.1:{target.port}",
                             stdin=subprocess.PIPE)
        client.wait_listening(port)
        self.assertEqual(ask(port), b"ping")

    def test_help(self):
        """`ssh host help` lists the words and ends with status 0."""
        got = self.ssh(self.serve(), "--", "help")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertIn(b"sleep", got.stdout)

    def test_other_commands(self):
        """Every other command: one line on stderr and status 127."""
        for command in ("id", "sh -c true", "true; id", "sleep x",
                        "sleep -1", "sleep 1 2", "sleep", "TRUE", "/bin/true",
                        "scp -t .", "x" * 5000, "a\nb", "$(id)"):
            with self.subTest(command[:20]):
                server = self.shared()
                got = self.ssh(server, "--", command)
                self.assertEqual((got.returncode, got.stdout), (127, b""))
                lines = got.stderr.decode().strip().splitlines()
                self.assertEqual(len(lines), 1, got.stderr)
                self.assertNotIn("uid=", lines[0])

    def shared(self):
        """One server for all rows of a table."""
        return self.servers[0] if self.servers else self.serve()

    def test_command_is_never_run(self):
        """Nothing that a client asks for is executed."""
        server = self.serve()
        proof = pathlib.Path(server.dir) / "proof"
        self.ssh(server, "--", f"touch {proof}")
        self.ssh(server, "-tt", "--", f"touch {proof}")
        self.assertFalse(proof.exists())

    def test_subsystem_is_refused(self):
        """sftp and other subsystems are refused."""
        got = self.ssh(self.serve(), "-s", "--", "sftp")
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"subsystem request failed", got.stderr)

    def test_agent_and_x11_are_refused(self):
        """Agent and X11 forwarding are refused and the login goes on."""
        target, server = self.target(Recorder), self.serve()
        got = self.ssh(server, "-A", "-X", "-v", "--", "true",
                       options=["ForwardX11Trusted=yes"])
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(target.peers, [])

    def test_environment_is_tolerated(self):
        """SetEnv from the client does no harm."""
        got = self.ssh(self.serve(), "--", "true", options=["SetEnv=A=b"])
        self.assertEqual(got.returncode, 0, got.stderr)


if __name__ == "__main__":
    unittest.main()

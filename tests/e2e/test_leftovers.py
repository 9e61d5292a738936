"""Nothing stays behind: processes, descriptors and sockets after many
connections, and after any process of a connection is killed."""

import concurrent.futures
import os
import signal
import time
import unittest

from harness import (FULL, LIGHT, ROOT, Case, Recorder, ask, dial, free_port,
                     listening, on_both, on_portcullis, open_files,
                     program_of, run_ssh, wait_for)
from servers import zombies_of


@on_both
class Leftovers(Case):
    """Counting before and after."""

    def test_many_connections(self):
        """200 connections of all kinds leave no process, no zombie, no
        descriptor and no listener behind."""
        count = 40 if not self.ours else 1000 if FULL else \
            60 if LIGHT else 200
        server, target = self.serve(), self.target()
        ask(self.local(server, target))
        before = open_files(server.pid) if ROOT else 0
        kinds = [["-W", f"127.0.0.1:{target.port}"],
                 ["-W", f"localhost:{target.port}"],
                 ["-W", "127.0.0.1:1"], ["--", "true"]]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = list(pool.map(
                lambda n: run_ssh(server, *kinds[n % 4], send=b"ping",
                                  timeout=60), range(count)))
        for number, got in enumerate(done):
            want = {2: 255}.get(number % 4, 0)
            self.assertEqual(got.returncode, want, got.stderr)
        # The -L from the start is still there, and only that.
        for client in self.clients:
            client.stop()
        server.wait_idle(20)
        wait_for(lambda: not zombies_of(server.pid), "zombies to be collected")
        if ROOT:
            wait_for(lambda: open_files(server.pid) <= before, "descriptors: "
                     f"{before} before, {open_files(server.pid)} after")
        self.assertEqual(server.process.poll(), None)

    def test_failed_logins(self):
        """Logins that fail leave nothing either."""
        server = self.serve()
        server.authorize(self.user.name, "")
        self.ssh(server, "-N")
        before = open_files(server.pid) if ROOT else 0
        for _ in range(20):
            self.assertEqual(self.ssh(server, "-N").returncode, 255)
        server.wait_idle()
        wait_for(lambda: not zombies_of(server.pid), "zombies to be collected")
        if ROOT:
            wait_for(lambda: open_files(server.pid) <= before, "descriptors")


@on_portcullis
class Killed(Case):
    """Kill one process of a connection at one moment: the rest ends."""

    def _connection(self, server):
        """A connection with a forward each way, both in use."""
        target, local, remote = self.target(Recorder), free_port(), \
            free_port()
        client = self.hold(
            server, "-L", f"{local}:127.0.0.1:{target.port}", "-R",
            f"{remote}:127.0.0.1:{target.port}", ready=remote)
        client.wait_listening(local)
        socks = [dial(local), dial(remote)]
        for sock in socks:
            self.addCleanup(sock.close)
            sock.sendall(b"data")
        wait_for(lambda: [bytes(r) for r in target.received]
                 == [b"data"] * 2, "the data")
        return client, target, remote

    def _pid(self, server, program):
        """The process of this program in the only connection."""
        found = [p for p in server.processes() if program_of(p) == program]
        self.assertTrue(found, [program_of(p) for p in server.processes()])
        return found[0]

    def test_killing_any_process_ends_the_connection(self):
        """SIGKILL and SIGABRT to the monitor or the session end the client,
        the forwards and every other process; the daemon goes on."""
        server = self.serve()
        for program in ("portcullis-monitor", "portcullis-session"):
            for number in (signal.SIGKILL, signal.SIGABRT):
                with self.subTest(program, signal=number.name):
                    client, target, remote = self._connection(server)
                    os.kill(self._pid(server, program), number)
                    client.wait(10)
                    wait_for(lambda t=target: t.open == 0, "targets' end")
                    wait_for(lambda r=remote: not listening(r), "listener")
                    server.wait_idle()
        target = self.target()
        self.assertEqual(ask(self.local(server, target)), b"ping")

    def test_killed_dialer_costs_its_listeners_only(self):
        """A user may kill his dialer: its listeners close, open forwards
        and the connection stay, and the next open starts another."""
        server, echo = self.serve(), self.target()
        socks = self.socks(server)
        port = free_port()
        other = self.hold(server, "-R", f"{port}:127.0.0.1:{echo.port}",
                          ready=port)
        steady = socks.dial("127.0.0.1", echo.port)
        self.addCleanup(steady.close)
        steady.sendall(b"one!")
        self.assertEqual(steady.recv(4), b"one!")
        for pid in server.processes():
            if program_of(pid) == "portcullis-dialer":
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not listening(port), "the listener to close")
        steady.sendall(b"two!")
        self.assertEqual(steady.recv(4), b"two!")
        self.assertEqual(socks.try_open("127.0.0.1", echo.port), "")
        self.assertIsNone(other.process.poll())

    def test_killing_before_the_login(self):
        """A process that dies before the login takes the others along."""
        server = self.serve()
        for program in ("portcullis-monitor", "portcullis-session"):
            with self.subTest(program):
                with dial(server.port) as sock:
                    self.assertEqual(sock.recv(4), b"SSH-")
                    os.kill(self._pid(server, program), signal.SIGKILL)
                    sock.settimeout(10)
                    while sock.recv(4096):
                        pass
                server.wait_idle()

    def test_killing_at_any_moment(self):
        """Whatever moment of a login a process is killed at, nothing is left
        and nothing hangs."""
        server, target = self.serve(), self.target()
        for step in range(8 if LIGHT else 24):
            client = self.client(server, "-W", f"127.0.0.1:{target.port}",
                                 options=["ConnectTimeout=5"])
            time.sleep(0.01 * step)
            mine = server.processes()
            if mine:
                victim = mine[step % len(mine)]
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            client.wait(15)
            server.wait_idle()
        self.assertEqual(ask(self.local(server, target)), b"ping")

    def test_pam_process_killed(self):
        """A killed PAM helper ends its connection."""
        if not ROOT:
            self.skipTest("needs root")
        server = self.serve("UsePAM yes")
        client, _, _ = self._connection(server)
        os.kill(self._pid(server, "portcullis-pam"), signal.SIGKILL)
        client.wait(10)
        server.wait_idle()


if __name__ == "__main__":
    unittest.main()

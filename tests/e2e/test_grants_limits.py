"""MaxForwards, MaxListeners and MaxConnectionsPerUser: how many."""

import os
import signal
import unittest

from grants import Deaf, Grants
from harness import (ask, dial, free_port, listening, needs_root,
                     on_portcullis, program_of, read_some, wait_for)


@on_portcullis
class MaxForwards(Grants):
    """Forwards that are open, pending or offered."""

    def test_one_more_is_refused(self):
        """Until one of the others ends."""
        target = self.target()
        for server in self.everywhere("MaxForwards 2"):
            socks = self.socks(server)
            first = socks.dial("127.0.0.1", target.port)
            with socks.dial("127.0.0.1", target.port) as second:
                self.assertIn(
                    "resource shortage: too many forwards",
                    socks.try_open("127.0.0.1", target.port))
                self.assert_denied(server, "too-many-forwards", "MaxForwards")
                first.close()
                self.assert_log(server, "forward 1 closed:")
                self.assertEqual(socks.try_open("127.0.0.1", target.port), "")
                second.sendall(b"ping")
                self.assertEqual(read_some(second, 4), b"ping")

    def test_pending_ones_count(self):
        """One that has not been connected takes a place."""
        deaf, target = Deaf(self), self.target()
        socks = self.socks(self.serve("MaxForwards 1"))
        before = deaf.dialled()
        with socks.begin("127.0.0.1", deaf.port):
            wait_for(lambda: deaf.dialled() > before, "the SYN")
            self.assertIn("too many forwards",
                          socks.try_open("127.0.0.1", target.port))
        self.assertEqual(target.peers, [])

    def test_connections_to_listeners_count(self):
        """What is too much is closed and logged."""
        echo, port = self.target(), free_port()
        server = self.serve("MaxForwards 1")
        self.hold(server, "-R", f"{port}:127.0.0.1:{echo.port}", ready=port)
        with dial(port) as first:
            first.sendall(b"ping")
            self.assertEqual(read_some(first, 4), b"ping")
            self.assertEqual(ask(port), b"")
            self.assert_denied(server, "too-many-forwards", "MaxForwards")
        self.assert_log(server, r"forward \d+ closed:")
        self.assertEqual(ask(port), b"ping")

    def test_zero_is_none_at_all(self):
        """No forward, but a login."""
        server = self.serve("MaxForwards 0")
        self.assertIn("too many forwards",
                      self.socks(server).try_open("127.0.0.1", 9))
        got = self.ssh(server, "--", "policy")
        self.assertIn(b"At a time there may be 0 forwards.", got.stdout)


@on_portcullis
class MaxListeners(Grants):
    """Listeners on ports and paths together."""

    def test_one_more_is_refused(self):
        """And may come when another one has gone."""
        echo = self.target()
        for server in self.everywhere("MaxListeners 1"):
            one, two = free_port(), free_port()
            control = f"{server.dir}/ctl"
            self.hold(server, "-M", "-S", control, "-R",
                      f"{one}:127.0.0.1:{echo.port}", ready=one)
            words = ["-S", control, "-O", "forward", "-R",
                     f"{two}:127.0.0.1:{echo.port}"]
            self.assertNotEqual(self.ssh(server, *words).returncode, 0)
            self.assert_denied(server, "too-many-listeners", "MaxListeners")
            self.assertFalse(listening(two))
            self.ssh(server, "-S", control, "-O", "cancel", "-R",
                     f"{one}:127.0.0.1:{echo.port}")
            wait_for(lambda: not listening(one), "the end")
            self.assertEqual(self.ssh(server, *words).returncode, 0)
            self.assertEqual(ask(two), b"ping")


@on_portcullis
class MaxConnectionsPerUser(Grants):
    """Counted by the daemon over all connections."""

    WORDS = "Too many connections for user"

    def enter(self, server, **kw):
        """A client that is logged in, and stays."""
        port = free_port()
        client = self.hold(server, "-L", f"{port}:127.0.0.1:9", ready=port,
                           **kw)
        return client

    def refused(self, server, **kw):
        """What the client says that does not get in."""
        got = self.ssh(server, "-N", timeout=20, **kw)
        self.assertEqual(got.returncode, 255)
        said = got.stderr.decode()
        self.assertIn(self.WORDS, said)
        return said

    def test_one_more_is_refused(self):
        """Until one has ended; the log names the rule."""
        for server in self.everywhere("MaxConnectionsPerUser 2"):
            first, _ = self.enter(server), self.enter(server)
            self.refused(server)
            self.assert_log(
                server, rf"{self.WORDS} {self.user.name} from 127\.0\.0\.1 "
                r"port \d+: too-many-connections by "
                rf"{self.rule(server, 'MaxConnections')} \[preauth\]$")
            first.stop()
            self.assert_log(server, "Disconnected from user")
            self.enter(server)
            self.refused(server)

    def test_who_is_in_counts_whatever_was_in_force(self):
        """Connections from before a reload, and from where there is no
        limit."""
        server = self.serve()
        self.enter(server)
        server.write_conf("MaxConnectionsPerUser 1")
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"Received SIGHUP|[Rr]eload")
        wait_for(lambda: self.ssh(server, "--", "true").returncode == 255,
                 "the new configuration")
        self.refused(server)

    def test_a_killed_monitor_leaves_its_place(self):
        """It cannot say goodbye to the daemon."""
        server = self.serve("MaxConnectionsPerUser 1")
        client = self.enter(server)
        self.refused(server)
        monitor = next(pid for pid in server.processes()
                       if program_of(pid) == "portcullis-monitor")
        os.kill(monitor, signal.SIGKILL)
        self.assertEqual(client.wait(), 255)
        self.assert_log(server, "killed by signal 9")
        self.enter(server)
        self.refused(server)

    def test_together(self):
        """Of many that come at once exactly as many get in as may."""
        server = self.serve("MaxConnectionsPerUser 3")
        clients = [self.client(server, "-N", "-v") for _ in range(8)]
        wait_for(lambda: all(
            c.process.poll() is not None
            or "Entering interactive session" in c.err() for c in clients),
            "the logins")
        wait_for(lambda: sum(c.process.poll() is None
                             for c in clients) == 3, "five to leave")
        self.assertEqual(sum(self.WORDS in c.err() for c in clients), 5)

    @needs_root
    def test_others_are_not_counted(self):
        """Each user has a count of their own."""
        server = self.serve("MaxConnectionsPerUser 1")
        other = self.world.account("b")
        server.authorize(other.name, self.world.public())
        self.enter(server)
        self.enter(server, user=other.name)
        self.refused(server)
        self.refused(server, user=other.name)

    def test_explained_in_full_or_not_at_all(self):
        """As ExplainDenials says."""
        server = self.serve("MaxConnectionsPerUser 1\nExplainDenials full")
        self.enter(server)
        self.assertIn(f"by {server.conf}:1", self.refused(server))
        server = self.serve("MaxConnectionsPerUser 1\nExplainDenials none")
        self.enter(server)
        got = self.ssh(server, "-N")
        self.assertEqual(got.returncode, 255)
        self.assertNotIn(self.WORDS, got.stderr.decode())

    def test_the_daemon_may_go(self):
        """Who is in stays, with new forwards."""
        target = self.target()
        server = self.serve("MaxConnectionsPerUser 1")
        socks = self.socks(server)
        server.processes()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(10), 0)
        self.assertEqual(socks.try_open("127.0.0.1", target.port), "")

    def test_debug_mode(self):
        """-d serves one connection, and counts it."""
        server = self.serve("MaxConnectionsPerUser 1", args=["-d"])
        target = self.target()
        self.assertEqual(ask(self.local(server, target)), b"ping")


if __name__ == "__main__":
    unittest.main()

"""Limits at the door: who may begin to log in, and who has to stay outside
for a while.  Sources are addresses of 127.0.0.0/8."""

import contextlib
import os
import signal
import socket
import time
import unittest

from harness import (LIGHT, LIMIT, Case, needs_root, on_both, on_portcullis,
                     program_of, wait_for)

REFUSALS = {"sshd": b"Exceeded MaxStartups\r\n",  # of 9.2
            "portcullis": b"Not allowed at this time\r\n"}


class DoorCase(Case):
    """Clients from several addresses."""

    def come(self, server, source="127.0.0.1"):
        """A connection from this address that says nothing."""
        sock = socket.create_connection(("127.0.0.1", server.port), LIMIT,
                                        source_address=(source, 0))
        self.addCleanup(sock.close)
        return sock

    def enter(self, server, source="127.0.0.1"):
        """The same, let in."""
        sock = self.come(server, source)
        self.assertEqual(sock.recv(4096)[:4], b"SSH-", source)
        return sock

    def assert_refused(self, server, source="127.0.0.1"):
        """A client from this address is told and dropped."""
        sock, got = self.come(server, source), b""
        while data := sock.recv(4096):
            got += data
        self.assertEqual(got, REFUSALS[server.name], source)

    def log_in(self, server, source="127.0.0.1", **kw):
        """Does a login from this address work?"""
        got = self.ssh(server, "-W", "127.0.0.1:1",
                       options=[f"BindAddress={source}"], **kw)
        return b"connect failed" in got.stderr

    def wait_entered(self, server, source="127.0.0.1"):
        """Until this address is let in again."""
        def probe():
            with contextlib.closing(self.come(server, source)) as sock:
                return sock.recv(4096)[:4] == b"SSH-"
        wait_for(probe, f"{source} to be let in")

    def assert_dropped(self, server, number, source, why):
        """sshd's line about a dropped client."""
        self.assert_log(server, rf"drop connection #{number} from \[{source}\]"
                        rf":\d+ on \[127\.0\.0\.1\]:{server.port} {why}$")


@on_both
class Startups(DoorCase):
    """MaxStartups, and its share for one source."""

    def test_plain_limit(self):
        """MaxStartups N lets N wait, and one more when one has left."""
        server = self.serve("MaxStartups 3")
        waiting = [self.enter(server) for _ in range(3)]
        self.assert_refused(server)
        self.assert_dropped(server, 3, r"127\.0\.0\.1", "past MaxStartups")
        waiting[0].close()
        self.wait_entered(server)

    def test_whoever_is_in_does_not_count(self):
        """A client that has logged in gives its place back."""
        server, target = self.serve("MaxStartups 1"), self.target()
        self.local(server, target)
        self.local(server, target)
        self.enter(server)
        self.assert_refused(server)

    def test_nobody_is_dropped_below_start(self):
        """Up to start all are let in; a rate of 100 drops all from there."""
        server = self.serve("MaxStartups 12:100:50")
        for _ in range(12):
            self.enter(server)
        for _ in range(5):
            self.assert_refused(server)

    def test_random_drop(self):
        """From start on some are dropped and some are not."""
        server = self.serve("MaxStartups 1:50:1000")
        self.enter(server)
        first = set()
        for _ in range(60):
            with contextlib.closing(self.come(server)) as sock:
                first.add(sock.recv(4096)[:4])
            if len(first) == 2:
                return
        self.fail(f"60 clients, and all got {first}")

    def test_per_source(self):
        """PerSourceMaxStartups limits one address, not the others."""
        server = self.serve("PerSourceMaxStartups 2")
        waiting = [self.enter(server, "127.0.0.2") for _ in range(2)]
        self.assert_refused(server, "127.0.0.2")
        self.assert_dropped(server, 2, r"127\.0\.0\.2",
                            "past (PerSource)?MaxStartups")
        self.enter(server, "127.0.0.3")
        self.assertTrue(self.log_in(server))
        waiting[0].close()
        self.wait_entered(server, "127.0.0.2")

    def test_net_block_size(self):
        """PerSourceNetBlockSize makes a network one source."""
        server = self.serve("PerSourceMaxStartups 2\n"
                            "PerSourceNetBlockSize 24:64")
        self.enter(server, "127.0.1.1")
        self.enter(server, "127.0.1.2")
        self.assert_refused(server, "127.0.1.255")
        self.enter(server, "127.0.2.1")
        self.enter(server, "127.0.0.1")

    def test_crowd_from_one_source(self):
        """Two hundred silent clients from one address do not keep a login
        from another one out."""
        server = self.serve("PerSourceMaxStartups 5\nMaxStartups 10:30:100")
        for _ in range(50 if LIGHT else 200):
            self.come(server, "127.0.0.2")
        self.assert_refused(server, "127.0.0.2")
        for _ in range(5):
            self.assertTrue(self.log_in(server))


CLASSES = "crash authfail noauth invaliduser grace-exceeded refuseconnection"


@on_portcullis
class Penalties(DoorCase):
    """PerSourcePenalties, which Debian's 9.2 does not have yet."""

    def serve_penalties(self, words="", conf="", **kw):
        """A server where a single fault keeps its source out."""
        words = words or " ".join(f"{w}:60" for w in CLASSES.split())
        return self.serve(f"PerSourcePenalties {words}\n{conf}", **kw)

    def assert_penalised(self, server, source, why, seconds=60):
        """A source has been penalised and is kept out; others are not."""
        self.assert_log(server, rf"srclimit_penalise: ipv4: new {source}/32 "
                        rf"active penalty of {seconds}\.000 seconds for "
                        rf"penalty: {why}$")
        self.assert_refused(server, source)
        self.assert_dropped(server, r"\d+", source, f"penalty: {why}")
        self.enter(server, "127.0.0.99")

    def test_failed_login(self):
        """Who offers a wrong key is kept out, others log in."""
        server = self.serve_penalties()
        self.assertFalse(self.log_in(server, "127.0.0.2", key="other_key"))
        self.assert_penalised(server, "127.0.0.2", "failed authentication")
        self.assertTrue(self.log_in(server))

    def test_no_login(self):
        """Who leaves without a login is kept out."""
        server = self.serve_penalties()
        self.enter(server, "127.0.0.3").close()
        self.assert_penalised(server, "127.0.0.3", "connections without "
                              "attempting authentication")

    def test_invalid_user(self):
        """Who names an unknown or denied user is kept out."""
        server = self.serve_penalties(
            match="Match Address 127.0.0.5\n  AllowUsers nobody-else")
        why = "attempted authentication by invalid user"
        self.assertFalse(self.log_in(server, "127.0.0.4", user="pct-nobody"))
        self.assert_penalised(server, "127.0.0.4", why)
        self.assertFalse(self.log_in(server, "127.0.0.5"))
        self.assert_penalised(server, "127.0.0.5", why)

    @needs_root
    def test_password_of_an_invalid_user(self):
        """A password that is looked at is a failed login, whoever tried."""
        server = self.serve_penalties(conf="PasswordAuthentication yes")
        self.assertFalse(self.log_in(server, "127.0.0.6", user="pct-nobody",
                                     password="wrong"))
        self.assert_penalised(server, "127.0.0.6", "failed authentication")

    def test_grace_time(self):
        """Who takes too long is kept out."""
        server = self.serve_penalties(conf="LoginGraceTime 1")
        self.assertEqual(self.enter(server, "127.0.0.7").recv(4096), b"")
        self.assert_log(server, r"Timeout before authentication for "
                        r"connection from 127\.0\.0\.7 to 127\.0\.0\.1, "
                        r"pid = \d+$")
        self.assert_penalised(server, "127.0.0.7", "exceeded LoginGraceTime")

    def test_crash(self):
        """Whose process crashes is kept out, and an error is logged."""
        server = self.serve_penalties()
        self.enter(server, "127.0.0.8")
        name = "portcullis-session"
        wait_for(lambda: any(program_of(p) == name for p in
                             server.processes()), "the session to run")
        for pid in server.processes():
            if program_of(pid) == name:
                os.kill(pid, signal.SIGSYS)  # no sanitizer is in its way
        self.assert_log(server, r"Session process \d+ unpriv child crash for "
                        r"connection from 127\.0\.0\.8 to 127\.0\.0\.1$")
        self.assert_penalised(server, "127.0.0.8", "caused crash")

    def test_refuse_connection(self):
        """RefuseConnection ends the connection of whom its block matches,
        and keeps the source out."""
        server = self.serve_penalties(
            match="Match Address 127.0.0.9\n  RefuseConnection yes")
        got = self.ssh(server, "-N", options=["BindAddress=127.0.0.9"])
        self.assertNotIn(b"Permission denied", got.stderr)
        self.assertEqual(got.returncode, 255)
        self.assert_log(server, "administratively prohibited connection for "
                        rf"{self.user.name} from 127\.0\.0\.9 port \d+$")
        self.assert_penalised(server, "127.0.0.9",
                              "connection prohibited by RefuseConnection")
        self.assertTrue(self.log_in(server))
        self.assertNotRegex(server.log(), r"Connection closed by .*\.9 port")

    def test_login_is_no_fault(self):
        """A login, also one after failures, costs nothing, however it
        ends."""
        server, target = self.serve_penalties(), self.target()
        for _ in range(3):
            self.assertTrue(self.log_in(server, "127.0.0.2"))
        other = f"{self.world.dir}/other_key"
        got = self.ssh(server, "-i", other, "-i", f"{self.world.dir}/key",
                       "-W", "127.0.0.1:1", key=None,
                       options=["BindAddress=127.0.0.2"])
        self.assertIn(b"connect failed", got.stderr)
        self.local(server, target, options=["BindAddress=127.0.0.2"])
        self.clients[-1].stop(signal.SIGKILL)
        server.wait_idle()
        self.assertNotIn("srclimit", server.log())
        self.enter(server, "127.0.0.2")

    def test_small_faults_add_up(self):
        """Nobody is kept out before min is exceeded."""
        server = self.serve_penalties("noauth:40 min:100", "LogLevel VERBOSE")
        self.enter(server, "127.0.0.2").close()
        self.assert_log(server, r"new 127\.0\.0\.2/32 deferred penalty of "
                        r"40\.000 seconds for")
        for _ in range(2):
            self.enter(server, "127.0.0.2").close()
            server.wait_idle()
        self.assert_log(server, r"srclimit_penalise: 127\.0\.0\.2/32: "
                        r"activating ipv4 penalty of 1[012]\d\.\d{3} seconds")
        self.assert_refused(server, "127.0.0.2")

    def test_penalty_ends(self):
        """A penalty is over some time."""
        server = self.serve_penalties("noauth:4 min:0")
        self.enter(server, "127.0.0.2").close()
        self.assert_penalised(server, "127.0.0.2", "connections without "
                              "attempting authentication", 4)
        self.wait_entered(server, "127.0.0.2")

    def test_network_is_penalised(self):
        """A whole network is kept out, the one next to it is not."""
        server = self.serve_penalties(conf="PerSourceNetBlockSize 24")
        self.enter(server, "127.0.1.1").close()
        self.assert_log(server, r"new 127\.0\.1\.0/24 active penalty")
        self.assert_refused(server, "127.0.1.200")
        self.enter(server, "127.0.2.1")

    def test_exempt_list(self):
        """Exempt addresses may do as they like."""
        server = self.serve_penalties(
            conf="PerSourcePenaltyExemptList 127.0.0.0/29,!127.0.0.3")
        self.enter(server, "127.0.0.2").close()
        self.enter(server, "127.0.0.3").close()
        self.assert_log(server, r"new 127\.0\.0\.3/32 active penalty")
        server.wait_idle()
        self.enter(server, "127.0.0.2")
        self.assertNotIn("127.0.0.2/32", server.log())

    def test_reload(self):
        """A reload keeps penalties, until it switches them off."""
        server = self.serve_penalties()
        self.enter(server, "127.0.0.2").close()
        self.assert_log(server, r"new 127\.0\.0\.2/32 active penalty")
        server.signal(signal.SIGHUP)
        self.assert_log(server, "Configuration reloaded")
        self.assert_refused(server, "127.0.0.2")
        server.write_conf("PerSourcePenalties no")
        server.signal(signal.SIGHUP)
        self.assert_log(server, "Configuration reloaded", 2)
        self.enter(server, "127.0.0.2").close()
        server.wait_idle()
        self.enter(server, "127.0.0.2")

    def test_default(self):
        """Without a word penalties are in force: four failed logins, or some
        more when they take their time."""
        server = self.prepare()
        text = server.conf.read_text()
        server.conf.write_text(text.replace("PerSourcePenalties no\n", ""))
        server.start()
        for tries in range(1, 12):
            self.assertFalse(self.log_in(server, "127.0.0.2",
                                         key="other_key"))
            server.wait_idle()
            if "activating" in server.log():
                break
        self.assertGreater(tries, 3)
        self.assert_log(server, r"activating ipv4 penalty of 1\d\.\d{3} "
                        "seconds for penalty: failed authentication")
        self.assert_refused(server, "127.0.0.2")
        self.assertTrue(self.log_in(server))


@on_portcullis
class GraceTime(DoorCase):
    """LoginGraceTime's random part."""

    def test_clients_do_not_all_leave_together(self):
        """Clients that came together leave within four seconds, spread."""
        server = self.serve("LoginGraceTime 1")
        start = time.monotonic()
        ends = {}
        waiting = [self.enter(server) for _ in range(8)]
        for sock in waiting:
            sock.setblocking(False)

        def probe():
            for sock in waiting:
                with contextlib.suppress(BlockingIOError):
                    if sock not in ends and not sock.recv(4096):
                        ends[sock] = time.monotonic() - start
            return len(ends) == len(waiting)
        wait_for(probe, "all of them to be ended")
        self.assertGreater(min(ends.values()), 0.9)
        self.assertGreater(max(ends.values()) - min(ends.values()), 0.25)


if __name__ == "__main__":
    unittest.main()

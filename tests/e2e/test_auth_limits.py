"""MaxAuthTries, LoginGraceTime and clients that never log in."""

import socket
import time
import unittest

import paramiko

from harness import Case, dial, on_both, read_some, wait_for
from world import quiet


@on_both
class AuthLimits(Case):
    """What ends a login that does not succeed."""

    def _keys(self, count):
        """The client's options for count keys that nobody knows."""
        words = []
        for number in range(count):
            path = self.world.dir / f"{type(self).__name__}{number}"
            if not path.exists():
                quiet("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                      path)
            words += ["-i", str(path)]
        return words

    def _offer(self, server, wrong):
        """Offer some wrong keys and then the right one: what ssh says."""
        return self.ssh(server, *self._keys(wrong), "-i",
                        f"{self.world.dir}/key", "-W", "127.0.0.1:1",
                        key=None).stderr.decode()

    def test_tries_are_counted(self):
        """MaxAuthTries N stands N-1 failures and a success."""
        for tries in (1, 2, 4):
            server = self.serve(f"MaxAuthTries {tries}")
            with self.subTest(tries=tries, wrong=tries - 1):
                self.assertIn("connect failed", self._offer(server, tries - 1))
            with self.subTest(tries=tries, wrong=tries):
                self.assertIn("Too many authentication failures",
                              self._offer(server, tries))
                self.assert_log(server, r"maximum authentication attempts "
                                rf"exceeded for {self.user.name} from "
                                r"127\.0\.0\.1 port \d+ ssh2")
            server.stop()

    def test_default_is_six(self):
        """Without the keyword six failures are the end."""
        server = self.serve()
        self.assertIn("connect failed", self._offer(server, 5))
        self.assertIn("Too many authentication failures",
                      self._offer(server, 6))

    def test_unknown_user_is_counted_too(self):
        """An unknown user's attempts are counted and logged as such."""
        server = self.serve("MaxAuthTries 2")
        got = self.ssh(server, *self._keys(3), "-N", user="pct-nobody",
                       key=None)
        self.assertIn(b"Too many authentication failures", got.stderr)
        self.assert_log(server, r"maximum authentication attempts exceeded "
                        r"for invalid user pct-nobody from 127\.0\.0\.1")

    def test_max_auth_tries_in_match(self):
        """MaxAuthTries in a Match block counts for that user."""
        server = self.serve("MaxAuthTries 6", f"Match User {self.user.name}\n"
                            "  MaxAuthTries 1")
        self.assertIn("Too many authentication failures",
                      self._offer(server, 2))

    def test_grace_time_ends_a_silent_client(self):
        """A client that says nothing is ended after LoginGraceTime."""
        server = self.serve("LoginGraceTime 1")
        with dial(server.port) as sock:
            self.assertEqual(read_some(sock, 4), b"SSH-")
            start = time.monotonic()
            while sock.recv(4096):
                pass
            self.assertLess(time.monotonic() - start, 12)
        if self.ours:  # sshd 9.2 loses the line on its way
            self.assert_log(server, r"Timeout before authentication for "
                            r"connection from 127\.0\.0\.1 to 127\.0\.0\.1, "
                            r"pid = \d+$")
        server.wait_idle()

    def test_grace_time_ends_a_slow_login(self):
        """A client that has keys exchanged and then waits is ended too."""
        server = self.serve("LoginGraceTime 2")
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            transport = paramiko.Transport(sock)
            transport.start_client(timeout=10)
            wait_for(lambda: not transport.is_active(), "the end", 15)
            transport.close()
        server.wait_idle()

    def test_grace_time_spares_who_is_in(self):
        """A connection that has logged in outlives LoginGraceTime."""
        server, target = self.serve("LoginGraceTime 1"), self.target()
        port = self.local(server, target)
        time.sleep(2.5)
        with dial(port) as sock:
            sock.sendall(b"ping")
            self.assertEqual(read_some(sock, 4), b"ping")

    def test_grace_time_zero_is_no_limit(self):
        """LoginGraceTime 0 lets a client take its time."""
        server = self.serve("LoginGraceTime 0")
        with dial(server.port) as sock:
            read_some(sock, 4)
            sock.settimeout(2)
            with self.assertRaises(TimeoutError):
                while True:
                    if not sock.recv(4096):
                        self.fail("the server ended the connection")


if __name__ == "__main__":
    unittest.main()

"""Portcullis without root: only the invoking user, only by key, and what is
still contained."""

import os
import pathlib
import unittest

from harness import (Case, ask, free_port, listening, needs_no_root,
                     on_portcullis, program_of)
from test_privileges import status


@on_portcullis
@needs_no_root
class NoRoot(Case):
    """The daemon runs as whoever runs these tests."""

    def test_own_login_forwards(self):
        """The invoking user logs in by key and forwards both ways."""
        server, target = self.serve(), self.target()
        self.assertEqual(ask(self.local(server, target)), b"ping")
        port = free_port()
        self.hold(server, "-R", f"{port}:127.0.0.1:{target.port}", ready=port)
        self.assertEqual(ask(port), b"ping")

    def test_nobody_else_may_log_in(self):
        """Another account is refused, even with a key in its file."""
        server = self.serve()
        for name in ("root", "daemon", "pct-nobody"):
            with self.subTest(name):
                server.authorize(name, self.world.public())
                got = self.ssh(server, "-N", user=name)
                self.assertEqual(got.returncode, 255)
                self.assertIn(b"Permission denied", got.stderr)

    def test_pam_is_warned_about_and_off(self):
        """UsePAM yes is warned about and treated as no."""
        server = self.serve("UsePAM yes\nPasswordAuthentication yes")
        self.assertRegex(server.log(), r"(?i)UsePAM.*root|root.*UsePAM")
        got = self.ssh(server, "-W", "127.0.0.1:1")
        self.assertIn(b"connect failed", got.stderr)

    def test_no_password_gets_in(self):
        """Passwords and keyboard-interactive let nobody in."""
        server = self.serve("PasswordAuthentication yes\n"
                            "KbdInteractiveAuthentication yes")
        got = self.ssh(server, "-N", password="anything")
        self.assertEqual(got.returncode, 255)

    def test_privileged_port_is_refused(self):
        """The kernel's rule for low ports holds."""
        limit = pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        if int(limit.read_text()) <= 81:
            self.skipTest("the kernel lets every user have low ports here")
        got = self.ssh(self.serve(), "-N", "-R", "81:127.0.0.1:9",
                       options=["ExitOnForwardFailure=yes"])
        self.assertEqual(got.returncode, 255)
        self.assertFalse(listening(81))

    def test_processes(self):
        """Every role runs as the user, the session behind its filter."""
        server, target = self.serve(), self.target()
        ask(self.local(server, target))
        found = {program_of(p): p for p in server.processes()}
        self.assertEqual(set(found), {"portcullis-monitor",
                                      "portcullis-session",
                                      "portcullis-dialer"})
        for program, pid in found.items():
            with self.subTest(program):
                got = status(pid)
                self.assertEqual(set(got["Uid"]), {str(os.geteuid())})
                if program == "portcullis-session":
                    self.assertEqual(got["Seccomp"], ["2"])
                    self.assertEqual(got["NoNewPrivs"], ["1"])


if __name__ == "__main__":
    unittest.main()

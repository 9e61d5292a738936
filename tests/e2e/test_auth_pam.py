"""Passwords and keyboard-interactive through the machine's real PAM, and the
account phase for every method."""

import unittest

from harness import Case, needs_root, on_both
from world import quiet

PAM = ("UsePAM yes\nPasswordAuthentication yes\n"
       "KbdInteractiveAuthentication yes")
PASSWORD = "PreferredAuthentications=password"
KEYBOARD = "PreferredAuthentications=keyboard-interactive"


@on_both
@needs_root
class AuthPam(Case):
    """Throw-away users with a known password."""

    def setUp(self):
        super().setUp()
        self.echo = self.target()

    def login(self, server, password=None, method=PASSWORD, **kw):
        """Log in and echo: the client's whole result."""
        if password is not None:
            kw["options"] = [method, *kw.get("options", ())]
        return self.ssh(server, "-W", f"127.0.0.1:{self.echo.port}",
                        send=b"in", password=password, timeout=40, **kw)

    def test_password(self):
        """The right password logs in and is logged."""
        server = self.serve(PAM)
        got = self.login(server, self.world.password)
        self.assertEqual(got.stdout, b"in", got.stderr)
        self.assert_log(server, rf"Accepted password for {self.user.name} "
                        r"from 127\.0\.0\.1 port \d+ ssh2$")

    def test_wrong_password(self):
        """A wrong password does not, and is logged."""
        server = self.serve(PAM)
        got = self.login(server, "wrong")
        self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assertIn(b"Permission denied", got.stderr)
        self.assert_log(server, rf"Failed password for {self.user.name} from "
                        r"127\.0\.0\.1 port \d+ ssh2$")

    def test_empty_and_long_passwords(self):
        """An empty and an absurdly long password are refused."""
        server = self.serve(PAM)
        for password in ("", "x" * 2000):
            with self.subTest(length=len(password)):
                got = self.login(server, password)
                self.assertEqual((got.returncode, got.stdout), (255, b""))

    def test_unknown_user(self):
        """An unknown user's password fails and is logged as such."""
        server = self.serve(PAM)
        got = self.login(server, "wrong", user="pct-nobody")
        self.assertIn(b"Permission denied", got.stderr)
        self.assert_log(server, r"Failed password for invalid user "
                        r"pct-nobody from 127\.0\.0\.1 port \d+ ssh2$")

    def test_keyboard_interactive(self):
        """PAM's prompt reaches the client, the answer reaches PAM."""
        server = self.serve(PAM)
        asked = server.dir / "asked"
        got = self.login(server, self.world.password, KEYBOARD, asked=asked)
        self.assertEqual(got.stdout, b"in", got.stderr)
        self.assertIn("Password:", asked.read_text())
        self.assert_log(server, r"Accepted keyboard-interactive/pam for "
                        rf"{self.user.name} from 127\.0\.0\.1 port \d+ ssh2$")

    def test_wrong_answer(self):
        """A wrong answer to a prompt does not log in; once half the
        tries are used up it is logged."""
        server = self.serve(f"{PAM}\nMaxAuthTries 1")
        got = self.login(server, "wrong", KEYBOARD)
        self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assert_log(server, r"Failed keyboard-interactive/pam for "
                        rf"{self.user.name} from 127\.0\.0\.1 port \d+ ssh2$")

    def test_key_with_pam(self):
        """A key logs in with UsePAM yes, through the account phase."""
        server = self.serve("UsePAM yes")
        got = self.login(server)
        self.assertEqual(got.stdout, b"in", got.stderr)

    def test_wrong_then_right(self):
        """A password after a wrong answer still logs in."""
        server = self.serve(PAM)
        helper = server.dir / "second"
        helper.write_text(
            f"#!/bin/sh\nif [ -e {server.dir}/once ]; then "
            f"echo '{self.world.password}'; else : >{server.dir}/once; "
            "echo wrong; fi\n")
        helper.chmod(0o755)
        got = self.login(server, "unused", askpass=helper,
                         options=["NumberOfPasswordPrompts=2"])
        self.assertEqual(got.stdout, b"in", got.stderr)

    def test_attempts_are_counted(self):
        """MaxAuthTries counts passwords."""
        server = self.serve(f"{PAM}\nMaxAuthTries 2")
        got = self.login(server, "wrong",
                         options=["NumberOfPasswordPrompts=5"])
        self.assertIn(b"Too many authentication failures", got.stderr)
        self.assert_log(server, r"maximum authentication attempts exceeded "
                        rf"for {self.user.name} from 127\.0\.0\.1")

    def test_methods_offered(self):
        """Only the methods that are switched on are offered."""
        rows = [("PasswordAuthentication yes", {"publickey", "password"}),
                ("KbdInteractiveAuthentication yes",
                 {"publickey", "keyboard-interactive"}),
                (PAM, {"publickey", "password", "keyboard-interactive"})]
        for conf, want in rows:
            with self.subTest(conf):
                server = self.serve(f"UsePAM yes\n{conf}")
                got = self.ssh(server, "-N", key=None).stderr.decode()
                offered = got.split("Permission denied (")[1].split(")")[0]
                self.assertEqual(set(offered.split(",")), want)
                server.stop()

    def test_method_switched_off_is_refused(self):
        """A method that is off is refused even to those who insist."""
        server = self.serve("UsePAM yes")
        got = self.login(server, self.world.password)
        self.assertEqual((got.returncode, got.stdout), (255, b""))

    def test_methods_in_match(self):
        """A Match block can give one user the password."""
        server = self.serve("UsePAM yes", f"Match User {self.user.name}\n"
                            "  PasswordAuthentication yes")
        got = self.login(server, self.world.password)
        self.assertEqual(got.stdout, b"in", got.stderr)
        got = self.login(server, self.world.password,
                         user=self.world.name("b"))
        self.assertEqual(got.returncode, 255)

    def test_expired_account(self):
        """An account that PAM says has ended gets in by no method."""
        who = self.world.add_user("x" + self.server_class.name[0])
        quiet("chage", "-E", "0", who.name)
        server = self.serve(PAM)
        server.authorize(who.name, self.world.public())
        for password, method in ((None, ""), (who.password, PASSWORD),
                                 (who.password, KEYBOARD)):
            with self.subTest(method or "publickey"):
                got = self.login(server, password, method, user=who.name)
                self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assert_log(server, rf"Access denied for user {who.name} by PAM "
                        r"account configuration")
        self.assertEqual(self.echo.peers, [])

    def test_expired_password(self):
        """A password that must be changed forwards nothing."""
        who = self.world.add_user("y" + self.server_class.name[0])
        quiet("chage", "-d", "0", who.name)
        server = self.serve(PAM)
        server.authorize(who.name, self.world.public())
        for password in (None, who.password):
            with self.subTest(password=bool(password)):
                got = self.login(server, password, user=who.name)
                self.assertEqual(got.stdout, b"")
                self.assertNotEqual(got.returncode, 0)
        self.assertEqual(self.echo.peers, [])

    def test_locked_account_may_use_its_key(self):
        """With PAM a locked password does not stop a key, as with sshd."""
        who = self.world.add_user("z" + self.server_class.name[0])
        quiet("usermod", "-L", who.name)
        server = self.serve(PAM)
        server.authorize(who.name, self.world.public())
        self.assertEqual(self.login(server, user=who.name).stdout, b"in")
        got = self.login(server, who.password, user=who.name)
        self.assertEqual((got.returncode, got.stdout), (255, b""))

    def test_denied_user_with_the_right_password(self):
        """DenyUsers holds against the right password."""
        server = self.serve(f"{PAM}\nDenyUsers {self.user.name}")
        got = self.login(server, self.world.password)
        self.assertEqual((got.returncode, got.stdout), (255, b""))

    def test_password_without_pam(self):
        """Without PAM keyboard-interactive lets nobody in."""
        server = self.serve("UsePAM no\nKbdInteractiveAuthentication yes")
        got = self.login(server, self.world.password, KEYBOARD)
        self.assertEqual((got.returncode, got.stdout), (255, b""))


if __name__ == "__main__":
    unittest.main()

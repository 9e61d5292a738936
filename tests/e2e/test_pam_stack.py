"""What PAM modules see and decide, with a stack of our own choosing for the
server alone."""

import unittest

from harness import Case, needs_root, on_both, wait_for
from namespaces import needs_mounts, pam_folder
from test_auth_pam import KEYBOARD, PAM, PASSWORD
from world import quiet

ALLOW = ("auth required pam_unix.so\naccount required pam_unix.so\n"
         "session required pam_permit.so\npassword required pam_deny.so\n")


@on_both
@needs_root
@needs_mounts
class PamStack(Case):
    """Each test gives the server its own /etc/pam.d."""

    def setUp(self):
        super().setUp()
        self.echo = self.target()

    def start(self, stack, conf=PAM):
        """A server whose PAM service is this text."""
        server = self.prepare(conf)
        server.prefix = pam_folder(server.dir, stack.format(dir=server.dir))
        return server.start()

    def login(self, server, password=None, method=PASSWORD, **kw):
        """Log in and echo."""
        if password is not None:
            kw["options"] = [method, *kw.get("options", ())]
        return self.ssh(server, "-W", f"127.0.0.1:{self.echo.port}",
                        send=b"in", password=password, timeout=40, **kw)

    def test_text_of_a_module_reaches_the_client(self):
        """What a module wants to say is shown before or with its prompt."""
        server = self.start("auth optional pam_echo.so mind the gap\n"
                            + ALLOW)
        asked = server.dir / "asked"
        got = self.login(server, self.world.password, KEYBOARD, asked=asked)
        self.assertEqual(got.stdout, b"in", got.stderr)
        self.assertIn("mind the gap", asked.read_text() + str(got.stderr))

    def test_password_is_changed_in_several_rounds(self):
        """An expired password is changed by keyboard-interactive: old, new
        and new again, one prompt at a time."""
        who = self.world.add_user("w" + self.server_class.name[0])
        quiet("chage", "-d", "0", who.name)
        server = self.start(ALLOW.replace("password required pam_deny.so",
                                          "password required pam_unix.so"))
        answer, asked = server.dir / "answer", server.dir / "asked"
        answer.write_text(
            f'#!/bin/sh\necho "$1" >>{asked}\ncase "$1" in\n'
            f'*[Nn]ew*) echo Neu-und-Lang-{self.world.tag} ;;\n'
            f'*) echo {who.password} ;;\nesac\n')
        answer.chmod(0o755)
        got = self.login(server, "", KEYBOARD, user=who.name, askpass=answer)
        self.assertEqual(got.stdout, b"in", got.stderr)
        self.assertGreaterEqual(len(asked.read_text().splitlines()), 4)

    def test_denying_auth(self):
        """A stack that denies authentication lets no password in."""
        server = self.start(ALLOW.replace("auth required pam_unix.so",
                                          "auth required pam_deny.so"))
        for method in (PASSWORD, KEYBOARD):
            with self.subTest(method):
                got = self.login(server, self.world.password, method)
                self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assertEqual(self.login(server).stdout, b"in")

    def test_denying_account(self):
        """A denying account phase keeps every method out."""
        server = self.start("account required pam_deny.so\n" + ALLOW)
        for password in (None, self.world.password):
            with self.subTest(password=bool(password)):
                got = self.login(server, password)
                self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assertEqual(self.echo.peers, [])

    def test_nologin(self):
        """pam_nologin keeps users out while its file stands, not root."""
        stack = "account required pam_nologin.so file={dir}/nologin\n"
        server = self.start(stack + ALLOW)
        server.authorize("root", self.world.public())
        (server.dir / "nologin").write_text("closed for the day\n")
        self.assertEqual(self.login(server).returncode, 255)
        self.assertEqual(self.login(server, user="root").stdout, b"in")
        (server.dir / "nologin").unlink()
        self.assertEqual(self.login(server).stdout, b"in")

    def test_denying_session(self):
        """When no session can be opened nothing is forwarded."""
        server = self.start(ALLOW.replace("session required pam_permit.so",
                                          "session required pam_deny.so"))
        got = self.login(server)
        self.assertEqual(got.stdout, b"")
        self.assertNotEqual(got.returncode, 0)
        self.assertEqual(self.echo.peers, [])

    def test_session_is_opened_and_closed(self):
        """One session a login: opened before, closed after, with the user,
        the address and the terminal that PAM modules expect."""
        server = self.prepare(PAM)
        script, seen = server.dir / "note", server.dir / "seen"
        script.write_text('#!/bin/sh\necho "$PAM_TYPE $PAM_USER $PAM_RHOST '
                          f'$PAM_TTY" >>{seen}\n')
        script.chmod(0o755)
        stack = f"session required pam_exec.so {script}\n" + ALLOW
        server.prefix = pam_folder(server.dir, stack)
        server.start()
        self.assertEqual(self.login(server).stdout, b"in")
        who = f"{self.user.name} 127.0.0.1 ssh"
        want = [f"open_session {who}", f"close_session {who}"]
        wait_for(lambda: seen.exists()
                 and seen.read_text().splitlines() == want,
                 f"PAM to see {want}")

    def test_session_is_closed_when_the_client_vanishes(self):
        """A client that is killed still has its session closed."""
        server = self.prepare(PAM)
        script, seen = server.dir / "note", server.dir / "seen"
        script.write_text(f'#!/bin/sh\necho "$PAM_TYPE" >>{seen}\n')
        script.chmod(0o755)
        stack = f"session required pam_exec.so {script}\n" + ALLOW
        server.prefix = pam_folder(server.dir, stack)
        server.start()
        client = self.hold(server)
        wait_for(seen.exists, "the session to open")
        client.stop(9)
        wait_for(lambda: "close_session" in seen.read_text(), "its close")

    def test_root_needs_more_than_a_password(self):
        """Under prohibit-password root's password is refused, even where PAM
        would take any."""
        server = self.start(ALLOW.replace("auth required pam_unix.so",
                                          "auth required pam_permit.so"))
        for method in (PASSWORD, KEYBOARD):
            with self.subTest(method):
                got = self.login(server, "anything", method, user="root")
                self.assertEqual((got.returncode, got.stdout), (255, b""))
        self.assertEqual(self.login(server, "anything").stdout, b"in")

    def test_slow_module_delays_nobody_else(self):
        """While PAM thinks about one login another one succeeds."""
        server = self.prepare(PAM)
        gate = server.dir / "gate"
        script = server.dir / "slow"
        script.write_text('#!/bin/sh\n[ "$PAM_USER" = '
                          f'{self.world.name("b")} ] || exit 0\n'
                          f'while [ ! -e {gate} ]; do sleep 0.1; done\n')
        script.chmod(0o755)
        stack = f"account required pam_exec.so {script}\n" + ALLOW
        server.prefix = pam_folder(server.dir, stack)
        server.start()
        server.authorize(self.world.name("b"), self.world.public())
        self.client(server, "-N", user=self.world.name("b"))
        wait_for(lambda: len(server.processes()) >= 2, "the slow login")
        self.assertEqual(self.login(server).stdout, b"in")
        gate.touch()
        self.assert_log(server, rf"Accepted publickey for "
                        rf"{self.world.name('b')} ")


if __name__ == "__main__":
    unittest.main()

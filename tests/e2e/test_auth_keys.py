"""Public keys: which files are read, which lines count, which options hold,
and what the log says about each login."""

import datetime
import os
import re
import unittest

from harness import Case, needs_root, on_both


def moment(**delta):
    """A time from now in the words of expiry-time, in UTC."""
    when = datetime.datetime.now(datetime.timezone.utc)
    return (when + datetime.timedelta(**delta)).strftime("%Y%m%d%H%M%SZ")


# key options, may the user log in?
OPTIONS = [
    ("", True),
    ("restrict", True),
    ("no-port-forwarding", True),
    ('from="127.0.0.1"', True),
    ('from="127.0.0.0/8"', True),
    ('from="192.0.2.1,127.0.*"', True),
    ('from="192.0.2.0/24"', False),
    ('from="127.0.0.0/8,!127.0.0.1"', False),
    ('from="127.0.0.1/33"', False),
    ('from="localhost"', False),
    (f'expiry-time="{moment(hours=1)}"', True),
    (f'expiry-time="{moment(hours=-1)}"', False),
    ('expiry-time="20200101"', False),
    ('expiry-time="20991231"', True),
    ('expiry-time="soon"', False),
    ('no-such-option', False),
    ('no-such-option="x"', False),
    ('restrict,no-such-option', False),
    ('permitopen="127.0.0.1"', False),
    ('permitopen="127.0.0.1:x y"', False),
    ('permitopen=""', False),
    ('permitopen="127.0.0.1:1",permitopen="*:*"', True),
    ('permitlisten="8080"', True),
    ('permitlisten="localhost:*"', True),
    ('permitlisten="localhost:70000"', False),
    ('command="/bin/false"', True),
    ('command="echo \\"quoted\\""', True),
    ('command="a",command="b"', False),
    ('environment="A=b"', True),
    ('environment="="', False),
    ('tunnel="1"', True),
    ('tunnel="x"', False),
    ('pty,user-rc,agent-forwarding,x11-forwarding', True),
    ('no-pty,no-user-rc,no-agent-forwarding,no-X11-forwarding', True),
    ('RESTRICT,Port-Forwarding', True),
    ('cert-authority', False),
    ('principals="x"', False),
    ('restrict ,pty', False),
    ('from="127.0.0.1', False),
    ('verify-required', True),
    ('no-touch-required', True),
]


@on_both
class AuthKeys(Case):
    """Logins by key, as sshd decides them."""

    def login(self, server, **kw):
        """Does a login succeed?  The client and the log must agree."""
        before = len(re.findall("^.*Accepted publickey", server.log(), re.M))
        got = self.ssh(server, "-W", f"127.0.0.1:{self.echo.port}",
                       send=b"in", **kw)
        after = len(re.findall("^.*Accepted publickey", server.log(), re.M))
        denied = b"Permission denied" in got.stderr
        self.assertEqual(after - before, 0 if denied else 1, got.stderr)
        return not denied

    def setUp(self):
        super().setUp()
        self.echo = self.target()

    def test_every_key_type(self):
        """Ed25519, RSA and ECDSA keys log in."""
        for name in ("key", "rsa_key", "ecdsa_key"):
            with self.subTest(name):
                server = self.serve(keys=self.world.public(name))
                self.assertTrue(self.login(server, key=name))
                server.stop()

    def test_unknown_key_is_refused(self):
        """A key that is in no file does not log in."""
        self.assertFalse(self.login(self.serve(), key="other_key"))

    def test_second_key_of_the_client(self):
        """A client that offers a wrong key first gets in with the right."""
        other = f"{self.world.dir}/other_key"
        server = self.serve()
        got = self.ssh(server, "-i", other, "-i", f"{self.world.dir}/key",
                       "-W", f"127.0.0.1:{self.echo.port}", send=b"in",
                       key=None)
        self.assertEqual(got.stdout, b"in", got.stderr)

    def test_options(self):
        """Each key option lets in whom sshd lets in."""
        server = self.serve()
        for options, may in OPTIONS:
            with self.subTest(options):
                line = f"{options} {self.world.public()}".strip()
                server.authorize(self.user.name, line)
                self.assertEqual(self.login(server), may)

    def test_file_with_noise(self):
        """Comments, blank lines, garbage, CRLF, long lines and other keys
        before the right line do not hide it."""
        lines = ["", "# comment", "   # indented", "garbage", "ssh-ed25519",
                 "ssh-ed25519 AAAA!", self.world.public("rsa_key"),
                 "x" * 9000, "  " + self.world.public() + "\r"]
        self.assertTrue(self.login(self.serve(keys=lines)))

    def test_later_line_for_the_same_key_counts(self):
        """A line that is expired leaves the decision to a later one."""
        key = self.world.public()
        lines = [f'expiry-time="20200101" {key}',
                 f'from="192.0.2.1" {key}', key]
        self.assertTrue(self.login(self.serve(keys=lines)))

    def test_file_without_final_newline(self):
        """The last line counts without its newline."""
        server = self.serve()
        path = server.dir / "keys" / self.user.name
        path.write_text(self.world.public())
        self.assertTrue(self.login(server))

    def test_empty_and_missing_files(self):
        """An empty or a missing file lets nobody in."""
        server = self.serve(keys="")
        self.assertFalse(self.login(server))
        (server.dir / "keys" / self.user.name).unlink()
        self.assertFalse(self.login(server))

    def test_directory_and_fifo_are_no_keys_files(self):
        """Something that is no file is skipped without getting stuck."""
        server = self.prepare()
        odd, good = server.dir / "odd", server.dir / "keys" / "%u"
        server.write_conf(f"AuthorizedKeysFile {odd} {good}")
        server.start()
        for make in (odd.mkdir, lambda: os.mkfifo(odd, 0o644)):
            with self.subTest(make=str(make)):
                make()
                self.assertTrue(self.login(server))
                (odd.rmdir if odd.is_dir() else odd.unlink)()

    def test_several_files(self):
        """Every file of the line is read, in whatever order it helps."""
        server = self.prepare(keys="")
        first, second = server.dir / "first", server.dir / "second"
        first.write_text(self.world.public("rsa_key") + "\n")
        second.write_text(self.world.public() + "\n")
        server.write_conf(f"AuthorizedKeysFile {server.dir}/none {first} "
                          f"{second}")
        server.start()
        self.assertTrue(self.login(server))
        self.assertTrue(self.login(server, key="rsa_key"))
        self.assertFalse(self.login(server, key="other_key"))

    def test_tokens(self):
        """%u, %U and %% are replaced."""
        server = self.prepare(keys="")
        for pattern in ("u-%u", "U-%U", "p-%%"):
            with self.subTest(pattern):
                name = pattern.replace("%u", self.user.name).replace(
                    "%U", str(self.user.uid)).replace("%%", "%")
                (server.dir / name).write_text(self.world.public() + "\n")
                server.write_conf(f"AuthorizedKeysFile {server.dir}/{pattern}")
                server.start()
                self.assertTrue(self.login(server))
                server.stop()
                (server.dir / name).unlink()

    def test_none(self):
        """AuthorizedKeysFile none lets no key in."""
        self.assertFalse(self.login(self.serve("AuthorizedKeysFile none")))

    def test_pubkey_authentication_no(self):
        """PubkeyAuthentication no, here for one user, lets no key in."""
        server = self.serve("", f"Match User {self.user.name}\n"
                            "  PubkeyAuthentication no\n"
                            "  KbdInteractiveAuthentication yes")
        self.assertFalse(self.login(server))

    def test_accepted_algorithms(self):
        """PubkeyAcceptedAlgorithms without the key's type refuses it."""
        server = self.serve("PubkeyAcceptedAlgorithms rsa-sha2-512",
                            keys=[self.world.public(),
                                  self.world.public("rsa_key")])
        self.assertFalse(self.login(server))
        self.assertTrue(self.login(server, key="rsa_key"))

    @needs_root
    def test_default_files_in_the_home(self):
        """By default .ssh/authorized_keys and authorized_keys2 count."""
        for suffix, name in (("h", "authorized_keys"),
                             ("i", "authorized_keys2")):
            with self.subTest(name):
                who = self.world.add_user(self.suffix(suffix))
                ssh = who.home / ".ssh"
                ssh.mkdir(mode=0o700)
                (ssh / name).write_text(self.world.public() + "\n")
                for path in (ssh, ssh / name):
                    os.chown(path, who.uid, who.gid)
                server = self.serve("AuthorizedKeysFile "
                                    ".ssh/authorized_keys "
                                    ".ssh/authorized_keys2")
                self.assertTrue(self.login(server, user=who.name))
                server.stop()

    @needs_root
    def test_home_token(self):
        """%h is the user's home."""
        who = self.world.add_user(self.suffix("j"))
        path = who.home / "keys"
        path.write_text(self.world.public() + "\n")
        os.chown(path, who.uid, who.gid)
        server = self.serve("AuthorizedKeysFile %h/keys")
        self.assertTrue(self.login(server, user=who.name))

    def test_logged_like_sshd(self):
        """A login has sshd's line with the key's type and fingerprint."""
        server = self.serve()
        self.assertTrue(self.login(server))
        print_ = re.escape(self.world.fingerprint())
        self.assert_log(server, rf"Accepted publickey for {self.user.name} "
                        rf"from 127\.0\.0\.1 port \d+ ssh2: ED25519 {print_}$")

    def test_unknown_user_looks_like_a_known_one(self):
        """An unknown user is refused like anyone, and named in the log."""
        server = self.serve()
        got = self.ssh(server, "-N", user="pct-nobody")
        self.assertEqual(got.returncode, 255)
        self.assertRegex(got.stderr, rb"Permission denied \(publickey\)")
        self.assert_log(server, r"Invalid user pct-nobody from 127\.0\.0\.1 "
                        r"port \d+$")

    def suffix(self, letter):
        """A user name of its own for each server under test."""
        return letter + self.server_class.name[0]


if __name__ == "__main__":
    unittest.main()

"""Broken configuration files: the exit code, the line that is named, and that
nothing is bound."""

import unittest

from harness import Case, listening, on_both, on_portcullis

# text, exit status, what the message must contain
BROKEN = [
    ("NoSuchKeyword yes", 255, "line 1: Bad configuration option: "
     "NoSuchKeyword"),
    ("\n\nNoSuchKeyword yes", 255, "line 3: Bad configuration option"),
    ("PermitOpen", 255, "line 1"),
    ("PermitOpen nonsense", 255, "line 1"),
    ("PermitOpen host:0", 255, "line 1"),
    ("PermitOpen host:65536", 255, "line 1"),
    ("PermitOpen 10.0.0.0/8:80", 255, "line 1"),
    ("PermitOpen any host:1", 255, "line 1"),
    ("PermitListen localhost:0", 255, "line 1"),
    ("AllowTcpForwarding maybe", 255, "line 1"),
    ("AllowTcpForwarding true", 255, "line 1"),
    ("GatewayPorts on", 255, "line 1"),
    ("DisableForwarding yes no", 255, "line 1"),
    ("MaxAuthTries -1", 255, "line 1"),
    ("MaxAuthTries x", 255, "line 1"),
    ("LoginGraceTime 1x", 255, "line 1"),
    ("Port 0", 255, "line 1"),
    ("Port 65536", 255, "line 1"),
    ("ListenAddress", 255, "line 1"),
    ("AddressFamily ipv7", 255, "line 1"),
    ("LogLevel LOUD", 255, "line 1"),
    ("SyslogFacility NOWHERE", 255, "line 1"),
    ("PermitRootLogin maybe", 255, "line 1"),
    ("Ciphers no-such-cipher", 255, "line 1"),
    ("MACs no-such-mac", 255, "line 1"),
    ("KexAlgorithms no-such-kex", 255, "line 1"),
    ("RekeyLimit 1", 255, "line 1"),
    ("UsePAM \"yes", 255, "line 1"),
    ("Match", 255, "line 1"),
    ("Match Nonsense x", 255, ""),
    ("Match User", 255, ""),
    ("Match Address 10.0.0.1/8", 255, ""),
    ("Match LocalPort 1,2", 255, ""),
    ("Match User a\n  Port 22", 255, "line 2"),
    ("Match User a\n  NoSuchKeyword", 255, "line 2"),
    ("Match User a, b\n  PermitOpen none", 255, ""),
    ("Include", 255, "line 1"),
]

GOOD = [
    "permitopen none", "PERMITOPEN none", "PermitOpen=none",
    "PermitOpen = none", '"PermitOpen" none', "PermitOpen\tnone",
    "   PermitOpen none   ", "PermitOpen none # why", "PermitOpen none\r",
    "# only a comment", "", "PermitOpen 'none'", 'PermitOpen "none"',
    "Match User *,!bob\n  PermitOpen none", "Match All\n  PermitOpen none",
    "Include /no/such/file/*.conf", "AllowUsers a b c",
    "Match Address 10.0.0.0/8,192.0.2.*\n  PermitOpen none",
    "Port 22\nPort 2222", "RekeyLimit default none",
]

# keywords that Portcullis does not have yet: only their default will do
RESTRICTING = [
    "ChrootDirectory /srv", "AuthenticationMethods publickey,password",
    "RevokedKeys /etc/revoked", "AuthorizedKeysCommand /bin/x",
    "TrustedUserCAKeys /etc/ca", "RequiredRSASize 4096",
]


@on_both
class ConfigErrors(Case):
    """Row by row."""

    def test_broken_files(self):
        """Each broken file ends -t with its status and names the place."""
        for text, status, words in BROKEN:
            with self.subTest(text):
                server = self.prepare(text)
                server.conf.write_text(text + "\n")
                got = server.run("-t", "-h", self.world.dir / "host_key")
                self.assertEqual(got.returncode, status, got.stderr)
                self.assertIn(words, got.stderr)
                self.assertIn("line", got.stderr)

    def test_broken_file_starts_nothing(self):
        """A start with a broken file ends the same way and binds nothing."""
        for text, status, words in BROKEN[:3]:
            with self.subTest(text):
                server = self.prepare(text)
                server.spawn()
                self.assertEqual(server.process.wait(10), status)
                self.assertIn(words, server.log())
                self.assertFalse(listening(server.port))

    def test_good_files(self):
        """Spellings that sshd takes are taken."""
        for text in GOOD:
            with self.subTest(text):
                server = self.prepare()
                server.conf.write_text(text + "\n")
                got = server.run("-t", "-h", self.world.dir / "host_key")
                self.assertEqual(got.returncode, 0, got.stderr)

    def test_included_file_is_named(self):
        """An error in an included file names that file and its line."""
        server = self.prepare()
        extra = server.dir / "extra.conf"
        extra.write_text("# fine\nNoSuchKeyword yes\n")
        server.write_conf(f"Include {server.dir}/extra.*")
        got = server.run("-t")
        self.assertEqual(got.returncode, 255)
        self.assertIn(f"{extra}: line 2: Bad configuration option",
                      got.stderr)

    def test_every_bad_line_is_reported(self):
        """Soft errors are all reported before the end."""
        server = self.prepare("NoSuchKeyword\nPermitOpen none\nNorThisOne x")
        got = server.run("-t")
        self.assertEqual(got.returncode, 255)
        for words in ("line 1:", "line 3:", "2 bad configuration options"):
            self.assertIn(words, got.stderr)

    def test_include_depth(self):
        """A file that includes itself is an error, not the end of memory."""
        server = self.prepare()
        server.write_conf(f"Include {server.conf}")
        got = server.run("-t")
        self.assertEqual(got.returncode, 255)
        self.assertIn("include", got.stderr.lower())


@on_portcullis
class Refused(Case):
    """Keywords that restrict are implemented or refused, never ignored."""

    def test_restricting_keywords(self):
        """A restricting keyword that is not there yet is refused by name."""
        for line in RESTRICTING:
            with self.subTest(line):
                server = self.prepare(line)
                got = server.run("-t")
                self.assertEqual(got.returncode, 255, got.stderr)
                self.assertIn("line 1", got.stderr)
                self.assertIn(line.split()[0], got.stderr)


if __name__ == "__main__":
    unittest.main()

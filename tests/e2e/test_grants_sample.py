"""The shipped configuration, and what -t and -T say of the keywords that only
Portcullis has."""

import unittest

from harness import REPO, Case, Sshd, on_portcullis

SAMPLE = REPO / "config" / "sshd_config"


@on_portcullis
class Sample(Case):
    """config/sshd_config and config/sshd_config.d."""

    def ask(self, server, *args):
        """What the program says of the sample."""
        got = server.run("-f", SAMPLE, "-h", self.world.dir / "host_key",
                         *args, conf=False)
        self.assertEqual(got.returncode, 0, got.stderr)
        return got.stdout

    def test_both_take_it(self):
        """sshd too: it does not find what it would refuse."""
        self.ask(self.prepare(), "-t")
        self.ask(self.prepare(cls=Sshd), "-t")

    def test_it_denies_metadata_services(self):
        """For everybody, by address."""
        said = self.ask(self.prepare(), "-T", "-C",
                        "user=root,host=h,addr=192.0.2.1")
        for entry in ("169.254.0.0/16:*", "[fe80::/10]:*"):
            self.assertIn(f"DenyOpen {entry}\n", said)

    def test_it_does_deny_them(self):
        """A client that asks for one is refused by that line."""
        grants = REPO / "config" / "sshd_config.d" / "forwarding.conf"
        server = self.serve(f"Include {grants}")
        got = self.ssh(server, "-W", "169.254.169.254:80")
        self.assertRegex(got.stderr.decode(), server.refused)
        self.assert_log(server, rf"denied by {grants}:\d+$")


@on_portcullis
class Words(Case):
    """The keywords on the command line, and in the wrong place."""

    CONF = ("GrantOpen 10.0.0.0/8:443 *.db:5432\nDenyOpen 10.1.0.0/16:*\n"
            "GrantListen localhost:8000-8099\nDenyListen *:8080\n"
            "ListenFrom 10.0.0.0/8\nPrivilegedPorts 80 443\n"
            "GrantOpenPath /run/a/*\nGrantListenPath /run/b\n"
            "MaxForwards 7\nMaxListeners 8\nMaxConnectionsPerUser 9\n"
            "MaxConnectionLifetime 8h\nConnectTimeout 20\n"
            "ForwardRateLimit 5M\nMaxForwardWindow 1M 4M\n"
            "ExplainDenials full")

    def test_what_is_in_force(self):
        """-T prints what a Match block says, and that parses again."""
        block = "\n".join(f"  {line}" for line in self.CONF.splitlines())
        server = self.prepare(match=f"Match User {self.user.name}\n{block}")
        other = server.run("-T", "-C", "user=nobody,host=h,addr=192.0.2.1")
        self.assertNotIn("10.1.0.0/16", other.stdout)
        got = server.run("-T", "-C",
                         f"user={self.user.name},host=h,addr=192.0.2.1")
        self.assertEqual(got.returncode, 0, got.stderr)
        for word in ("10.0.0.0/8:443", "10.1.0.0/16:*", "localhost:8000-8099",
                     "/run/a/*", "MaxForwards 7", "MaxConnectionsPerUser 9",
                     "MaxForwardWindow 1048576 4194304"):
            self.assertIn(word, got.stdout)
        (server.dir / "again").write_text(got.stdout)
        again = server.run("-t", "-f", server.dir / "again", conf=False)
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_mistakes_name_their_line(self):
        """Each in its own words, and nothing starts."""
        for line in ("GrantOpen 10.*:443", "GrantListen db:80",
                     "ListenFrom 10.0.0.1/8", "GrantOpenPath ../x",
                     "MaxForwards many", "PrivilegedPorts 0",
                     "ForwardRateLimit 1", "ConnectTimeout soon",
                     "MaxForwardWindow 64K", "MaxForwardWindow 2G",
                     "MaxForwardWindow 8M 4M"):
            with self.subTest(line):
                server = self.prepare(f"# first\n{line}")
                got = server.run("-t")
                self.assertEqual(got.returncode, 255)
                self.assertIn(f"{server.conf}", got.stderr)
                self.assertIn("line 2", got.stderr)


if __name__ == "__main__":
    unittest.main()

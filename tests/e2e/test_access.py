"""Who may log in at all: Allow and Deny lists, PermitRootLogin, shells, and
the sentence that each refusal logs."""

import unittest

from harness import Case, needs_root, on_both

# configuration ({a} is in group {g}, {b} is not), a enters, b enters
TABLE = [
    ("", True, True),
    ("AllowUsers {a}", True, False),
    ("AllowUsers {b} {a}", True, True),
    ("AllowUsers {b}\nAllowUsers {a}", True, True),
    ("AllowUsers pct*a", True, False),
    ("AllowUsers pct????{a_last}", True, False),
    ("AllowUsers {a}@127.0.0.1", True, False),
    ("AllowUsers {a}@127.0.0.0/8", True, False),
    ("AllowUsers {a}@192.0.2.1", False, False),
    ("AllowUsers *@127.0.0.*,!127.0.0.1", False, False),
    ("AllowUsers {A}", False, False),
    ("DenyUsers {a}", False, True),
    ("DenyUsers {a}@127.0.0.1", False, True),
    ("DenyUsers {a}@192.0.2.1", True, True),
    ("DenyUsers {a}\nAllowUsers {a} {b}", False, True),
    ("AllowGroups {g}", True, False),
    ("AllowGroups {b}", False, True),
    ("AllowGroups {g} {b}", True, True),
    ("DenyGroups {g}", False, True),
    ("DenyGroups {g}\nAllowGroups {a} {b}", False, True),
    ("DenyGroups pct*g", False, True),
    ("AllowUsers {a} {b}\nAllowGroups {g}", True, False),
    ("AllowUsers {a}\nDenyGroups {g}", False, False),
]

SENTENCES = [
    ("AllowUsers {b}", "because not listed in AllowUsers"),
    ("DenyUsers {a}", "because listed in DenyUsers"),
    ("AllowGroups {b}",
     "because none of user's groups are listed in AllowGroups"),
    ("DenyGroups {g}", "because a group is listed in DenyGroups"),
]


@on_both
@needs_root
class Access(Case):
    """Logins of throw-away users by key."""

    def _names(self, text):
        a, b, g = (self.world.name(s) for s in "abg")
        return text.format(a=a, b=b, g=g, A=a.upper(), a_last=a[-1])

    def _prepare(self, conf="", match="", **kw):
        server = self.serve(self._names(conf), self._names(match), **kw)
        for suffix in "ab":
            server.authorize(self.world.name(suffix), self.world.public())
        return server

    def _enters(self, server, user, **kw):
        got = self.ssh(server, "-W", "127.0.0.1:1", user=user, **kw)
        return b"Permission denied" not in got.stderr

    def test_table(self):
        """The lists let in whom they let in with sshd."""
        for conf, *want in TABLE:
            with self.subTest(conf):
                server = self._prepare(conf)
                got = [self._enters(server, self.world.name(s)) for s in "ab"]
                self.assertEqual(got, want)
                server.stop()

    def test_match_replaces_the_global_list(self):
        """A list in a Match block replaces the global one."""
        server = self._prepare("AllowUsers {b}", "Match User {a}\n"
                               "  AllowUsers {a}")
        for suffix in "ab":
            self.assertTrue(self._enters(server, self.world.name(suffix)))

    def test_sentences(self):
        """Each refusal logs sshd's sentence."""
        user = self.world.name("a")
        for conf, sentence in SENTENCES:
            with self.subTest(conf):
                server = self._prepare(conf)
                self.assertFalse(self._enters(server, user))
                self.assert_log(server, rf"User {user} from 127\.0\.0\.1 not "
                                rf"allowed {sentence}")
                server.stop()

    def test_root_login(self):
        """PermitRootLogin decides about keys of root."""
        for word, may in (("yes", True), ("prohibit-password", True),
                          ("without-password", True), ("no", False),
                          ("forced-commands-only", False)):
            with self.subTest(word):
                server = self.serve(f"PermitRootLogin {word}")
                server.authorize("root", self.world.public())
                got = self.ssh(server, "-W", "127.0.0.1:1", user="root")
                entered = b"connect failed" in got.stderr
                self.assertEqual(entered, may, got.stderr)
                server.stop()

    def test_root_login_default(self):
        """Without the keyword root may log in by key."""
        server = self.serve()
        server.authorize("root", self.world.public())
        self.assertTrue(self._enters(server, "root"))

    def test_root_refusal_is_logged(self):
        """A refused root has its line."""
        server = self.serve("PermitRootLogin no")
        server.authorize("root", self.world.public())
        self.assertFalse(self._enters(server, "root"))
        self.assert_log(server, r"ROOT LOGIN REFUSED FROM 127\.0\.0\.1 port "
                        r"\d+")

    def test_root_login_in_match(self):
        """PermitRootLogin in a Match block counts."""
        server = self.serve("PermitRootLogin no",
                            "Match Address 127.0.0.1\n"
                            "  PermitRootLogin prohibit-password")
        server.authorize("root", self.world.public())
        self.assertTrue(self._enters(server, "root"))

    def test_shells(self):
        """nologin and false may forward; a shell that is missing may not."""
        letter = self.server_class.name[0]
        for number, (shell, may) in enumerate((
                ("/usr/sbin/nologin", True), ("/bin/false", True),
                ("/no/such/shell", False), ("/etc/passwd", False))):
            with self.subTest(shell):
                who = self.world.add_user(f"s{letter}{number}", shell=shell)
                server = self.serve()
                server.authorize(who.name, self.world.public())
                self.assertEqual(self._enters(server, who.name), may)
                server.stop()

    def test_locked_account_without_pam(self):
        """Without PAM a locked account may not log in."""
        from world import quiet
        who = self.world.add_user("l" + self.server_class.name[0])
        quiet("usermod", "-L", who.name)
        server = self.serve("UsePAM no")
        server.authorize(who.name, self.world.public())
        self.assertFalse(self._enters(server, who.name))


if __name__ == "__main__":
    unittest.main()

"""Which opens are granted: AllowTcpForwarding, DisableForwarding, PermitOpen,
permitopen= and the other key options, row by row against both servers."""

import grp
import re
import unittest

from harness import Case, on_both, on_portcullis

LOOPBACK = ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433",
            "0.0.0.0", "::ffff:127.0.0.1"]

# configuration, key options, the hosts that open (everything else of LOOPBACK
# and LOCALHOST is refused).  P is the target's port, Q another one.
TABLE = [
    ("no list at all", "", "", LOOPBACK + ["LOCALHOST"]),
    ("one exact entry", "PermitOpen 127.0.0.1:P", "", ["127.0.0.1"]),
    ("a name is compared as a string", "PermitOpen localhost:P", "",
     ["localhost"]),
    ("case is not folded", "PermitOpen LOCALHOST:P", "", ["LOCALHOST"]),
    ("another port", "PermitOpen 127.0.0.1:Q", "", []),
    ("any port of one host", "PermitOpen 127.0.0.1:*", "", ["127.0.0.1"]),
    ("any host on one port", "PermitOpen *:P", "",
     LOOPBACK + ["LOCALHOST"]),
    ("any host on another port", "PermitOpen *:Q", "", []),
    ("a partial glob is a literal", "PermitOpen 127.*:P", "", []),
    ("two entries on a line", "PermitOpen 127.0.0.1:P localhost:P", "",
     ["127.0.0.1", "localhost"]),
    ("the first line wins", "PermitOpen 127.0.0.1:P\nPermitOpen localhost:P",
     "", ["127.0.0.1"]),
    ("brackets are stripped", "PermitOpen [::ffff:127.0.0.1]:P", "",
     ["::ffff:127.0.0.1"]),
    ("any", "PermitOpen any", "", LOOPBACK + ["LOCALHOST"]),
    ("none", "PermitOpen none", "", []),
    ("forwarding local only", "AllowTcpForwarding local", "",
     LOOPBACK + ["LOCALHOST"]),
    ("forwarding all", "AllowTcpForwarding all", "",
     LOOPBACK + ["LOCALHOST"]),
    ("forwarding remote only", "AllowTcpForwarding remote", "", []),
    ("forwarding off", "AllowTcpForwarding no", "", []),
    ("forwarding off wins over a list",
     "AllowTcpForwarding no\nPermitOpen 127.0.0.1:P", "", []),
    ("everything off", "DisableForwarding yes", "", []),
    ("a key's list", "", 'permitopen="127.0.0.1:P"', ["127.0.0.1"]),
    ("two entries of a key", "",
     'permitopen="127.0.0.1:P",permitopen="localhost:P"',
     ["127.0.0.1", "localhost"]),
    ("a key's list and none", "PermitOpen none", 'permitopen="127.0.0.1:P"',
     []),
    ("both lists must hold", "PermitOpen 127.0.0.1:P localhost:P",
     'permitopen="localhost:P",permitopen="127.1:P"', ["localhost"]),
    ("a key without forwarding", "", "no-port-forwarding", []),
    ("a key without forwarding and a list", "",
     'no-port-forwarding,permitopen="127.0.0.1:P"', []),
    ("a restricted key", "", "restrict", []),
    ("restricted, forwarding given back", "", "restrict,port-forwarding",
     LOOPBACK + ["LOCALHOST"]),
    ("given back before restrict", "", "port-forwarding,restrict", []),
    ("restricted, forwarding given back for one", "",
     'restrict,port-forwarding,permitopen="127.0.0.1:P"', ["127.0.0.1"]),
    ("option names in any case", "", 'PermitOpen="127.0.0.1:P"',
     ["127.0.0.1"]),
    ("a list for -R says nothing here", "PermitListen none", "",
     LOOPBACK + ["LOCALHOST"]),
]

# Match blocks: the first that matches wins, and wins over the global part.
MATCHES = [
    ("match wins over global", "PermitOpen none",
     "Match User {user}\n  PermitOpen 127.0.0.1:P", ["127.0.0.1"]),
    ("first match wins", "", "Match All\n  PermitOpen none\n"
     "Match User {user}\n  PermitOpen 127.0.0.1:P", []),
    ("a negated user is no match", "PermitOpen 127.0.0.1:P",
     "Match User *,!{user}\n  PermitOpen none", ["127.0.0.1"]),
    ("a match by address", "PermitOpen none",
     "Match Address 127.0.0.0/8\n  PermitOpen 127.0.0.1:P", ["127.0.0.1"]),
    ("a match by another address", "PermitOpen 127.0.0.1:P",
     "Match Address 192.0.2.0/24\n  PermitOpen none", ["127.0.0.1"]),
    ("a match by group", "PermitOpen none",
     "Match Group {group}\n  PermitOpen 127.0.0.1:P", ["127.0.0.1"]),
    ("a match by local port", "PermitOpen none",
     "Match LocalPort {port}\n  PermitOpen 127.0.0.1:P", ["127.0.0.1"]),
    ("a match by local address", "PermitOpen none",
     "Match LocalAddress 127.0.0.1\n  PermitOpen 127.0.0.1:P",
     ["127.0.0.1"]),
    ("two criteria must both hold", "PermitOpen 127.0.0.1:P",
     "Match User {user} Address 192.0.2.1\n  PermitOpen none",
     ["127.0.0.1"]),
    ("a switch in a match", "", "Match User {user}\n  AllowTcpForwarding no",
     []),
]


@on_both
class PermitOpen(Case):
    """The tables, one login and several opens a row."""

    def setUp(self):
        super().setUp()
        self.echo = self.target()

    def _ports(self, text):
        """Put the ports into a row's text."""
        text = re.sub(r"\bP\b", str(self.echo.port), text)
        return re.sub(r"\bQ\b", str(self.echo.port + 1), text)

    def _check(self, server, may, hosts):
        """Exactly these hosts open; the others are told why not."""
        socks = self.socks(server)
        for host in hosts:
            said = socks.try_open(host, self.echo.port)
            if host in may:
                self.assertEqual(said, "", f"{host} should open")
            else:
                self.assertRegex(said, server.refused, host)

    def test_table(self):
        """What opens is what the table says."""
        for what, conf, options, may in TABLE:
            with self.subTest(what):
                key = f"{options} {self.world.public()}".strip()
                server = self.serve(self._ports(conf), keys=self._ports(key))
                few = LOOPBACK + ["LOCALHOST"] if len(may) < 3 else may[:3]
                self._check(server, may, few)
                server.stop()

    def test_all_spellings_of_loopback_open_without_a_list(self):
        """Without a list every spelling of loopback reaches it."""
        server = self.serve()
        self._check(server, LOOPBACK + ["LOCALHOST"], LOOPBACK)

    def test_match_blocks(self):
        """Match blocks replace what the global part said."""
        group = grp.getgrgid(self.user.gid).gr_name
        for what, conf, match, may in MATCHES:
            with self.subTest(what):
                server = self.prepare(self._ports(conf))
                match = match.format(user=self.user.name, group=group,
                                     port=server.port)
                server.write_conf(self._ports(conf), self._ports(match))
                server.start()
                self._check(server, may, ["127.0.0.1", "localhost"])
                server.stop()

    def test_included_file_grants(self):
        """An Include inside a Match applies to that match only."""
        server = self.prepare()
        extra = server.dir / "extra.conf"
        extra.write_text(self._ports("PermitOpen 127.0.0.1:P\n"))
        server.write_conf("PermitOpen none",
                          f"Match User {self.user.name}\n  Include {extra}")
        server.start()
        self._check(server, ["127.0.0.1"], ["127.0.0.1", "localhost"])

    def test_refused_target_sees_nothing(self):
        """A refused target gets no connection at all."""
        socks = self.socks(self.serve("PermitOpen 127.0.0.1:1"))
        for host in LOOPBACK:
            self.assertNotEqual(socks.try_open(host, self.echo.port), "")
        self.assertEqual(self.echo.peers, [])


@on_portcullis
class PermitOpenLog(Case):
    """A refusal names user, source, request and the rule."""

    # configuration, key options, reason, the line of the rule or 0: default
    REASONS = [
        ("DisableForwarding yes", "", "forwarding-disabled", 1),
        ("AllowTcpForwarding remote", "", "direction-off", 1),
        ("PermitOpen none", "", "not-permitted", 1),
        ("\n\nPermitOpen 127.0.0.1:1", "", "not-permitted", 3),
    ]

    def test_reason_and_line(self):
        """Each kind of refusal logs its reason and file:line."""
        for conf, options, reason, line in self.REASONS:
            with self.subTest(reason=reason, conf=conf):
                server = self.serve(conf)
                got = self.ssh(server, "-W", "127.0.0.1:9")
                self.assertRegex(got.stderr.decode(), server.refused)
                where = rf"{reason} by {re.escape(str(server.conf))}:{line}$"
                self.assert_log(server, where)
                self.assertIn(f"user {self.user.name}", server.log())
                server.stop()

    def test_key_option_names_the_keys_file(self):
        """A refusal by a key option names the keys file and its line."""
        rows = [("no-port-forwarding", "key-forwarding-off"),
                ('permitopen="127.0.0.1:1"', "key-not-permitted")]
        for options, reason in rows:
            with self.subTest(reason=reason):
                key = f"# comment\n{options} {self.world.public()}"
                server = self.serve(keys=key)
                self.ssh(server, "-W", "127.0.0.1:9")
                where = re.escape(f"{server.dir}/keys/{self.user.name}:2")
                self.assert_log(server, rf"{reason} by {where}$")
                server.stop()

    def test_refusal_keeps_sshds_sentence(self):
        """Lists and switches keep the sentences that log readers know."""
        server = self.serve("PermitOpen 127.0.0.1:1")
        self.ssh(server, "-W", "db.internal:5432")
        self.assert_log(
            server, r"Received request from 127\.0\.0\.1 port \d+ to connect "
            r"to host db\.internal port 5432, but the request was denied; "
            rf"user {self.user.name}, not-permitted by ")
        server = self.serve("AllowTcpForwarding no")
        self.ssh(server, "-W", "db.internal:5432")
        self.assert_log(
            server, r"refused local port forward: originator .* port \d+, "
            rf"target db\.internal port 5432; user {self.user.name} from "
            r"127\.0\.0\.1 port \d+, direction-off by ")


if __name__ == "__main__":
    unittest.main()

"""portcullisctl: explain, test and diff, and that explain says what the
running server does."""

import grp
import json
import re
import subprocess
import unittest

from harness import BIN, LIGHT, Case, dial, free_port, on_portcullis

CTL = BIN / "portcullisctl"

OK, USAGE, DIFFERENT, DENIED, UNDECIDED, BROKEN = 0, 1, 1, 3, 4, 255


def ctl(*args, cwd="/"):
    """Run portcullisctl to its end."""
    return subprocess.run([str(CTL), *map(str, args)], cwd=cwd,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30, text=True, errors="replace",
                          env={"PATH": "/usr/bin:/bin", "LANG": "C"})


class Ctl(Case):
    """A folder with files to ask about; no server runs."""

    def setUp(self):
        super().setUp()
        self.dir = self.prepare().dir

    def file(self, name, text):
        """A file of that content."""
        path = self.dir / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o644)
        return path

    def explain(self, conf, *request, user="alice", source="10.1.2.3",
                status=OK):
        """The JSON of an explanation."""
        done = ctl("explain", "-f", conf, "--json", "--user", user, "--from",
                   source, *request)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return json.loads(done.stdout)


# configuration, key words of the Match, requests; ports are put in for P, Q
# (something answers), L and M (free).  Each: kind, place, address or "".
PROPERTY = [
    ("AddressFamily inet\nDenyOpen 127.0.0.2:*\n"
     "GrantOpen 127.0.0.0/8:P localhost:Q\nGrantListen localhost:L",
     "Match User {user}\n  GrantListen 127.0.0.1:M\n"
     "Match Group {group} Address 192.0.2.0/24\n  DenyOpen *:*",
     [("open", "127.0.0.1:P", ""), ("open", "127.0.0.2:P", ""),
      ("open", "127.1:P", ""), ("open", "0x7f000001:P", ""),
      ("open", "0.0.0.0:P", ""), ("open", "localhost:P", "127.0.0.1"),
      ("open", "localhost:Q", "127.0.0.1"), ("open", "LOCALHOST:Q", "127.0.0.1"),
      ("open", "127.0.0.1:9", ""), ("open", "localhost:9", ""),
      ("open", "[::1]:P", ""), ("listen", "L", ""), ("listen", "M", ""),
      ("listen", "*:N", ""), ("listen", "N", "")]),
    ("PermitOpen 127.0.0.1:P\nPermitListen localhost:L",
     "Match Group {group}\n  PermitOpen 127.0.0.1:Q 127.0.0.1:P",
     [("open", "127.0.0.1:P", ""), ("open", "127.1:P", ""),
      ("open", "127.0.0.1:Q", ""), ("listen", "L", ""), ("listen", "M", "")]),
    ("AllowTcpForwarding local", "Match LocalPort {port}\n  MaxListeners 0",
     [("open", "127.0.0.1:P", ""), ("listen", "L", "")]),
    ("", "Match LocalAddress 127.0.0.1\n  DisableForwarding yes",
     [("open", "127.0.0.1:P", ""), ("listen", "L", "")]),
    ("GrantOpenPath D/a*\nGrantListenPath D/b/*", "",
     [("open-path", "D/at", ""), ("open-path", "D/bt", ""),
      ("open-path", "D/x/../at", ""), ("listen-path", "D/c", "")]),
]


@on_portcullis
class ExplainIsWhatTheServerDoes(Ctl):
    """A table of requests: the same verdict, reason, file and line."""

    def setUp(self):
        super().setUp()
        self.echo = [self.target(), self.target()]
        self.path = self.target(path=self.dir / "at")
        self.free = [free_port() for _ in range(3)]

    def _fill(self, text):
        """Put ports and the folder into a text."""
        known = {"P": self.echo[0].port, "Q": self.echo[1].port,
                 "L": self.free[0], "M": self.free[1], "N": self.free[2],
                 "D": self.dir}
        return re.sub(r"\b[PQLMND]\b", lambda m: str(known[m[0]]), text)

    def _said(self, server, kind, place):
        """Verdict, reason and rule in the log."""
        host, _, port = place.rpartition(":")
        host = re.escape(host.strip("[]"))
        if kind == "listen":
            host = {"": "localhost", r"\*": ""}.get(host, host)
        where = (re.escape(place) if kind.endswith("path")
                 else f"{host} port {port}")
        patterns = {
            "open": rf"(?:direct-tcpip to|connect to host|target) {where}\b",
            "listen": rf"(?:tcpip-forward|remote forward to host) {where}\b",
            "open-path": rf"(?:direct-streamlocal to|connect to path|target)"
                         rf" {where}",
            "listen-path": rf"(?:streamlocal-forward|forward to path)"
                           rf" \"?{where}",
        }
        line = self.assert_log(
            server, rf"^.*{patterns[kind]}.*[, ](\S+) by (\S+)$")
        opened = re.search(r"(forward \d+|listen) opened:", line[0])
        return ("allow" if opened else "deny", line[1], line[2])

    def _ask(self, server, requests):
        """Make real clients ask for all of it."""
        listens = []
        socks = self.socks(server)
        for kind, place, _ in requests:
            host, _, port = place.rpartition(":")
            if kind == "open":
                socks.try_open(host.strip("[]"), int(port))
            elif kind == "listen":
                listens += ["-R", f"{place}:127.0.0.1:1"]
            elif kind == "listen-path":
                listens += ["-R", f"{place}:127.0.0.1:1"]
            else:
                port = free_port()
                self.hold(server, "-L", f"127.0.0.1:{port}:{place}",
                          ready=port)
                dial(port).close()
        if listens:
            self.client(server, "-N", *listens)

    def _explained(self, server, kind, place, address):
        """What portcullisctl says: verdict, reason and rule."""
        facts = ["--local-address", "127.0.0.1", "--local-port", server.port]
        if address:
            facts += ["--address", address]
        done = ctl("explain", "-f", server.conf, "--json", "--user",
                   self.user.name, "--from", "127.0.0.1", *facts, kind, place)
        self.assertIn(done.returncode, (OK, DENIED), done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(done.returncode == OK, said["verdict"] == "allow")
        rule = f"{said['file']}:{said['line']}" if said["file"] else "default"
        return said["verdict"], said["reason"], rule

    def test_every_answer_is_the_servers(self):
        """The log's verdict and rule are those of explain."""
        group = grp.getgrgid(self.user.gid).gr_name
        count = 0
        for conf, match, requests in PROPERTY:
            server = self.prepare()
            match = match.format(user=self.user.name, group=group,
                                 port=server.port)
            server.write_conf(self._fill(conf), self._fill(match))
            server.start()
            requests = [(k, self._fill(p), a) for k, p, a in requests]
            self._ask(server, requests)
            for kind, place, address in requests:
                with self.subTest(kind=kind, place=place, conf=conf):
                    self.assertEqual(
                        self._explained(server, kind, place, address),
                        self._said(server, kind, place))
                    count += 1
            server.stop()
        self.assertEqual(count, sum(len(r) for _, _, r in PROPERTY))


@on_portcullis
class Explain(Ctl):
    """The answer, the walk, the exit status."""

    CONF = ("DenyOpen 169.254.0.0/16:*\n"
            "Include more.conf\n"
            "Match User bob Address 10.0.0.0/8\n"
            "    GrantOpen 10.30.0.0/16:443\n"
            "Match Group dba\n"
            "    GrantOpen db:5432 10.20.0.0/16:5432\n")

    def setUp(self):
        super().setUp()
        self.more = self.file("more.conf", "GrantOpen www:80\n")
        self.conf = self.file("c", self.CONF)

    def test_answer_rule_and_walk(self):
        """Verdict, line and each step that led there."""
        done = ctl("explain", "-f", self.conf, "--user", "alice", "--from",
                   "10.1.2.3", "--group", "dba", "open", "db:5432")
        self.assertEqual(done.returncode, OK)
        lines = done.stdout.splitlines()
        self.assertEqual(
            lines[0], "allow: user alice from 10.1.2.3, open db:5432, "
            f"permitted by {self.conf}:6")
        self.assertEqual(lines[1], "groups: dba (as given)")
        walk = lines[lines.index("how it was decided:") + 1:]
        self.assertEqual(walk, [
            f"  {self.conf}:3: Match does not hold (user bob: no)",
            f"  {self.conf}:5: Match holds (group dba: yes)",
            "  default: DisableForwarding: does not refuse",
            "  default: AllowTcpForwarding: does not refuse",
            "  default: no-port-forwarding: does not refuse",
            f"  {self.conf}:1: DenyOpen 169.254.0.0/16:*: does not list it",
            f"  {self.more}:1: GrantOpen www:80: does not list it",
            f"  {self.conf}:6: GrantOpen db:5432: lists it"])

    def test_a_name_that_only_its_address_can_settle(self):
        """Without an address it says which would pass, and exits with 4."""
        request = ("--group", "dba", "open", "other:5432")
        said = self.explain(self.conf, *request, status=UNDECIDED)
        self.assertEqual(said["verdict"], "ask-address")
        self.assertEqual([(c["verdict"], c["entry"], c["line"])
                          for c in said["candidates"]],
                         [("allow", "10.20.0.0/16:5432", 6),
                          ("deny", "169.254.0.0/16:*", 1)])
        said = self.explain(self.conf, "--address", "10.20.0.7", *request)
        self.assertEqual((said["line"], said["address"]), (6, "10.20.0.7"))
        said = self.explain(self.conf, "--address", "192.0.2.1", *request,
                            status=DENIED)
        self.assertEqual(said["reason"], "not-permitted")
        said = self.explain(self.conf, "--address", "192.0.2.1", "--address",
                            "10.20.0.7", *request)
        self.assertEqual([a["verdict"] for a in said["addresses"]],
                         ["deny", "allow"])

    def test_who_may_not_log_in(self):
        """DenyUsers comes before everything else."""
        conf = self.file("d", "DenyUsers mallory\n")
        said = self.explain(conf, "open", "db:1", user="mallory",
                            status=DENIED)
        self.assertEqual((said["reason"], said["line"], said["detail"]),
                         ("login-denied", 1, "listed in DenyUsers"))

    def test_groups_come_from_the_machine_unless_given(self):
        """A user of this machine has its groups; it is said which."""
        group = grp.getgrgid(self.user.gid).gr_name
        conf = self.file("g", f"GrantOpen none\nMatch Group {group}\n"
                         "GrantOpen a:1\n")
        said = self.explain(conf, "open", "a:1", user=self.user.name)
        self.assertEqual((said["groups_from"], said["line"]), ("system", 3))
        said = self.explain(conf, "--group", "x", "open", "a:1",
                            user=self.user.name, status=DENIED)
        self.assertEqual((said["groups_from"], said["groups"]),
                         ("given", ["x"]))
        said = self.explain(conf, "open", "a:1", user="no-such-user",
                            status=DENIED)
        self.assertEqual(said["groups_from"], "unknown")

    def test_a_broken_configuration(self):
        """sshd's words and 255, also for what others may write."""
        rows = [(self.file("e", "\nNoSuch yes\n"),
                 r"^\S+/e: line 2: Bad configuration option: NoSuch$"),
                (self.dir / "missing", r"missing: No such file"),
                (self.file("i", "Include j\n"), r"refused, because others")]
        self.file("j", "").chmod(0o666)
        for conf, said in rows:
            with self.subTest(said):
                done = ctl("explain", "-f", conf, "--user", "a", "--from",
                           "::1", "open", "a:1")
                self.assertEqual((done.returncode, done.stdout), (BROKEN, ""))
                self.assertRegex(done.stderr, re.compile(said, re.M))

    def test_a_wrong_command_line(self):
        """Each mistake is named, and the exit status is 1."""
        who = ["--user", "a", "--from", "10.1.2.3"]
        rows = [([], "a command is missing"), (["shell"], "unknown command"),
                (["explain"], "--user is missing"),
                (["explain", "--user", "a"], "--from is missing"),
                (["explain", *who], "a request is missing"),
                (["explain", *who, "open", "db"], "open needs HOST:PORT"),
                (["explain", *who, "close", "db:1"], "'close' is none of"),
                (["explain", *who, "open", "a:1", "b"], "two words"),
                (["explain", "--from", "x"], "--from: 'x' is no address"),
                (["explain", "--bad"], "unrecognized option")]
        for args, said in rows:
            with self.subTest(args):
                done = ctl(*args)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn(said, done.stderr)
                self.assertIn("usage: portcullisctl", done.stderr)

    def test_controls_are_escaped(self):
        """Nothing that is asked moves the cursor."""
        done = ctl("explain", "-f", self.conf, "--user", "a\x1b[2Jb",
                   "--from", "10.1.2.3", "open", "x\ny:1")
        self.assertIn(r"user a\033[2Jb", done.stdout)
        self.assertIn(r"open x\012y:1", done.stdout)
        done = ctl("explain", "-f", self.conf, "--user", "a\x1b", "--from",
                   "\x1b", "open", "x:1")
        self.assertNotIn("\x1b", done.stderr)

    def test_help_and_version(self):
        """Both go to stdout."""
        self.assertIn("explain", ctl("help").stdout)
        self.assertRegex(ctl("--version").stdout, r"^Portcullis \d")


@on_portcullis
class PolicyTests(Ctl):
    """Files of expectations."""

    def setUp(self):
        super().setUp()
        self.conf = self.file("c", "PermitListen none\nMatch User alice\n"
                              "    PermitOpen db:5432\n")

    def run_tests(self, *files):
        """Exit status, stdout and stderr."""
        done = ctl("test", "-f", self.conf, *files)
        return done.returncode, done.stdout, done.stderr

    def test_all_hold(self):
        """A summary and 0."""
        tests = self.file("t", "allow alice@10.1.2.3 open db:5432\n"
                          "deny alice open db:22  # not that\n"
                          "deny group=contractors listen 0.0.0.0:8080\n")
        self.assertEqual(self.run_tests(tests), (OK, "3 held, 0 failed\n", ""))

    def test_failures_name_both_lines(self):
        """The expectation's place and the line that decided; 1."""
        tests = self.file("t", "\nallow alice open db:22\n"
                          "deny bob open db:5432\n")
        status, out, _ = self.run_tests(tests)
        self.assertEqual(status, DIFFERENT)
        self.assertEqual(out, (
            f"{tests}:2: allow alice open db:22\n"
            f"    expected allow, got deny: not-permitted by {self.conf}:3\n"
            f"{tests}:3: deny bob open db:5432\n"
            "    expected deny, got allow: unrestricted by default\n"
            "0 held, 2 failed\n"))

    def test_bad_lines_are_all_named(self):
        """A bad line names its field; 255; other files are still run."""
        bad = self.file("b", "allow alice open db\nallow from=x open db:1\n")
        good = self.file("t", "deny alice open db:22\n")
        status, out, err = self.run_tests(bad, good, self.dir / "missing")
        self.assertEqual((status, out), (BROKEN, "1 held, 0 failed\n"))
        self.assertIn(f"{bad} line 1: open: open needs HOST:PORT", err)
        self.assertIn(f"{bad} line 2: from: 'x' is no address", err)
        self.assertIn("missing: No such file", err)

    def test_many(self):
        """20,000 expectations take no more memory than a few."""
        tests = self.file("t", "deny alice open db:22\n" * 20000)
        self.assertEqual(self.run_tests(tests)[:2],
                         (OK, "20000 held, 0 failed\n"))

    def test_nothing_to_test(self):
        """No file is a mistake, and 1 means failures."""
        self.assertEqual(ctl("test").returncode, BROKEN)


@on_portcullis
class Diff(Ctl):
    """What two configurations decide differently."""

    def test_same_answers(self):
        """Another order is no difference."""
        old = self.file("o", "PermitOpen a:1 b:2\nDenyUsers x y\n")
        new = self.file("n", "# the same\nDenyUsers y x\nPermitOpen b:2 a:1\n")
        done = ctl("diff", old, new)
        self.assertEqual(done.returncode, OK, done.stdout)
        self.assertRegex(done.stdout, r"^0 differences; \d+ requests by ")

    def test_differences(self):
        """Each once, with both lines and whom it concerns."""
        old = self.file("o", "GrantOpen a:1\nMatch Group dba\n"
                        "GrantOpen 10.0.0.0/8:5432\n")
        new = self.file("n", "GrantOpen a:1\nMatch Group dba\n"
                        "GrantOpen 10.0.0.0/9:5432\nMatch User eve\n"
                        "DenyOpen a:*\n")
        done = ctl("diff", "--json", old, new)
        self.assertEqual(done.returncode, DIFFERENT, done.stderr)
        said = json.loads(done.stdout)
        self.assertTrue(said["complete"])
        found = {d["request"]: d for d in said["differences"]}
        self.assertEqual(set(found), {"open a:1", "open a:5432",
                                      "open 10.128.0.0:5432",
                                      "open 10.255.255.255:5432"})
        eve = found["open a:1"]
        self.assertEqual((eve["old"]["verdict"], eve["old"]["line"],
                          eve["new"]["verdict"], eve["new"]["line"]),
                         ("allow", 1, "deny", 5))
        self.assertEqual([p["user"] for p in eve["people"]], ["eve"])
        dba = found["open 10.128.0.0:5432"]
        self.assertEqual(dba["people"][0]["groups"], ["dba"])
        text = ctl("diff", old, new).stdout
        self.assertIn(f"open a:1\n  - allow, permitted by {old}:1\n"
                      f"  + deny, denied by {new}:5\n    for user eve\n", text)

    @unittest.skipIf(LIGHT, "slow under sanitizers")
    def test_bounds_are_told(self):
        """More than it looks at is not compared in silence."""
        blocks = "".join(f"Match User u{i}\nPermitOpen h{i}:{i + 1}\n"
                         for i in range(2100))
        old = self.file("o", "PermitOpen none\n" + blocks)
        done = ctl("diff", "--json", old, old)
        self.assertEqual(done.returncode, OK, done.stderr)
        said = json.loads(done.stdout)
        self.assertFalse(said["complete"])
        self.assertEqual(said["bound"], "Match lines")

    def test_broken(self):
        """255 when either cannot be read, also for usage."""
        good = self.file("o", "")
        for args in ([good], [good, self.dir / "x"], [self.dir / "x", good]):
            self.assertEqual(ctl("diff", *args).returncode, BROKEN)


if __name__ == "__main__":
    unittest.main()

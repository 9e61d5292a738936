"""Who may forward Unix sockets, requests that no stock client makes, and what
the log says."""

import os
import re
import socket
import unittest

import rawssh
from harness import ask, dial, on_both, on_portcullis, read_all, wait_for
from paths import Paths, ask_path

# What is said, configuration, key options, may -L, may -R.
TABLE = [
    ("nothing said", "", "", True, True),
    ("paths off", "AllowStreamLocalForwarding no", "", False, False),
    ("paths local", "AllowStreamLocalForwarding local", "", True, False),
    ("paths remote", "AllowStreamLocalForwarding remote", "", False, True),
    ("paths all", "AllowStreamLocalForwarding all", "", True, True),
    ("TCP off closes paths", "AllowTcpForwarding no", "", False, False),
    ("TCP local closes -R", "AllowTcpForwarding local", "", True, False),
    ("TCP remote closes -L", "AllowTcpForwarding remote", "", False, True),
    ("both directions cut", "AllowTcpForwarding local\n"
     "AllowStreamLocalForwarding remote", "", False, False),
    ("all off", "DisableForwarding yes", "", False, False),
    ("a list without the path", "PermitOpen 127.0.0.1:1", "", False, True),
    ("a list that is empty", "PermitOpen none", "", False, True),
    ("any", "PermitOpen any", "", True, True),
    ("every host and port", "PermitOpen *:*", "", True, True),
    ("every host, one port", "PermitOpen *:80", "", False, True),
    ("the path", "PermitOpen [PATH]:*", "", True, True),
    ("the path among others", "PermitOpen 127.0.0.1:1 [PATH]:*", "", True,
     True),
    ("the path with a port", "PermitOpen [PATH]:1", "", False, True),
    ("another path", "PermitOpen [PATHX]:*", "", False, True),
    ("lists for -R say nothing here", "PermitListen none", "", True, True),
    ("a key's list without the path", "", 'permitopen="127.0.0.1:1"', False,
     True),
    ("a key's list with the path", "", 'permitopen="[PATH]:*"', True, True),
    ("both lists must hold", "PermitOpen none", 'permitopen="[PATH]:*"',
     False, True),
    ("a key's list for -R", "", 'permitlisten="1"', True, True),
    ("a key without forwarding", "", "no-port-forwarding", False, False),
    ("a restricted key", "", "restrict", False, False),
    ("restricted, forwarding given back", "", "restrict,port-forwarding",
     True, True),
]


@on_both
class StreamLocalTable(Paths):
    """Who may, as sshd says: every switch, list and key option."""

    def test_table(self):
        """What opens is what the table says, and a refusal of an open is
        "connect failed"."""
        self.target(path=self.dir / "t")
        for what, conf, options, may_open, may_listen in TABLE:
            with self.subTest(what):
                conf, options = (text.replace("PATH", str(self.dir / "t"))
                                 for text in (conf, options))
                key = f"{options} {self.world.public()}".strip()
                server = self.serve(conf, keys=key)
                self._check_open(server, may_open)
                self._check_listen(server, may_listen)
                server.stop()

    def _check_open(self, server, may):
        port, client = self.local(server, self.dir / "t")
        self.assertEqual(ask(port), b"ping" if may else b"")
        if not may:
            why = "not permitted" if self.ours else "open failed"
            client.wait_err(f"open failed: connect failed: {why}")

    def _check_listen(self, server, may):
        path = self.dir / "r"
        path.unlink(missing_ok=True)
        if may:
            self.remote(server, path, "127.0.0.1:9").stop()
        else:
            self.refused(server, path)
            self.assertFalse(path.exists())

    def test_refused_listener_is_explained_to_v(self):
        """ssh -v shows that the server has paths switched off."""
        for conf in ("AllowStreamLocalForwarding no",
                     "AllowStreamLocalForwarding local"):
            with self.subTest(conf):
                said = self.refused(self.serve(conf), self.dir / "r")
                self.assertIn(
                    "Server has disabled streamlocal forwarding.", said)

    def test_match(self):
        """The switches and settings of paths work in a Match."""
        server = self.serve(
            "AllowStreamLocalForwarding no", f"Match User {self.user.name}\n"
            "  AllowStreamLocalForwarding yes\n  StreamLocalBindMask 0111\n"
            "  StreamLocalBindUnlink yes")
        (self.dir / "r").write_text("")
        os.chown(self.dir / "r", self.user.uid, self.user.gid)
        self.remote(server, self.dir / "r", "127.0.0.1:9")
        self.assertEqual((self.dir / "r").stat().st_mode & 0o777, 0o666)


@on_portcullis
class StreamLocalHostile(Paths):
    """Requests that no stock client makes."""

    def transport(self, server):
        """A client of our own."""
        transport = rawssh.login(server)
        self.addCleanup(transport.close)
        return transport

    def opened(self, transport, path):
        """Ask for a path by hand: the code of the refusal."""
        transport.saved_exception = None
        rawssh.send(transport, rawssh.CHANNEL_OPEN,
                    "direct-streamlocal@openssh.com", 7, 1 << 20, 1 << 15,
                    path, "", 0)
        return wait_for(lambda: transport.saved_exception, "an answer").code

    def test_bad_paths_are_refused(self):
        """NULs, nothing, too much: refused, and the connection goes on."""
        server = self.serve()
        transport = self.transport(server)
        paths = (b"", b"\0abstract", b"/tmp/a\0b", b"/" + b"x" * 107,
                 b"/" + b"x" * 5000)
        for count, path in enumerate(paths, 1):
            with self.subTest(path=path[:12], size=len(path)):
                self.assertEqual(self.opened(transport, path), 2)
                self.assert_log(server, r"to connect to path .*bad-path by "
                                r"default$", count)
                for word in ("", "cancel-"):
                    name = f"{word}streamlocal-forward@openssh.com"
                    self.assertIsNone(transport.global_request(name, (path,)))
                self.assert_log(server, r"to remote forward to path "
                                r".*bad-path by default$", count)
        self.assertEqual(self.opened(transport, b"/" + b"x" * 9000), 4)
        self.assert_log(server, "channel open refused: it is too long")
        self.assertTrue(transport.is_active())
        self.assertEqual(self.opened(transport, b"/none"), 2)
        self.assert_log(server, r"to /none: No such file or directory$")

    def test_abstract_name_is_not_reached(self):
        """A service without a file cannot be a target."""
        name = f"\0pct-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind(name)
            abstract.listen(1)
            transport = self.transport(self.serve())
            self.opened(transport, name.encode())
            abstract.settimeout(0.3)
            with self.assertRaises(TimeoutError):
                abstract.accept()

    def test_short_request_ends_the_connection(self):
        """A request without its path is no request."""
        server = self.serve()
        transport = self.transport(server)
        rawssh.send(transport, rawssh.GLOBAL_REQUEST,
                    "streamlocal-forward@openssh.com", True)
        wait_for(lambda: not transport.is_active(), "the end")


@on_portcullis
class StreamLocalLog(Paths):
    """The lines Portcullis writes about paths."""

    def setUp(self):
        super().setUp()
        self.who = rf"user {self.user.name} from 127\.0\.0\.1 port \d+"
        self.path = self.dir / "t"

    def test_opens(self):
        """An open has its lines: opened, closed, failed."""
        echo, server = self.target(path=self.path), self.serve()
        port, _ = self.local(server, self.path)
        ask(port)
        got = self.assert_log(
            server, rf"forward (\d+) opened: {self.who}, direct-streamlocal "
            rf"to {self.path}, unrestricted by default$")
        self.assert_log(
            server, rf"forward {got[1]} closed: {self.who}, direct-streamlocal"
            rf" to {self.path}, 4 bytes up, 4 bytes down, \d+\.\d{{3}} "
            r"seconds$")
        echo.close()
        with dial(port) as sock:
            read_all(sock)
        self.assert_log(
            server, rf"forward \d+ failed: {self.who}, direct-streamlocal "
            rf"to {self.path}: Connection refused$")

    def test_listeners(self):
        """A listener has its lines: opened, a connection, closed, failed."""
        echo, server = self.target(), self.serve()
        client = self.remote(server, self.path, f"127.0.0.1:{echo.port}")
        ask_path(self.path)
        what = f"streamlocal-forward {self.path}"
        self.assert_log(server, rf"listen opened: {self.who}, {what}, "
                        r"unrestricted by default$")
        got = self.assert_log(server, rf"forward (\d+) opened: {self.who}, "
                              rf"forwarded-streamlocal {self.path}$")
        self.assert_log(server, rf"forward {got[1]} closed: .* bytes up, "
                        r".* bytes down, \d+\.\d{3} seconds$")
        client.stop()
        self.assert_log(server, rf"listen closed: {self.who}, {what}$")
        self.refused(server, self.path)
        self.assert_log(server, rf"listen failed: {self.who}, {what}: "
                        r"Address already in use$")

    def test_refusals_keep_sshds_sentences(self):
        """A switch and a list, each with our reason and rule."""
        server = self.serve("AllowStreamLocalForwarding no")
        port, _ = self.local(server, self.path)
        ask(port)
        rule = rf"by {re.escape(str(server.conf))}:1$"
        self.assert_log(
            server, r"refused streamlocal port forward: originator \S+ port "
            rf"\d+, target {self.path}; {self.who}, path-direction-off {rule}")
        self.refused(server, self.path)
        self.assert_log(
            server, r"Received request from 127\.0\.0\.1 port \d+ to remote "
            rf'forward to path "{self.path}", but the request was denied; '
            rf"user {self.user.name}, path-direction-off {rule}")
        server = self.serve("PermitOpen none")
        port, _ = self.local(server, self.path)
        ask(port)
        self.assert_log(
            server, r"Received request from 127\.0\.0\.1 port \d+ to connect "
            rf"to path {self.path}, but the request was denied; "
            rf"user {self.user.name}, not-permitted by ")


if __name__ == "__main__":
    unittest.main()

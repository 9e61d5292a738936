"""GrantOpenPath and GrantListenPath: which Unix sockets may be forwarded."""

import os
import unittest

from grants import Grants
from harness import ask, on_portcullis
from paths import Paths, ask_path


@on_portcullis
class GrantPaths(Grants, Paths):
    """Patterns, compared with the path as the client sent it."""

    def setUp(self):
        super().setUp()
        (self.dir / "in").mkdir(mode=0o755)
        os.chown(self.dir / "in", self.user.uid, self.user.gid)

    def clear(self):
        """Nothing in the way of the next round."""
        for path in [*self.dir.glob("in/*"), *self.dir.glob("*.sock")]:
            path.unlink()

    def test_opens(self):
        """What the pattern lists carries bytes; all else is refused, also
        what leads there by another way."""
        for server in self.everywhere(
                f"GrantOpenPath {self.dir}/in/*.sock"):
            self.clear()
            self.target(path=self.dir / "in/a.sock")
            outside = self.target(path=self.dir / "b.sock")
            port, client = self.local(server, self.dir / "in/a.sock")
            self.assertEqual(ask(port), b"ping")
            self.assert_log(server, r"direct-streamlocal to \S+/in/a\.sock, "
                            rf"permitted by {self.rule(server, 'Grant')}$")
            client.stop()
            for path, why in (("b.sock", "not permitted"),
                              ("in/a.sock.x", "not permitted"),
                              ("in/../b.sock", "bad path"),
                              ("in/./a.sock", "bad path"),
                              ("in//a.sock", "bad path")):
                port, client = self.local(server, f"{self.dir}/{path}")
                self.assertEqual(ask(port), b"")
                client.wait_err(f"connect failed: {why}")
                client.stop()
            self.assert_denied(server, "not-permitted", "GrantOpenPath")
            self.assertEqual(outside.peers, [])

    def test_other_lists_do_not_count(self):
        """Once GrantOpenPath is there PermitOpen lists no path; GrantOpen
        never does."""
        self.target(path=self.dir / "b.sock")
        rows = [(f"GrantOpenPath {self.dir}/in/*\n"
                 f"PermitOpen [{self.dir}/b.sock]:*", "GrantOpenPath"),
                ("GrantOpen *:*", "GrantOpen")]
        for conf, keyword in rows:
            with self.subTest(keyword):
                server = self.serve(conf)
                port, _ = self.local(server, self.dir / "b.sock")
                self.assertEqual(ask(port), b"")
                self.assert_denied(server, "not-permitted", keyword)

    def test_listeners(self):
        """The same for -R, with what the user may write."""
        for server in self.everywhere(f"GrantListenPath {self.dir}/in/**"):
            self.clear()
            echo = self.target()
            self.remote(server, self.dir / "in/r", f"127.0.0.1:{echo.port}")
            self.assertEqual(ask_path(self.dir / "in/r"), b"ping")
            self.assert_log(server, r"listen opened: .*/in/r, permitted by "
                            rf"{self.rule(server, 'Grant')}$")
            for path in ("r.sock", "in/../r.sock"):
                self.refused(server, f"{self.dir}/{path}")
            self.assert_denied(server, "not-permitted", "GrantListenPath")
            self.assertFalse((self.dir / "r.sock").exists())

    def test_a_grant_gives_no_rights_in_the_file_system(self):
        """The dialer opens as the user, whatever is granted."""
        self.target(path=self.dir / "in/mine.sock")
        os.chmod(self.dir / "in/mine.sock", 0)
        server = self.serve(f"GrantOpenPath {self.dir}/in/*")
        port, client = self.local(server, self.dir / "in/mine.sock")
        self.assertEqual(ask(port), b"")
        client.wait_err("Permission denied")

    def test_links_are_not_looked_through(self):
        """A documented limit: who may make a link in a granted folder says
        by that where it leads, but only to what is the user's to open."""
        self.target(path=self.dir / "b.sock")
        os.symlink(self.dir / "b.sock", self.dir / "in/link.sock")
        server = self.serve(f"GrantOpenPath {self.dir}/in/*.sock")
        port, _ = self.local(server, self.dir / "in/link.sock")
        self.assertEqual(ask(port), b"ping")


if __name__ == "__main__":
    unittest.main()

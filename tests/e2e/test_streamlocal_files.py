"""The file of an ssh -R of a Unix socket: its bits and owner, what stood there
before, what stays."""

import os
import stat
import unittest

import rawssh
from harness import needs_root, on_both, wait_for
from paths import STRICT, Paths, ask_path, is_listening


@on_both
class StreamLocalFiles(Paths):
    """The socket's file: bits, owner, what stood there, what stays."""

    def test_mask(self):
        """StreamLocalBindMask decides the bits; the default is the user's
        alone."""
        for conf, mode in (("", 0o600), ("StreamLocalBindMask 0117", 0o660),
                           ("StreamLocalBindMask 0000", 0o777),
                           ("StreamLocalBindMask 0111", 0o666)):
            with self.subTest(conf):
                server, path = self.serve(conf), self.dir / oct(mode)
                self.remote(server, path, "127.0.0.1:9")
                status = path.stat()
                self.assertTrue(stat.S_ISSOCK(status.st_mode))
                self.assertEqual(stat.S_IMODE(status.st_mode), mode)
                self.assertEqual((status.st_uid, status.st_gid),
                                 (self.user.uid, self.user.gid))
                server.stop()

    @needs_root
    def test_folder_of_somebody_else(self):
        """The user's own rights decide where a socket may be."""
        os.chown(self.dir, 0, 0)
        self.refused(self.serve(), self.dir / "x")
        self.assertFalse((self.dir / "x").exists())

    def test_existing_file_is_kept(self):
        """Whatever stands there is not replaced by default."""
        (self.dir / "x").write_text("mine")
        self.refused(self.serve(), self.dir / "x")
        self.assertEqual((self.dir / "x").read_text(), "mine")

    def test_existing_file_is_unlinked_on_request(self):
        """StreamLocalBindUnlink yes replaces a file, a socket, a link and
        nothing; not what the link leads to."""
        echo = self.target()
        (self.dir / "file").write_text("mine")
        self.dead(self.dir / "dead")
        (self.dir / "link").symlink_to(self.dir / "kept")
        (self.dir / "kept").write_text("kept")
        for path in self.dir.iterdir():
            os.chown(path, self.user.uid, self.user.gid, follow_symlinks=False)
        server = self.serve("StreamLocalBindUnlink yes")
        for name in ("file", "dead", "link", "none"):
            with self.subTest(name):
                client = self.remote(server, self.dir / name,
                                     f"127.0.0.1:{echo.port}")
                self.assertEqual(ask_path(self.dir / name), b"ping")
                client.stop()
        self.assertEqual((self.dir / "kept").read_text(), "kept")

    @needs_root
    def test_unlinking_is_the_users(self):
        """What the user may not remove stays."""
        (self.dir / "x").write_text("root's")
        os.chown(self.dir, 0, 0)
        self.refused(self.serve("StreamLocalBindUnlink yes"), self.dir / "x")
        self.assertEqual((self.dir / "x").read_text(), "root's")

    def test_file_stays_after_the_end(self):
        """The file outlives its listener and blocks the next one."""
        server, path = self.serve(), self.dir / "x"
        client = self.remote(server, path, "127.0.0.1:9")
        client.stop()
        wait_for(lambda: not is_listening(path), "the listener to end")
        self.assertTrue(path.is_socket())
        self.refused(server, path)

    def test_path_too_long(self):
        """107 bytes are the most."""
        fits = str(self.dir) + "/" + "y" * (106 - len(str(self.dir)))
        self.assertEqual(len(fits), 107)
        server, echo = self.serve(), self.target()
        self.remote(server, fits, f"127.0.0.1:{echo.port}")
        self.assertEqual(ask_path(fits), b"ping")
        transport = rawssh.login(server)
        self.addCleanup(transport.close)
        self.assertIsNone(transport.global_request(
            "streamlocal-forward@openssh.com", (fits + "y",)))

    def test_relative_path_starts_at_the_root(self):
        """A path without a leading slash is one below /."""
        echo, path = self.target(), self.dir / "x"
        client = self.client(self.serve(), "-N", "-R",
                             f"{str(path)[1:]}:127.0.0.1:{echo.port}",
                             options=STRICT)
        wait_for(path.exists, f"the socket\n{client.err()}")
        self.assertEqual(ask_path(path), b"ping")

    def test_second_listener_on_the_path(self):
        """One path has one listener, on one connection or on two."""
        server, path, echo = self.serve(), self.dir / "x", self.target()
        self.remote(server, path, f"127.0.0.1:{echo.port}")
        self.refused(server, path)
        self.assertEqual(ask_path(path), b"ping")


if __name__ == "__main__":
    unittest.main()

"""StrictModes: whose keys files are trusted, on both servers."""

import os
import unittest

from harness import Case, needs_root, on_both, world


@on_both
@needs_root
class StrictModes(Case):
    """A throw-away user's home with one thing wrong at a time."""

    @classmethod
    def setUpClass(cls):
        cls.who = world().add_user("m" + cls.server_class.name[0])

    def setUp(self):
        super().setUp()
        self.place = self.who.home / self.server_class.name
        self.keys = self.place / "keys"
        self.place.mkdir()
        self.keys.write_text(self.world.public() + "\n")
        self._own(self.place, self.keys)
        self.addCleanup(self._remove)

    def _own(self, *paths, who=None):
        for path in paths:
            os.chown(path, *(who or (self.who.uid, self.who.gid)))

    def _remove(self):
        self.who.home.chmod(0o755)
        self._own(self.who.home)
        for path in (self.place / "link", self.keys):
            path.unlink(missing_ok=True)
        self.place.rmdir()

    def _enters(self, conf=""):
        """May the user log in with this home?"""
        server = self.serve(f"{conf}\nAuthorizedKeysFile "
                            f"{self.server_class.name}/keys")
        got = self.ssh(server, "-W", "127.0.0.1:1", user=self.who.name)
        denied = b"Permission denied" in got.stderr
        if denied and not conf:
            server.wait_log("Authentication refused: bad owner")
        server.stop()
        return not denied

    def test_tidy_home(self):
        """A home in order lets its user in."""
        self.assertTrue(self._enters())

    def test_keys_file_modes(self):
        """A keys file that others may write is not believed."""
        for mode, may in ((0o600, True), (0o644, True), (0o664, None),
                          (0o646, False), (0o666, False)):
            with self.subTest(mode=oct(mode)):
                self.keys.chmod(mode)
                self._expect(may)

    def test_folder_modes(self):
        """A folder that others may write is not believed."""
        for mode, may in ((0o700, True), (0o755, True), (0o777, False),
                          (0o757, False)):
            with self.subTest(mode=oct(mode)):
                self.place.chmod(mode)
                self._expect(may)

    def test_home_modes(self):
        """A home that everyone may write is not believed."""
        self.who.home.chmod(0o777)
        self._expect(False)

    def test_owners(self):
        """A keys file or a folder of somebody else is not believed."""
        other = self.world.account("a")
        for path in (self.keys, self.place):
            with self.subTest(path=path.name):
                self._own(path, who=(other.uid, other.gid))
                self.keys.chmod(0o644)
                self._expect(False)
                self._own(path)

    def test_roots_file_is_believed(self):
        """A keys file of root in a user's home is believed."""
        self._own(self.keys, who=(0, 0))
        self.keys.chmod(0o644)
        self._expect(True)

    def test_file_the_user_cannot_read(self):
        """The file is opened with the user's rights, not root's."""
        self._own(self.keys, who=(0, 0))
        self.keys.chmod(0o600)
        self._expect_enters(False, "StrictModes no\n")

    def test_off(self):
        """StrictModes no believes them all."""
        self.keys.chmod(0o666)
        self.place.chmod(0o777)
        self._expect_enters(True, "StrictModes no\n")

    def _expect_enters(self, may, conf):
        self.assertEqual(self._enters(conf), may)

    def _expect(self, may):
        """None: Debian's sshd is laxer than upstream about a group that
        holds only the user; either answer will do."""
        got = self._enters()
        if may is not None:
            self.assertEqual(got, may)


if __name__ == "__main__":
    unittest.main()

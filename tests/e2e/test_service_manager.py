"""A login must not start a service manager of the user's: its socket in
/run/user would be a way to run programs through a forward."""

import os
import pathlib
import unittest

from harness import REPO, Case, ask, needs_root, on_portcullis, wait_for
from paths import dial_path
from test_auth_pam import PAM, PASSWORD

FOLDER = pathlib.Path("/etc/pam.d")
STARTERS = ("pam_systemd.so", "pam_systemd_home.so", "pam_elogind.so")


def session_modules(path, depth=0):
    """The modules of a PAM file's session stack, with what it includes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].replace("\t", " ").split()
        if not words or depth > 8:
            continue
        if words[0] == "@include":
            yield from session_modules(FOLDER / words[1], depth + 1)
        if words[0].lstrip("-") != "session":
            continue
        rest = " ".join(words[1:])
        if rest.startswith("["):
            rest = rest.partition("]")[2]
        else:
            control, _, rest = rest.partition(" ")
            if control in ("include", "substack"):
                yield from session_modules(FOLDER / rest.split()[0], depth + 1)
                continue
        yield os.path.basename(rest.split()[0])


def managers_of(uid):
    """Process ids of a user's service managers."""
    found = []
    for name in os.listdir("/proc"):
        try:
            place = pathlib.Path("/proc") / name
            argv = (place / "cmdline").read_bytes().split(b"\0")
            if place.stat().st_uid == uid and b"systemd" in argv[0] \
                    and b"--user" in argv:
                found.append(int(name))
        except (OSError, ValueError):
            continue
    return found


@needs_root
class PamFile(unittest.TestCase):
    """The file that is installed as /etc/pam.d/portcullis."""

    @unittest.skipUnless((FOLDER / "common-session-noninteractive").exists(),
                         "needs Debian's PAM files")
    def test_stack_starts_no_service_manager(self):
        """Neither the file nor what it includes names such a module."""
        modules = list(session_modules(REPO / "config/pam.d/portcullis"))
        self.assertIn("pam_loginuid.so", modules)
        self.assertIn("pam_unix.so", modules)
        for module in STARTERS:
            self.assertNotIn(module, modules)

    def test_parser_follows_every_form(self):
        """What the test above relies on: includes of all kinds are read."""
        if not (FOLDER / "sshd").exists():
            self.skipTest("needs sshd's PAM file")
        self.assertIn("pam_unix.so", session_modules(FOLDER / "sshd"))


@on_portcullis
@needs_root
class ServiceManager(Case):
    """What a login leaves on the machine while it lasts."""

    def test_login_starts_none(self):
        """No manager, no /run/user folder, no socket to reach it by."""
        server, echo = self.serve(PAM), self.target()
        port = self.local(server, echo, password=self.world.password,
                          options=[PASSWORD])
        self.assertEqual(ask(port), b"ping")
        self.assert_log(server, rf"Accepted password for {self.user.name} ")
        self.assertEqual(managers_of(self.user.uid), [])
        place = pathlib.Path(f"/run/user/{self.user.uid}")
        self.assertFalse(place.exists())
        for name in ("systemd/private", "bus"):
            with self.assertRaises(OSError):
                dial_path(place / name)
        self.clients[-1].stop()
        wait_for(lambda: not server.processes(), "the connection to end")
        self.assertFalse(place.exists())


if __name__ == "__main__":
    unittest.main()

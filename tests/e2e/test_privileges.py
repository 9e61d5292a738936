"""What the processes of a connection may do, seen from outside in /proc."""

import os
import pathlib
import pwd
import re
import unittest

from harness import (LIGHT, ROOT, Case, ask, dial, needs_root, on_both,
                     on_portcullis, program_of)
from world import ACCOUNT


def status(pid):
    """The fields of /proc/PID/status."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {k: v.split() for k, v in re.findall(r"^(\w+):[ \t]*(.*)$",
                                                text, re.M)}


def owner_of_connection(port):
    """The uid of whoever connected to this local port, from the kernel."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[2].split(":")[1], 16) == port and fields[3] == "01":
            return int(fields[7])
    return None


@on_both
class Owner(Case):
    """Forwards belong to the user, as firewall rules by owner expect."""

    def test_outgoing_connection_belongs_to_the_user(self):
        """The kernel books a forward's socket to the logged-in user."""
        target = self.target()
        port = self.local(self.serve(), target)
        with dial(port) as sock:
            sock.sendall(b"ping")
            self.assertEqual(sock.recv(4), b"ping")
            self.assertEqual(owner_of_connection(target.port), self.user.uid)


@on_portcullis
class Privileges(Case):
    """One connection with a forward in use, then a look at each process."""

    def setUp(self):
        super().setUp()
        conf = "UsePAM yes" if ROOT else ""
        self.server, self.echo = self.serve(conf), self.target()
        self.sock = dial(self.local(self.server, self.echo))
        self.addCleanup(self.sock.close)
        self.sock.sendall(b"ping")
        self.assertEqual(self.sock.recv(4), b"ping")
        self.programs = {program_of(p): p for p in self.server.processes()}

    def test_one_process_a_role(self):
        """A connection is a monitor, a session, a dialer, and with PAM its
        helper."""
        want = {"portcullis-monitor", "portcullis-session",
                "portcullis-dialer"} | ({"portcullis-pam"} if ROOT else set())
        self.assertEqual(set(self.programs), want)

    def test_session_and_dialer_cannot_gain_privileges(self):
        """no_new_privs and no capability in session and dialer, and a system
        call filter in the session."""
        for program in ("portcullis-session", "portcullis-dialer"):
            with self.subTest(program):
                got = status(self.programs[program])
                self.assertEqual(got["NoNewPrivs"], ["1"])
                for word in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                    self.assertEqual(int(got[word][0], 16), 0, word)
        got = status(self.programs["portcullis-session"])
        self.assertEqual(got["Seccomp"], ["2"])

    @needs_root
    def test_ids(self):
        """The session is _portcullis and nothing else; the dialer is the
        user with the user's groups."""
        account = pwd.getpwnam(ACCOUNT)
        got = status(self.programs["portcullis-session"])
        self.assertEqual(set(got["Uid"]), {str(account.pw_uid)})
        self.assertEqual(set(got["Gid"]), {str(account.pw_gid)})
        self.assertLessEqual(set(got["Groups"]), {str(account.pw_gid)})
        got = status(self.programs["portcullis-dialer"])
        self.assertEqual(set(got["Uid"]), {str(self.user.uid)})
        self.assertEqual(set(got["Gid"]), {str(self.user.gid)})
        groups = os.getgrouplist(self.user.name, self.user.gid)
        self.assertEqual(set(got["Groups"]), {str(g) for g in groups})

    @needs_root
    def test_session_sees_an_empty_root(self):
        """The session's root directory is empty and not its to write."""
        root = f"/proc/{self.programs['portcullis-session']}/root"
        self.assertNotEqual(os.readlink(root), "/")
        self.assertEqual(os.listdir(root + "/"), [])
        self.assertEqual(os.stat(root + "/").st_uid, 0)

    @needs_root
    def test_session_holds_no_file(self):
        """The session's descriptors are sockets, pipes and event handles;
        none is a file, a directory or a device but /dev/null."""
        folder = f"/proc/{self.programs['portcullis-session']}/fd"
        for number in os.listdir(folder):
            if LIGHT and number in "12":  # where sanitizers report
                continue
            link = os.readlink(f"{folder}/{number}")
            self.assertRegex(link, r"^(socket|pipe|anon_inode):|^/dev/null$"
                             r"|^/dev/u?random$", number)

    @needs_root
    def test_nobody_else_may_look(self):
        """No role can be traced or read by its own user."""
        for program, pid in self.programs.items():
            with self.subTest(program):
                self.assertEqual(os.stat(f"/proc/{pid}/mem").st_uid, 0)

    def test_daemon_and_session_do_not_link_what_they_must_not(self):
        """portcullisd maps no libcrypto, the session no PAM."""
        maps = pathlib.Path(f"/proc/{self.server.pid}/maps").read_text()
        self.assertNotIn("libcrypto", maps)
        if ROOT:
            session = self.programs["portcullis-session"]
            maps = pathlib.Path(f"/proc/{session}/maps").read_text()
            self.assertNotIn("libpam", maps)

    def test_still_alive(self):
        """Looking has not disturbed it."""
        self.assertEqual(ask(self.local(self.server, self.echo)), b"ping")


if __name__ == "__main__":
    unittest.main()

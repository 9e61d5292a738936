"""Programs that are removed, replaced or written over while the daemon runs,
and a configuration that breaks on disk."""

import pathlib
import shutil
import signal
import tempfile
import unittest

from harness import BIN, ROOT, Case, ask, dial, on_both, on_portcullis
from namespaces import needs_mounts, overlay

NOTHING = ("-W", "127.0.0.1:1")
HELLO = b"connect failed"
ROLES = ("portcullis-monitor", "portcullis-session", "portcullis-pam",
         "portcullis-dialer")


@on_both
class Files(Case):
    """What sshd does too."""

    def test_broken_file_waits_for_a_reload(self):
        """A configuration that breaks or goes away on disk changes nothing
        for who connects."""
        server, target = self.serve(), self.target()
        server.write_conf("Nonsense yes")
        self.assertEqual(ask(self.local(server, target)), b"ping")
        server.conf.unlink()
        self.assertEqual(ask(self.local(server, target)), b"ping")


@on_portcullis
class Programs(Case):
    """All programs were opened at the start; messages between them have no
    version, so none is exchanged for another while the daemon runs."""

    def setUp(self):
        super().setUp()
        self.bin = pathlib.Path(tempfile.mkdtemp(dir=self.world.dir))
        self.bin.chmod(0o755)
        for name in ("portcullisd", *ROLES):
            shutil.copy2(BIN / name, self.bin / name)

    def prepare_here(self):
        """A server of programs that are this test's to spoil."""
        server = self.prepare(
            "UsePAM yes\nPasswordAuthentication yes" if ROOT else "")
        server.program = self.bin / "portcullisd"
        return server

    def logs_in(self, server):
        """A login with a forward, by PAM where that works."""
        target = self.target()
        if ROOT:
            how = {"password": self.world.password,
                   "options": ["PreferredAuthentications=password"]}
            self.assertEqual(ask(self.local(server, target, **how)), b"ping")
        self.assertEqual(ask(self.local(server, target)), b"ping")

    def test_removed(self):
        """rm -r of the folder: who is in stays, who comes gets in, SIGHUP
        works; only a restart does not."""
        server = self.prepare_here().start()
        with dial(self.local(server, self.target())) as sock:
            shutil.rmtree(self.bin)
            self.logs_in(server)
            server.signal(signal.SIGHUP)
            self.assert_log(server, r"Configuration reloaded")
            self.logs_in(server)
            sock.sendall(b"here")
            self.assertEqual(sock.recv(4), b"here")

    def test_replaced(self):
        """New files by the old names, as a package brings them, are left
        alone until a restart: these would not even run."""
        server = self.prepare_here().start()
        for name in ROLES:
            (self.bin / "new").write_text("broken\n")
            (self.bin / "new").chmod(0o755)
            (self.bin / "new").rename(self.bin / name)
        self.logs_in(server)
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"Configuration reloaded")
        self.logs_in(server)
        server.stop()
        got = server.run("-D", "-e")
        self.assertEqual(got.returncode, 255)
        self.assertIn("portcullis-monitor: Exec format error", got.stderr)

    def test_written_over(self):
        """A file that was written over is not run: a version that the daemon
        does not know.  The log says what to do; the daemon lives, and so do
        connections."""
        for name in ("portcullis-dialer", "portcullis-monitor"):
            with self.subTest(name):
                server = self.prepare_here().start()
                with dial(self.local(server, self.target())) as sock:
                    sock.sendall(b"here")
                    self.assertEqual(sock.recv(4), b"here")
                    self.clients[-1].stop()
                server.wait_idle()
                with open(self.bin / name, "ab") as program:
                    program.write(b"\0")
                self.assertEqual(self.ssh(server, *NOTHING).returncode, 255)
                self.assert_log(server, r"error: cannot start portcullis-"
                                r"monitor: a program was written over since "
                                r"portcullisd started; restart it")
                self.assertIsNone(server.process.poll())
                server.stop()
                server = self.prepare_here().start()
                self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)
                server.stop()

    def test_missing_at_the_start(self):
        """A program that is not there is named, and nothing is bound."""
        for name in ROLES[1:]:
            with self.subTest(name):
                (self.bin / name).rename(self.bin / "away")
                got = self.prepare_here().run("-D", "-e")
                self.assertEqual(got.returncode, 255)
                self.assertIn(f"cannot open {self.bin}/{name}: No such file",
                              got.stderr)
                (self.bin / "away").rename(self.bin / name)
                (self.bin / name).chmod(0o755)

    def test_session_that_fails_at_its_start(self):
        """A program that ends at once is told of by name; without a terminal
        its own words are lost."""
        shutil.copy2("/bin/false", self.bin / "portcullis-session")
        server = self.prepare_here().start()
        for count in range(1, 4):
            self.assertEqual(self.ssh(server, *NOTHING).returncode, 255)
            self.assert_log(server, r"portcullis-session \(process \d+\) has "
                            "ended with status 1", count)

    @needs_mounts
    def test_swept_directory(self):
        """/run is swept: the sessions' root directory is made again for the
        next client.  One that others may write to is refused with words."""
        run = pathlib.Path(tempfile.mkdtemp(dir=self.world.dir))
        run.chmod(0o755)
        server = self.serve(prefix=overlay({"/run": run}))
        self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)
        (run / "portcullis").rmdir()
        self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)
        (run / "portcullis").chmod(0o777)
        self.assertEqual(self.ssh(server, *NOTHING).returncode, 255)
        self.assert_log(server, "/run/portcullis must be owned by root and "
                        "not group or world-writable")

    def test_names_of_the_processes(self):
        """A process that was started from a descriptor is called by its
        program's name, for who looks for it with ps or in the journal."""
        server = self.prepare_here().start()
        self.assertEqual(ask(self.local(server, self.target())), b"ping")
        names = {pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                 for pid in server.processes()}
        want = {"portcullis-moni", "portcullis-sess", "portcullis-dial"}
        self.assertEqual(names - {"portcullis-pam"}, want)


if __name__ == "__main__":
    unittest.main()

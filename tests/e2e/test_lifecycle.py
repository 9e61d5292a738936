"""Start, reload and stop: SIGHUP, SIGTERM, the pid file, ports in use and
host keys that cannot be used."""

import os
import re
import signal
import time
import unittest

from harness import (Case, ask, dial, free_port, listening, needs_root,
                     on_both, on_portcullis, wait_for)
from servers import stat_of
from world import process_is


@on_both
class Lifecycle(Case):
    """What an init system and an operator rely on."""

    def test_pid_file(self):
        """The pid file names the daemon and goes with it."""
        server = self.serve()
        self.assertEqual(server.pid_file.read_text(), f"{server.pid}\n")
        server.signal(signal.SIGTERM)
        server.process.wait(10)
        self.assertFalse(server.pid_file.exists())

    def test_sigterm_leaves_connections_alive(self):
        """SIGTERM closes the port, removes the pid file, ends with 0, and
        open connections go on, even with new forwards."""
        server, target = self.serve(), self.target()
        socks = self.socks(server)
        with socks.dial("127.0.0.1", target.port) as sock:
            sock.sendall(b"one!")
            self.assertEqual(sock.recv(4), b"one!")
            server.processes()
            server.signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(10), 0)
            self.assertFalse(listening(server.port))
            self.assertFalse(server.pid_file.exists())
            time.sleep(0.5)
            sock.sendall(b"two!")
            self.assertEqual(sock.recv(4), b"two!")
            self.assertEqual(socks.try_open("127.0.0.1", target.port), "")
        socks.client.stop()
        self._all_gone(server)

    def _all_gone(self, server):
        wait_for(lambda: not any(process_is(p, s)
                                 for p, s in server.seen.items()),
                 "the orphans to end")

    def test_sigkill_leaves_connections_alive(self):
        """A daemon that dies hard does not take connections along."""
        server, target = self.serve(), self.target()
        port = self.local(server, target)
        server.processes()
        server.signal(signal.SIGKILL)
        server.process.wait(10)
        time.sleep(0.5)
        self.assertEqual(ask(port), b"ping")

    def test_reload_changes_the_policy(self):
        """After SIGHUP new logins get the new policy; who is in keeps his."""
        server, target = self.serve("PermitOpen none"), self.target()
        old = self.socks(server)
        server.write_conf(f"PermitOpen 127.0.0.1:{target.port}")
        self._reload(server)
        new = self.socks(server)
        self.assertEqual(new.try_open("127.0.0.1", target.port), "")
        self.assertRegex(old.try_open("127.0.0.1", target.port),
                         server.refused)

    def _reload(self, server):
        """SIGHUP; sshd says that it listens again, Portcullis keeps sockets
        that have not changed and says that it has reloaded."""
        words = "Configuration reloaded" if self.ours else "Server listening"
        before = server.log().count(words)
        server.signal(signal.SIGHUP)
        wait_for(lambda: server.log().count(words) > before
                 and listening(server.port), f"the reload, {words!r}")

    def test_reload_changes_the_port(self):
        """After SIGHUP the new port is open and the old one closed."""
        server, target = self.serve(), self.target()
        old, server.port = server.port, free_port()
        server.write_conf("")
        self._reload(server)
        wait_for(lambda: not listening(old), "the old port to close")
        self.assertEqual(ask(self.local(server, target)), b"ping")
        self.assertEqual(server.pid_file.read_text(), f"{server.pid}\n")

    def test_reload_keeps_connections(self):
        """SIGHUP does not disturb who is connected."""
        server, target = self.serve(), self.target()
        with dial(self.local(server, target)) as sock:
            sock.sendall(b"one!")
            self.assertEqual(sock.recv(4), b"one!")
            self._reload(server)
            sock.sendall(b"two!")
            self.assertEqual(sock.recv(4), b"two!")

    def test_new_authorized_keys_need_no_reload(self):
        """Keys files are read at each login."""
        server = self.serve(keys="")
        self.assertEqual(self.ssh(server, "-N").returncode, 255)
        server.authorize(self.user.name, self.world.public())
        self.assertIn(b"connect failed",
                      self.ssh(server, "-W", "127.0.0.1:1").stderr)

    def test_port_in_use_is_named_and_others_come_up(self):
        """A taken port is logged by number; the other listeners serve."""
        taken, target = self.target(), self.target()
        server = self.prepare(f"Port {taken.port}")
        server.start()
        self.assert_log(server, rf"Bind to port {taken.port} on "
                        r"127\.0\.0\.1 failed: Address already in use")
        self.assertEqual(ask(self.local(server, target)), b"ping")

    def test_no_port_at_all(self):
        """When no listener comes up the daemon ends with 255."""
        server = self.prepare(port=self.target().port)
        server.spawn()
        self.assertEqual(server.process.wait(10), 255)
        self.assertIn("Address already in use", server.log())
        self.assertFalse(server.pid_file.exists())

    def test_broken_configuration_binds_nothing(self):
        """A broken file: its line is named, status 255, nothing bound."""
        server = self.prepare("PermitOpen nonsense")
        server.spawn()
        self.assertEqual(server.process.wait(10), 255)
        self.assertRegex(server.log(), r"conf:? line 1: ")
        self.assertFalse(listening(server.port))
        self.assertFalse(server.pid_file.exists())

    def test_host_key_open_to_others(self):
        """A host key that others may read is named and not used: without
        another one the daemon ends with 1."""
        server = self._with_key(mode=0o644)
        server.spawn()
        self.assertEqual(server.process.wait(10), 1)
        self.assertIn(str(server.dir / "bad_key"), server.log())
        self.assertFalse(listening(server.port))

    def _with_key(self, mode=0o600, text=None, also=""):
        server = self.prepare(host_key="no-such-file")
        path = server.dir / "bad_key"
        path.write_text(text or (self.world.dir / "host_key").read_text())
        path.chmod(mode)
        server.write_conf(f"HostKey {path}\n{also}")
        return server

    def test_missing_and_broken_host_keys(self):
        """Missing files and files that hold no key are named too."""
        for text in ("garbage\n", ""):
            with self.subTest(text):
                server = self._with_key(text=text or "\n")
                server.spawn()
                self.assertEqual(server.process.wait(10), 1)
                self.assertIn(str(server.dir / "bad_key"), server.log())
                self.assertIn("no-such-file", server.log())

    def test_one_good_host_key_is_enough(self):
        """Beside a bad host key a good one serves."""
        server = self._with_key(
            mode=0o644, also=f"HostKey {self.world.dir}/host_key")
        server.start()
        self.assertIn(str(server.dir / "bad_key"), server.log())
        self.assertIn(b"connect failed",
                      self.ssh(server, "-W", "127.0.0.1:1").stderr)

    def test_several_listen_addresses(self):
        """Each ListenAddress is open, and only those."""
        server = self.prepare("ListenAddress 127.0.0.2")
        server.start()
        self.assertEqual(listening(server.port), {"127.0.0.1", "127.0.0.2"})

    def test_background(self):
        """Without -D the daemon goes to the background and writes its pid."""
        server = self.prepare()
        log = server.dir / "background.log"
        got = server.run("-E", log)
        self.assertEqual(got.returncode, 0, got.stderr)
        wait_for(server.pid_file.exists, "the pid file")
        pid = int(server.pid_file.read_text())
        try:
            wait_for(lambda: listening(server.port), "the port")
            self.assertIn(b"connect failed",
                          self.ssh(server, "-W", "127.0.0.1:1").stderr)
            self.assertIn("Accepted publickey", log.read_text())
            self.assertEqual(log.stat().st_mode & 0o077, 0)
        finally:
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: stat_of(pid) in (None, (os.getpid(), "Z"))
                 or stat_of(pid)[1] == "Z", "the daemon to end")


@on_portcullis
class Reload(Case):
    """Where Portcullis is kinder than sshd."""

    def test_bad_file_keeps_the_old_policy(self):
        """SIGHUP with a broken file says what is wrong, where, and goes on
        with the old policy."""
        target = self.target()
        server = self.serve(f"PermitOpen 127.0.0.1:{target.port}")
        server.write_conf("\nPermitOpen nonsense")
        server.signal(signal.SIGHUP)
        self.assert_log(server, re.escape(str(server.conf)) + r":? line 2: ")
        socks = self.socks(server)
        self.assertEqual(socks.try_open("127.0.0.1", target.port), "")
        self.assertRegex(socks.try_open("127.0.0.1", 1), server.refused)
        self.assertTrue(server.pid_file.exists())

    def test_missing_file_keeps_the_old_policy(self):
        """SIGHUP with no file at all keeps the old policy as well."""
        server = self.serve()
        server.conf.rename(server.dir / "away")
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"No such file or directory")
        self.assertIn(b"connect failed",
                      self.ssh(server, "-W", "127.0.0.1:1").stderr)

    def test_good_file_after_a_bad_one(self):
        """A repaired file is taken at the next SIGHUP."""
        server, target = self.serve("PermitOpen none"), self.target()
        server.write_conf("Nonsense yes")
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"Bad configuration option: Nonsense")
        server.write_conf(f"PermitOpen 127.0.0.1:{target.port}")
        server.signal(signal.SIGHUP)
        wait_for(lambda: self.socks(server).try_open(
            "127.0.0.1", target.port) == "", "the new policy")

    def test_many_reloads(self):
        """Thirty reloads while people log in lose nobody."""
        server, target = self.serve(), self.target()
        for _ in range(30):
            server.signal(signal.SIGHUP)
            time.sleep(0.02)
        got = self.ssh(server, "-W", f"127.0.0.1:{target.port}", send=b"in")
        self.assertEqual(got.stdout, b"in", got.stderr)
        self.assertIsNone(server.process.poll())

    @needs_root
    def test_configuration_others_may_write_is_refused(self):
        """A file that anyone may change is no policy."""
        server = self.prepare()
        server.conf.chmod(0o666)
        server.spawn()
        self.assertNotEqual(server.process.wait(10), 0)
        self.assertIn(str(server.conf), server.log())
        self.assertFalse(listening(server.port))


if __name__ == "__main__":
    unittest.main()

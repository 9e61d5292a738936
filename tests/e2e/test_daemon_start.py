"""The daemon as a service: it detaches, serves one connection with -d, keeps
a pid file, and starts again after every kind of end."""

import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
import unittest

from daemons import detached, session_of
from harness import (LIGHT, Case, ask, dial, listening, on_both,
                     on_portcullis, wait_for)

NOTHING = ("-W", "127.0.0.1:1")
HELLO = b"connect failed"


@on_both
class Start(Case):
    """What sshd does too."""

    def test_detaches_when_it_serves(self):
        """The parent ends with 0 when the port is open and the pid file is
        there, and nobody holds the terminal any more."""
        server = self.prepare()
        with detached(server) as (got, pid):
            wait_for(lambda: listening(server.port), "the port")
            self.assertEqual(got.stdout, "")
            self.assertEqual(session_of(pid), (pid, 0))
            self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
            for fd in range(3):
                self.assertEqual(os.readlink(f"/proc/{pid}/fd/{fd}"),
                                 "/dev/null")
            self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)
        wait_for(lambda: not server.pid_file.exists(), "no pid file")

    def test_debugging_serves_one_connection(self):
        """-d stays in the foreground, closes its port behind the first
        client, writes no pid file and ends with the connection."""
        server, target = self.prepare(args=["-d"]), self.target()
        server.start()
        dial(server.port).close()
        server.process.wait(20)
        server = self.prepare(args=["-d"]).spawn()
        wait_for(lambda: listening(server.port), "the port")
        port = self.local(server, target)
        self.assertFalse(listening(server.port))
        self.assertFalse(server.pid_file.exists())
        self.assertEqual(ask(port), b"ping")
        self.assertIsNone(server.process.poll())
        self.clients[-1].stop()
        server.process.wait(20)

    def test_debugging_and_a_signal(self):
        """SIGTERM for a server with -d ends its connection, and it."""
        server = self.prepare(args=["-d"]).spawn()
        wait_for(lambda: listening(server.port), "the port")
        client = self.client(server, "-N")
        self.assert_log(server, r"Accepted publickey")
        server.signal(signal.SIGTERM)
        self.assertEqual(client.wait(), 255)
        server.process.wait(20)

    def test_debugging_by_degrees(self):
        """-d, -dd and -ddd are DEBUG1 to DEBUG3."""
        server = self.prepare("LogLevel QUIET")
        for flag, level in (("-d", "DEBUG1"), ("-dd", "DEBUG2"),
                            ("-ddd", "DEBUG3"), ("-dddd", "DEBUG3")):
            got = server.run("-T", flag).stdout.lower().splitlines()
            found = [line for line in got if line.startswith("loglevel ")]
            self.assertIn(found, ([f"loglevel {level}".lower()],
                                  ["loglevel debug"]
                                  if flag == "-d" else None))

    def test_families_and_times(self):
        """The last of -4 and -6 wins, and over -o; -g wins over -o."""
        server = self.prepare(f"HostKey {self.world.dir}/host_key",
                              base=False)
        for args, line in (
                (["-46"], "addressfamily inet6"),
                (["-64"], "addressfamily inet"),
                (["-o", "AddressFamily=inet6", "-4"], "addressfamily inet"),
                (["-o", "LoginGraceTime=5", "-g", "7"], "logingracetime 7"),
                (["-g", "7", "-g", "1m"], "logingracetime 60"),
                (["-u0", "-b", "1", "-k", "1", "-Q", "-r"],
                 "addressfamily any")):
            with self.subTest(args):
                got = server.run("-T", *args)
                self.assertIn(line, got.stdout.lower().splitlines(),
                              got.stderr)

    def test_started_twice(self):
        """The second says that the address is in use and ends with 255; the
        first lives, and so does its pid file."""
        server = self.serve()
        got = server.run("-D", "-e")
        self.assertEqual(got.returncode, 255)
        self.assertIn("Address already in use", got.stderr)
        self.assertEqual(server.pid_file.read_text(), f"{server.pid}\n")
        self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)

    def test_pid_file_that_cannot_be_written(self):
        """An error in the log, and the daemon serves all the same."""
        for path in ("/proc/none/pid", str(self.world.dir)):
            with self.subTest(path):
                server = self.serve(f"PidFile {path}")
                self.assert_log(server, rf"Couldn't create pid file \"{path}")
                self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)
                server.stop()

    def test_no_pid_file(self):
        """PidFile none writes none."""
        server = self.serve("PidFile none")
        self.assertFalse(server.pid_file.exists())
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(20), 0)

    def test_pid_file_comes_back_at_a_reload(self):
        """SIGHUP writes it anew, at its new place when that has changed."""
        server = self.serve()
        server.pid_file.unlink()
        server.signal(signal.SIGHUP)
        wait_for(server.pid_file.exists, "the pid file")
        wait_for(lambda: server.pid_file.read_text() == f"{server.pid}\n",
                 "its number")
        other = server.dir / "other"
        server.write_conf(f"PidFile {other}")
        wait_for(lambda: listening(server.port), "the reload")
        server.signal(signal.SIGHUP)
        wait_for(lambda: other.exists() and other.read_text()
                 == f"{server.pid}\n", "the new pid file")
        wait_for(lambda: not server.pid_file.exists(), "the old one to go")

    def test_sigquit(self):
        """SIGQUIT stops with 255, and takes the pid file along."""
        server = self.serve()
        server.signal(signal.SIGQUIT)
        self.assertEqual(server.process.wait(20), 255)
        self.assertFalse(server.pid_file.exists())

    def test_log_file_that_cannot_be_written(self):
        """-E names the file and ends with 1."""
        got = self.prepare().run("-E", "/proc/none/log")
        self.assertEqual(got.returncode, 1)
        self.assertIn("Couldn't open logfile /proc/none/log", got.stderr)

    def test_killed_at_any_time(self):
        """SIGKILL in the middle of a start, a reload or a stop: the next
        start works, over the pid file that was left."""
        server = self.prepare()
        dice = random.Random(server.port)
        for number in (None, signal.SIGHUP, signal.SIGTERM):
            for _ in range(2 if LIGHT else 5):
                server.spawn()
                if number:
                    wait_for(lambda: listening(server.port)
                             and server.pid_file.exists(), "the port")
                    server.signal(number)
                time.sleep(dice.uniform(0, 0.06))
                server.process.kill()
                server.process.wait(20)
        server.pid_file.write_text("1\n")
        server.spawn()
        wait_for(lambda: listening(server.port), f"it\n{server.log()}")
        wait_for(lambda: server.pid_file.read_text() == f"{server.pid}\n",
                 "the pid file")
        self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)


@on_portcullis
class StartOfOurs(Case):
    """Where Portcullis is kinder than sshd."""

    def test_what_fails_before_it_serves_is_said_to_the_parent(self):
        """A port in use, without -D: the words reach the terminal and the
        parent ends with 255; sshd's has ended with 0 by then."""
        server = self.prepare(port=self.target().port)
        got = server.run()
        self.assertEqual(got.returncode, 255)
        self.assertIn("Address already in use", got.stderr)
        self.assertFalse(server.pid_file.exists())

    def test_pid_file_of_another(self):
        """A pid file that names another process is left alone."""
        server = self.serve()
        server.pid_file.write_text("1\n")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(20), 0)
        self.assertEqual(server.pid_file.read_text(), "1\n")

    def test_killed_while_the_parent_waits(self):
        """The parent of a daemon that is killed before it serves ends with
        255 and does not wait for ever."""
        fifo = self.prepare().dir / "fifo"
        os.mkfifo(fifo, 0o600)
        server = self.prepare(f"PidFile {fifo}")
        process = subprocess.Popen(server.command("-f", server.conf),
                                   env=server.environment(),
                                   stderr=subprocess.DEVNULL)
        server.process = process
        wait_for(lambda: listening(server.port), "the port")
        self.assertIsNone(process.poll())  # the fifo has no reader yet
        for pid in server.processes():
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(process.wait(20), 255)

    def test_log_file_with_percent_signs(self):
        """-E FILE: %p is the process id, %P the name; lines are added."""
        server = self.prepare()
        program = server.program.name
        log = server.dir / f"{program}.1%"
        log.write_text("before\n")
        server.args = ["-E", server.dir / "%P.1%%"]
        server.spawn()
        wait_for(lambda: "Server listening on" in log.read_text(), "the log")
        self.assertTrue(log.read_text().startswith("before\n"))

    def test_parent_that_blocks_and_ignores_signals(self):
        """A mask and SIG_IGN are inherited.  The ends of children must be
        noticed all the same, or the door would shut after MaxStartups, and a
        bad host key would pass as a good one."""
        deaf = ("import os, signal, sys\n"
                "every = signal.valid_signals()\n"
                "signal.pthread_sigmask(signal.SIG_SETMASK, every)\n"
                "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
                "os.execv(sys.argv[1], sys.argv[1:])\n")
        server = self.serve("MaxStartups 2", prefix=[sys.executable, "-c",
                                                     deaf])
        for _ in range(4):
            with dial(server.port) as sock:
                self.assertEqual(sock.recv(4), b"SSH-")
            server.wait_idle()
        self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(20), 0)

    def test_debugging_and_a_client_that_is_refused(self):
        """-d waits for one that it can serve; it does not sit there for ever
        with its door shut and nobody inside."""
        server = self.prepare("PerSourceMaxStartups 0", args=["-d"]).spawn()
        wait_for(lambda: listening(server.port), "the port")
        for _ in range(2):
            with dial(server.port) as sock:
                self.assertEqual(sock.recv(11), b"Not allowed")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(20), 0)

    def test_host_certificate(self):
        """-c is refused with words."""
        server = self.prepare()
        got = server.run("-t", "-c", self.world.dir / "host_key.pub")
        self.assertNotEqual(got.returncode, 0)
        self.assertIn("HostCertificate", got.stderr)


@on_portcullis
class Reload(Case):
    """SIGHUP with addresses that cannot be had, and with -E."""

    def refuse(self, server, conf, words):
        """A reload that must leave all as it was, old clients too."""
        target = self.target()
        with dial(self.local(server, target)) as sock:
            server.write_conf(conf)
            server.signal(signal.SIGHUP)
            self.assert_log(server, words)
            self.assert_log(server, r"the old one stays in force")
            sock.sendall(b"still")
            self.assertEqual(sock.recv(5), b"still")
        self.assertEqual(server.pid_file.read_text(), f"{server.pid}\n")
        self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)

    def test_port_of_somebody_else(self):
        """The new port is taken: the old one stays."""
        server, port = self.serve(), self.target().port
        self.refuse(server, f"Port {port}", rf"Bind to port {port} on "
                    r"127\.0\.0\.1 failed: Address already in use")

    def test_one_address_more(self):
        """An address that is not there, beside good ones, is a mistake as
        well: who relies on it would find the door shut."""
        server = self.serve()
        self.refuse(server, "ListenAddress 192.0.2.1",
                    r"on 192\.0\.2\.1 failed: Cannot assign requested")
        self.assertEqual(listening(server.port), {"127.0.0.1"})

    def test_between_all_addresses_and_one(self):
        """0.0.0.0 gives way to 127.0.0.1 on the same port and back."""
        server = self.prepare(base=False)
        lines = (f"Port {server.port}\nHostKey {self.world.dir}/host_key\n"
                 f"UsePAM no\nStrictModes no\nPidFile {server.pid_file}\n"
                 f"AuthorizedKeysFile {server.dir}/keys/%u\nListenAddress ")
        server.write_conf(lines + "0.0.0.0")
        server.start()
        for count, address in enumerate(("127.0.0.1", "0.0.0.0"), 1):
            server.write_conf(lines + address)
            server.signal(signal.SIGHUP)
            self.assert_log(server, r"Configuration reloaded", count)
            self.assertEqual(listening(server.port), {address})
            self.assertIn(HELLO, self.ssh(server, *NOTHING).stderr)

    def test_address_that_never_was(self):
        """One that could not be bound at the start does not stand in the way
        of a new policy."""
        taken, target = self.target(), self.target()
        conf = f"Port {taken.port}\nPermitOpen "
        server = self.prepare(conf + "none").start()
        server.write_conf(f"{conf}127.0.0.1:{target.port}")
        server.signal(signal.SIGHUP)
        self.assert_log(server, r"Configuration reloaded")
        self.assertEqual(ask(self.local(server, target)), b"ping")

    def test_rotated_log_file(self):
        """After SIGHUP the daemon writes to a new file of the old name."""
        server = self.prepare()
        log, old = server.dir / "rotated", server.dir / "rotated.1"
        server.args = ["-E", log]
        server.spawn()
        wait_for(lambda: log.exists() and "Server listening on"
                 in log.read_text(), "the log")
        log.rename(old)
        server.signal(signal.SIGHUP)
        wait_for(lambda: log.exists() and "Configuration reloaded"
                 in log.read_text(), "the new log")
        self.ssh(server, *NOTHING)
        self.assertIn("Accepted publickey", log.read_text())
        self.assertNotIn("Accepted publickey", old.read_text())

    def deliver(self, server, number):
        """A signal, and its handler has run."""
        server.signal(number)
        status = pathlib.Path(f"/proc/{server.pid}/status")
        wait_for(lambda: not any(int(mask, 16) for mask in re.findall(
            r"^S[a-z]+Pnd:\s(\w+)", status.read_text(), re.M)), "delivery")

    def test_reload_behind_a_stop(self):
        """SIGHUP on the heels of SIGTERM opens nothing again and leaves no
        pid file."""
        server = self.prepare()
        log = server.dir / "file"
        server.args = ["-E", log]
        server.spawn()
        wait_for(lambda: listening(server.port) and server.pid_file.exists()
                 and server.pid_file.read_text(), "the pid file")
        log.unlink()
        os.mkfifo(log)  # holds the first reload up until somebody reads
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
            self.deliver(server, number)
        text = log.read_text()
        self.assertEqual(server.process.wait(20), 0)
        self.assertRegex(text, r"(?s)Configuration reloaded\..*signal 15")
        self.assertEqual(text.count("Received SIGHUP"), 1)
        self.assertFalse(server.pid_file.exists())

    def test_clients_that_knock_during_reloads(self):
        """The door is open all the time, whatever the reload comes to."""
        server = self.serve()
        for turn in range(10):
            server.write_conf(("Nonsense", "", "ListenAddress 127.0.0.2")
                              [turn % 3])
            server.signal(signal.SIGHUP)
            for _ in range(5):
                dial(server.port).close()


if __name__ == "__main__":
    unittest.main()

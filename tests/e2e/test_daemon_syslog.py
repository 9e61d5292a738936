"""Lines to syslog: facility, priority and name, seen on a /dev/log of the
test's own in a mount namespace."""

import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import unittest

from harness import Case, free_port, listening, on_both, on_portcullis, \
    wait_for
from namespaces import needs_mounts, overlay

FACILITIES = {"AUTH": 4, "DAEMON": 3, "LOCAL5": 21}
NODES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8),
         "urandom": (1, 9), "tty": (5, 0)}
LINE = re.compile(r"<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d "
                  r"([\w-]+)\[(\d+)\]: (.*)", re.S)
NOTHING = ("-W", "127.0.0.1:1")


class Devices:
    """A folder that can stand for /dev, with a log that is read here."""

    def __init__(self, place):
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=place))
        self.dir.chmod(0o755)
        for name, (major, minor) in NODES.items():
            os.mknod(self.dir / name, stat.S_IFCHR | 0o666,
                     os.makedev(major, minor))
            (self.dir / name).chmod(0o666)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(self.dir / "log"))
        (self.dir / "log").chmod(0o666)
        self.lines = []  # (facility, priority, name, process id, text)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            text = self.sock.recv(65536).decode()
            if not text:
                return
            code, name, pid, line = LINE.fullmatch(text.rstrip("\0")).groups()
            self.lines.append((int(code) >> 3, int(code) & 7, name, int(pid),
                               line))

    def close(self):
        """No more lines."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", str(self.dir / "log"))

    def wait(self, pattern):
        """Wait for a line that matches, and give all of it."""
        def probe():
            return [line for line in list(self.lines)
                    if re.search(pattern, line[4])]
        try:
            return wait_for(probe, repr(pattern))[-1]
        except AssertionError as error:
            error.add_note("\n".join(map(str, self.lines)))
            raise


@needs_mounts
class Syslog(Case):
    """A daemon that logs to syslog."""

    def setUp(self):
        super().setUp()
        self.dev = Devices(self.world.dir)
        self.addCleanup(self.dev.close)

    def start_quietly(self, conf, match="", *args):
        """A daemon without -e."""
        server = self.prepare(conf, match,
                              prefix=overlay({"/dev": self.dev.dir}))
        server.process = subprocess.Popen(
            server.command("-D", "-f", server.conf, *args),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=server.environment(),
            start_new_session=True)
        wait_for(lambda: listening(server.port), "the port")
        return server


@on_both
class Both(Syslog):
    """What sshd does too."""

    def test_facility_and_priority(self):
        """The facility is SyslogFacility's for the daemon and its
        connections; info is 6."""
        for name, number in FACILITIES.items():
            with self.subTest(name):
                server = self.start_quietly(f"SyslogFacility {name}")
                line = self.dev.wait(rf"^Server listening on .* port "
                                     rf"{server.port}")
                program = "portcullisd" if self.ours else "sshd"
                self.assertEqual(line[:3], (number, 6, program))
                self.ssh(server, *NOTHING)
                line = self.dev.wait(r"^Accepted publickey for")
                self.assertEqual(line[:3], (number, 6, program))
                server.stop()

    def test_errors_are_errors(self):
        """error: 3, and the prefix."""
        taken = self.target()
        server = self.start_quietly(f"Port {taken.port}")
        line = self.dev.wait(rf"^error: Bind to port {taken.port} on ")
        self.assertEqual(line[1], 3)
        self.assertTrue(listening(server.port))

    def test_level_of_a_match(self):
        """LogLevel in a Match block counts from the user's name on: debug
        lines are 7, and the daemon's own level is another."""
        server = self.start_quietly(
            "LogLevel INFO", f"Match User {self.user.name}\nLogLevel DEBUG1")
        key = self.world.public()
        server.authorize(self.user.name, ["no-such-option " + key, key])
        self.ssh(server, *NOTHING)
        line = self.dev.wait(r"^debug1: ")
        self.assertEqual(line[1], 7)
        self.assertNotEqual(line[3], server.pid)
        server = self.start_quietly(
            "LogLevel INFO", f"Match User {self.user.name}\nLogLevel QUIET")
        seen = len(self.dev.lines)
        self.ssh(server, *NOTHING)
        wait_for(lambda: not server.processes(), "the connection to end")
        self.assertEqual([line for line in self.dev.lines[seen:]
                          if "Accepted" in line[4]], [])

    def test_facility_is_for_all(self):
        """SyslogFacility inside a Match block is a mistake."""
        server = self.prepare("", "Match User x\nSyslogFacility DAEMON")
        got = server.run("-t")
        self.assertEqual(got.returncode, 255)
        self.assertRegex(got.stderr, r"SyslogFacility'? is not allowed within")

    def test_one_connection_on_standard_input(self):
        """-i logs to syslog: nothing goes to stderr, which may be the
        client, not even a mistake in the file."""
        server = self.prepare("SyslogFacility LOCAL5",
                              prefix=overlay({"/dev": self.dev.dir}))
        got = server.run("-i")
        self.assertEqual((got.returncode, got.stderr), (255, ""))
        self.assertEqual(self.dev.wait(r"UNKNOWN port 65535")[0], 21)
        server.write_conf("Nonsense yes")
        got = server.run("-i")
        self.assertEqual((got.returncode, got.stderr, got.stdout),
                         (255, "", ""))
        line = self.dev.wait(r"line 1: Bad configuration option: Nonsense")
        self.assertEqual(line[0], 4)


@on_portcullis
class Ours(Syslog):
    """What only Portcullis can do."""

    def test_reload_changes_the_facility(self):
        """The next line goes to the new one, and so do new connections."""
        server = self.start_quietly("SyslogFacility DAEMON")
        server.write_conf("SyslogFacility LOCAL5\nLogLevel VERBOSE")
        server.signal(signal.SIGHUP)
        self.assertEqual(self.dev.wait(r"^Configuration reloaded")[0], 21)
        self.ssh(server, *NOTHING)
        self.assertEqual(self.dev.wait(r"^Connection from 127")[:2], (21, 6))

    def test_broken_reload_is_an_error(self):
        """What is wrong goes to the facility in force, as an error."""
        server = self.start_quietly("SyslogFacility LOCAL5")
        server.write_conf(f"Port {free_port()}\nNonsense yes")
        server.signal(signal.SIGHUP)
        line = self.dev.wait(r"line 2: Bad configuration option: Nonsense")
        self.assertEqual(line[:2], (21, 3))


if __name__ == "__main__":
    unittest.main()

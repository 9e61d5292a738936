"""The command line: flags, exit codes, -t, -T with -C, and -o, on both
servers."""

import re
import unittest

from harness import (ROOT, Case, free_port, listening, on_both, on_portcullis,
                     wait_for)
from world import quiet

# arguments after -f CONF, exit status.  {key} is a host key, {conf} the file.
STATUS = [
    (["-t"], 0),
    (["-T"], 0),
    (["-tq"], 0),
    (["-t", "-o", "PermitOpen 127.0.0.1:1"], 0),
    (["-t", "-o", "PermitOpen=127.0.0.1:1"], 0),
    (["-t", "-o", "NoSuchKeyword yes"], 1),
    (["-t", "-o", "PermitOpen nonsense"], 255),
    (["-t", "-o", "Match all"], 255),
    (["-t", "-p", "2222"], 0),
    (["-t", "-p", "0"], 1),
    (["-t", "-p", "65536"], 1),
    (["-t", "-p", "x"], 1),
    (["-t", "-h", "{key}"], 0),
    (["-t", "-4"], 0),
    (["-t", "-6"], 255),
    (["-t", "-g", "30"], 0),
    (["-t", "-g", "never"], 1),
    (["-t", "extra"], 1),
    (["-t", "-Y"], 1),
    (["-t", "-f"], 1),
    (["-T", "-C", "user=root,addr=127.0.0.1,host=localhost"], 0),
    (["-T", "-C", "user=root", "-C", "addr=127.0.0.1"], 0),
    (["-T", "-C", "nonsense=1"], 1),
    (["-T", "-C", "user"], 1),
    (["-T", "-C", "lport=x"], 1),
    (["-C", "user=root"], 255),
]

# keyword and value, what -T says (None: the same value)
DUMP = [
    ("Port 2222", None), ("AddressFamily inet", None),
    ("ListenAddress 127.0.0.3:2201", None), ("LogLevel VERBOSE", None),
    ("SyslogFacility LOCAL3", None), ("UsePAM yes", None),
    ("PasswordAuthentication no", None), ("PubkeyAuthentication no", None),
    ("KbdInteractiveAuthentication no", None),
    ("PubkeyAcceptedAlgorithms ssh-ed25519", None),
    ("KexAlgorithms curve25519-sha256", None),
    ("Ciphers aes256-ctr,aes128-ctr", None), ("MACs hmac-sha2-512", None),
    ("RekeyLimit 1G 1h", "1073741824 3600"), ("PermitRootLogin no", None),
    ("AllowUsers a b@127.0.0.1", None), ("DenyUsers c*", None),
    ("AllowGroups g", None), ("DenyGroups h", None),
    ("AuthorizedKeysFile /a/%u .b", None), ("StrictModes no", None),
    ("MaxAuthTries 3", None), ("LoginGraceTime 1m", "60"),
    ("AllowTcpForwarding local", None), ("DisableForwarding yes", None),
    ("GatewayPorts clientspecified", None),
    ("PermitOpen 127.0.0.1:80 [::1]:* *:443", None),
    ("PermitOpen none", None), ("PermitListen 8080", "*:8080"),
    ("PermitListen localhost:* 127.0.0.1:22", None),
    ("PidFile /run/x.pid", None), ("X11Forwarding yes", None),
    ("PermitTTY no", None), ("Subsystem sftp /bin/false", None),
    ("Banner none", None), ("Banner /etc/issue.net", None),
    ("ClientAliveInterval 1h", "3600"), ("ClientAliveCountMax 0", None),
    ("ChannelTimeout direct-tcpip=1m forwarded-*=2h", None),
    ("UnusedConnectionTimeout 5m", "300"),
    ("UnusedConnectionTimeout none", None), ("MaxSessions 3", None),
    ("TCPKeepAlive no", None), ("UseDNS yes", None),
    ("IPQoS AF21", "af21 af21"), ("IPQoS cs1 17", "cs1 0x11"),
    ("IPQoS le none", None), ("Compression delayed", "yes"),
    ("MaxStartups 5:40:60", None), ("MaxStartups 7", "7:30:7"),
    ("PerSourceMaxStartups 3", None), ("PerSourceMaxStartups none", None),
    ("PerSourceNetBlockSize 24:48", None),
    ("Compression no", None), ("VersionAddendum hello there", None),
]


@on_both
class CommandLine(Case):
    """What scripts and unit files rely on."""

    def test_exit_status(self):
        """Every row ends with the status that sshd gives."""
        server = self.prepare()
        for args, status in STATUS:
            with self.subTest(" ".join(args)):
                args = [a.format(key=self.world.dir / "host_key",
                                 conf=server.conf) for a in args]
                got = server.run(*args)
                self.assertEqual(got.returncode, status, got.stderr)
                if status:
                    self.assertNotEqual(got.stderr.strip(), "")

    def test_good_file_is_silent(self):
        """-t says nothing about a good file."""
        got = self.prepare().run("-t")
        self.assertEqual((got.returncode, got.stdout), (0, ""))

    def test_check_binds_nothing(self):
        """-t works while a server runs on the same port and leaves no pid
        file."""
        server = self.serve()
        self.assertEqual(server.run("-t").returncode, 0)
        self.assertEqual(server.pid_file.read_text(), f"{server.pid}\n")

    def test_clustered_flags(self):
        """Flags may be written together, the last one with its value."""
        server = self.prepare()
        for args in (["-tf", server.conf], [f"-tf{server.conf}"],
                     ["-qtf", server.conf], ["-t", f"-f{server.conf}"]):
            with self.subTest(args):
                got = server.run(*args, conf=False)
                self.assertEqual(got.returncode, 0, got.stderr)

    def test_missing_file(self):
        """A file that does not exist is named: status 1."""
        server = self.prepare()
        got = server.run("-t", "-f", server.dir / "gone", conf=False)
        self.assertEqual(got.returncode, 1)
        self.assertIn("gone", got.stderr)

    def test_no_file_at_all(self):
        """-f none reads no file."""
        server = self.prepare()
        got = server.run("-t", "-f", "none", "-h",
                         self.world.dir / "host_key", conf=False)
        self.assertEqual(got.returncode, 0, got.stderr)

    def test_no_host_key(self):
        """-t without a usable host key: status 1."""
        server = self.prepare(host_key="gone")
        got = server.run("-t")
        self.assertEqual(got.returncode, 1)
        self.assertIn("no hostkeys available", got.stderr)

    def dump(self, server, *args):
        """What -T says, keywords in lower case, values in order."""
        got = server.run("-T", *args)
        self.assertEqual(got.returncode, 0, got.stderr)
        said = {}
        for line in got.stdout.splitlines():
            word, _, value = line.partition(" ")
            said.setdefault(word.lower(), []).append(value)
        return said

    def test_dump_shows_each_keyword(self):
        """-T shows every setting of the file."""
        for line, want in DUMP:
            with self.subTest(line):
                server = self.prepare(line)
                word, _, value = line.partition(" ")
                got = self.dump(server)[word.lower()]
                want = (want or value).split()
                # sshd repeats the keyword for each of AllowUsers and so on.
                words = " ".join(got).split()
                self.assertEqual(words[:len(want)], want)

    def test_dump_is_itself_a_configuration(self):
        """What -T prints can be read again and prints the same."""
        server = self.prepare("PermitOpen 127.0.0.1:80\nAllowUsers a b\n"
                              "GatewayPorts yes\nRekeyLimit 1G 1h")
        first = server.run("-T").stdout
        again = server.dir / "again"
        again.write_text(first)
        got = server.run("-T", "-f", again, conf=False)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(got.stdout, first)

    def test_dump_for_a_connection(self):
        """-T -C shows the settings for that user, address and port."""
        server = self.prepare("PermitOpen none", "Match User bob Address "
                              "192.0.2.0/24\n  PermitOpen 10.0.0.1:80\n"
                              "Match LocalPort 2222\n  GatewayPorts yes\n"
                              "Match Group root\n  PermitListen 1234")
        rows = [
            ("user=bob,addr=192.0.2.7,lport=22", "permitopen", "10.0.0.1:80"),
            ("user=bob,addr=192.0.3.7,lport=22", "permitopen", "none"),
            ("user=eve,addr=192.0.2.7,lport=22", "permitopen", "none"),
            ("user=eve,addr=192.0.2.7,lport=2222", "gatewayports", "yes"),
            ("user=eve,addr=192.0.2.7,lport=22", "gatewayports", "no"),
            ("user=root,addr=192.0.2.7,lport=22", "permitlisten", "*:1234"),
        ]
        for spec, word, want in rows:
            with self.subTest(spec, word=word):
                got = self.dump(server, "-C", spec)
                self.assertEqual(got[word], [want])

    def test_option_wins_over_the_file(self):
        """-o, -p and -h win over the file."""
        server = self.prepare("PermitOpen none\nMaxAuthTries 3")
        got = self.dump(server, "-o", "PermitOpen 10.0.0.1:80", "-o",
                        "MaxAuthTries=2", "-p", "2244")
        self.assertEqual(got["permitopen"], ["10.0.0.1:80"])
        self.assertEqual(got["maxauthtries"], ["2"])
        self.assertEqual(got["port"], ["2244"])

    def test_port_flag_serves(self):
        """-p is the port that is opened."""
        port = free_port()
        server = self.prepare(args=["-p", port])
        server.spawn()
        wait_for(lambda: listening(port), f"the port\n{server.log()}")
        self.assertFalse(listening(server.port))

    def test_log_file(self):
        """-E appends to a file that only its owner may read."""
        server = self.prepare()
        log = server.dir / "other.log"
        server.args = ["-E", log]
        server.spawn()
        wait_for(lambda: log.exists() and "Server listening on"
                 in log.read_text(), f"the log\n{server.log()}")
        self.assertEqual(log.stat().st_mode & 0o077, 0)

    def test_quiet(self):
        """-q logs nothing."""
        server = self.prepare(args=["-q"])
        server.spawn()
        wait_for(lambda: listening(server.port), "the port")
        self.ssh(server, "-W", "127.0.0.1:1")
        self.assertEqual(server.log(), "")

    def test_verbose_level_says_more(self):
        """LogLevel VERBOSE logs each connection, QUIET nothing at all."""
        server = self.serve("LogLevel VERBOSE")
        self.ssh(server, "-W", "127.0.0.1:1")
        self.assert_log(server, r"Connection from 127\.0\.0\.1 port \d+ on "
                        rf"127\.0\.0\.1 port {server.port}")


@on_portcullis
class Version(Case):
    """What sshd of Debian 12 does not have yet."""

    def test_version(self):
        """-V names this program and libssh: status 0."""
        got = self.prepare().run("-V", conf=False)
        self.assertEqual(got.returncode, 0)
        self.assertRegex(got.stdout + got.stderr,
                         r"(?i)portcullis.*libssh.? ?\d+\.\d+")

    def test_relative_path(self):
        """The programs find each other however the daemon was named."""
        server = self.prepare()
        got = quiet("sh", "-c", 'cd "$1" && ./portcullisd -t -f "$2"', "sh",
                    server.program.parent, server.conf, check=False)
        self.assertEqual(got.returncode, 0, got.stdout)

    def test_debians_own_file_loads(self):
        """Debian's stock sshd_config is accepted."""
        server = self.prepare()
        stock = "/usr/share/openssh/sshd_config"
        got = server.run("-t", "-f", stock, "-h",
                         self.world.dir / "host_key", conf=False)
        self.assertEqual(got.returncode, 0, got.stderr)
        if ROOT:
            self.assertNotIn("Bad configuration", got.stderr)

    def test_help_names_every_flag(self):
        """A flag that does not exist shows the usage."""
        got = self.prepare().run("-Y")
        self.assertTrue(re.search(r"usage", got.stderr, re.I), got.stderr)


if __name__ == "__main__":
    unittest.main()

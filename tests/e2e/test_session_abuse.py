"""Session channels used against us: shell syntax, floods, odd terminals.
Nothing is executed, nothing falls over, and the connection's forwards live."""

import contextlib
import os
import pathlib
import tempfile
import unittest

import paramiko

import rawssh
from harness import Case, on_both, on_portcullis, read_some

CHANNEL_REQUEST = 98


def carries(channel, data=b"still here"):
    """Does a forward to an echo service carry bytes?"""
    channel.settimeout(10)
    channel.sendall(data)
    return read_some(channel, len(data), 10) == data


class Abuse(Case):
    """A login of paramiko with one forward, which must outlive the test."""

    conf = "MaxSessions 200\nAcceptEnv *"

    def setUp(self):
        super().setUp()
        self.server, target = self.serve(self.conf), self.target()
        self.transport = rawssh.login(self.server)
        self.addCleanup(self.transport.close)
        self.forward = self.transport.open_channel(
            "direct-tcpip", ("127.0.0.1", target.port), ("127.0.0.1", 1))
        self.assertTrue(carries(self.forward))

    def still_there(self):
        """The forward lives, and only one login was made for it."""
        self.assertTrue(carries(self.forward))
        self.assertEqual(self.server.log().count("Accepted publickey"), 1)

    def request(self, channel, kind, *fields, reply=False):
        """A channel request with these very bytes."""
        rawssh.send(self.transport, CHANNEL_REQUEST, channel.remote_chanid,
                    kind, reply, *fields)

    def finish(self, channel):
        """The exit status, None when the server ended it without one."""
        channel.settimeout(10)
        with contextlib.suppress(OSError, EOFError):
            while channel.recv(4096):
                pass
        # sshd tells it behind the end of the output.
        channel.status_event.wait(10)
        return channel.exit_status


@on_portcullis
class Commands(Abuse):
    """Words that a shell would have understood."""

    def test_shell_syntax_is_not_executed(self):
        """Quotes, substitutions, lists: status 127 and no file appears."""
        proof = pathlib.Path(tempfile.mkdtemp(dir=self.server.dir)) / "proof"
        proof.parent.chmod(0o777)
        touch = f"touch {proof}"
        for command in (f"true; {touch}", f"$({touch})", f"`{touch}`",
                        f"true && {touch}", f"true | {touch}",
                        f"true\n{touch}", f"'{touch}'", f'"{touch}"',
                        f"sh -c '{touch}'", f"sleep $({touch})",
                        f"sleep 0; {touch}", f"status; {touch}",
                        f"status --json > {proof}", f"help > {proof}",
                        "x" * 10240, "true " * 2048, "\xff\xfe", "\x1b[2J",
                        "%s%n%x", "sleep 99999999999999999999"):
            with self.subTest(command[:24]):
                channel = self.transport.open_session()
                channel.exec_command(command)
                self.assertEqual(self.finish(channel), 127)
                self.assertFalse(proof.exists())
        self.still_there()

    def test_bytes_that_are_no_text(self):
        """A command with NULs is at most the word before it."""
        for command in (b"true\0; id", b"\0true", b"status\0--json", b"\0",
                        b"sleep 0\0 9"):
            with self.subTest(command):
                channel = self.transport.open_session()
                self.request(channel, "exec", command, reply=True)
                channel.shutdown_write()  # ends the greeting
                self.assertIn(self.finish(channel), (0, 127))
        self.still_there()

    def test_second_command(self):
        """A channel answers one command, whatever else is asked of it."""
        channel = self.transport.open_session()
        channel.exec_command("sleep 1")
        for _ in range(20):
            self.request(channel, "exec", "status")
            self.request(channel, "shell")
            self.request(channel, "subsystem", "sftp")
        self.assertEqual(self.finish(channel), 0)
        self.still_there()


@on_both
class Floods(Abuse):
    """More of everything than anyone needs."""

    def test_hundred_sessions(self):
        """100 session channels at once; the rest goes on."""
        channels = []
        for _ in range(100):
            with contextlib.suppress(paramiko.ChannelException,
                                     paramiko.SSHException):
                channel = self.transport.open_session(timeout=10)
                self.request(channel, "exec", "sleep 1")
                channels.append(channel)
        self.assertGreaterEqual(len(channels), 60)
        self.assertTrue(carries(self.forward))
        for channel in channels[:60]:
            self.assertEqual(self.finish(channel), 0)
        for channel in channels:
            channel.close()
        channel = self.transport.open_session()
        channel.exec_command("true")
        self.assertEqual(self.finish(channel), 0)
        self.still_there()

    def test_sessions_in_a_loop(self):
        """100 sessions one after the other."""
        for _ in range(100):
            channel = self.transport.open_session()
            channel.exec_command("true")
            self.assertEqual(self.finish(channel), 0)
            channel.close()
        self.still_there()

    def test_environment(self):
        """Thousands of variables, long names, long values, odd bytes."""
        channel = self.transport.open_session()
        for number in range(2000):
            self.request(channel, "env", f"N{number}", "v" * 100)
        for name, value in ((b"LONG", b"x" * 20000), (b"", b""),
                            (b"LD_PRELOAD", b"/tmp/x.so"),
                            (b"A=B", b"=\n\x1b"), (b"n" * 10000, b"")):
            self.request(channel, "env", name, value)
        channel.exec_command("true")
        self.assertEqual(self.finish(channel), 0)
        self.still_there()

    def test_odd_terminals(self):
        """Terminals of no size, of ten thousand, of the largest number."""
        for size in (0, 1, 10000, 2 ** 32 - 1):
            for modes in (b"", b"\0", os.urandom(300)):
                with self.subTest(size=size, modes=len(modes)):
                    channel = self.transport.open_session()
                    self.request(channel, "pty-req", "x" * 200, size, size,
                                 size, size, modes)
                    channel.exec_command("true")
                    self.assertEqual(self.finish(channel), 0)
        self.still_there()

    def test_storm_of_window_changes(self):
        """5,000 changes of size on a waiting session."""
        channel = self.transport.open_session()
        self.request(channel, "pty-req", "xterm", 80, 24, 0, 0, b"")
        channel.exec_command("sleep 1")
        for number in range(5000):
            self.request(channel, "window-change", number, number % 7, 0, 0)
        self.assertTrue(carries(self.forward))
        self.assertEqual(self.finish(channel), 0)
        self.still_there()


@on_portcullis
class Screens(Abuse):
    """The text that stands where a shell would be."""

    def screen(self):
        """A session on a terminal that has greeted."""
        channel = self.transport.open_session()
        channel.get_pty()
        channel.invoke_shell()
        channel.settimeout(10)
        self.assertIn(b"You are", channel.recv(4096))
        return channel

    def test_long_lines(self):
        """10 KB lines are swallowed; Ctrl-D still ends it."""
        channel = self.screen()
        for _ in range(20):
            channel.sendall(b"a" * 10240 + b"\r\n")
        self.assertTrue(carries(self.forward))
        self.assertFalse(channel.exit_status_ready())
        channel.sendall(b"\4")
        self.assertEqual(self.finish(channel), 0)
        self.still_there()

    def test_a_screen_that_is_not_read(self):
        """Hundreds of lines for a window of no size hold nobody up."""
        channel = self.transport.open_session(window_size=4096)
        self.request(channel, "shell")
        for number in range(300):
            with contextlib.suppress(paramiko.ChannelException):
                self.transport.open_channel(
                    "direct-tcpip", (f"no{number}", 70000),
                    ("127.0.0.1", 1))
        self.still_there()

    def test_names_on_the_screen_are_escaped(self):
        """A target's name cannot write on the screen."""
        channel = self.screen()
        with contextlib.suppress(paramiko.ChannelException):
            self.transport.open_channel(
                "direct-tcpip", ("\x1b[2Jevil\r\n\x07", 70000),
                ("\x1b[3J", 1))
        shown = b""
        while b"bad-port" not in shown:
            shown += channel.recv(4096)
        self.assertIn(rb"\033[2Jevil\015\012\007", shown)
        self.assertNotIn(b"\x1b", shown)
        self.still_there()

    def test_malformed_requests(self):
        """Requests that are cut short, or of no known kind."""
        for kind, fields in (("exec", ()), ("pty-req", ("x",)), ("env", ()),
                             ("subsystem", ()), ("window-change", (1,)),
                             ("no-such-thing", (b"x" * 5000,)), ("", ())):
            with self.subTest(kind):
                transport = rawssh.login(self.server)
                channel = transport.open_session()
                rawssh.send(transport, CHANNEL_REQUEST,
                            channel.remote_chanid, kind, True, *fields)
                channel.settimeout(0.3)
                with contextlib.suppress(OSError, EOFError):
                    channel.recv(10)
                transport.close()
        self.assertTrue(carries(self.forward))


if __name__ == "__main__":
    unittest.main()

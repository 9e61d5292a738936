"""What the tests of the extension keywords share: each keyword is tried in
the global part and in a Match block, and log lines are held against the line
of the file that decides."""

import contextlib
import re
import socket

from harness import Case


class Deaf:
    """A port whose queue is full: the kernel answers no further SYN."""

    def __init__(self, test, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.table = "/proc/net/tcp6" if ":" in host else "/proc/net/tcp"
        self.sock = socket.socket(family)
        test.addCleanup(self.sock.close)
        self.sock.bind((host, port))
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        self.ours = set()
        for _ in range(8):
            waiting = socket.socket(family)
            test.addCleanup(waiting.close)
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect((host, self.port))
            self.ours.add(waiting.getsockname()[1])

    def dialled(self):
        """How many sockets try to connect, our own eight among them."""
        found = 0
        with open(self.table, encoding="ascii") as table:
            for line in table.readlines()[1:]:
                fields = line.split()
                found += (fields[3] == "02" and
                          int(fields[2].split(":")[1], 16) == self.port)
        return found


class Grants(Case):
    """Keywords that only Portcullis has."""

    def everywhere(self, conf, **kw):
        """A server with these lines in its global part, then one with them
        in a Match block for the user."""
        block = "\n".join(f"  {line}" for line in conf.splitlines())
        match = f"Match User {self.user.name}\n{block}"
        for parts in ((conf, ""), ("", match)):
            server = self.serve(*parts, **kw)
            yield server
            for client in self.clients:
                client.stop()
            server.stop()

    @staticmethod
    def rule(server, text):
        """A pattern for FILE:LINE of the line that has this text."""
        lines = server.conf.read_text().splitlines()
        number = next(i for i, line in enumerate(lines, 1) if text in line)
        return re.escape(f"{server.conf}:{number}")

    def assert_denied(self, server, reason, text):
        """A line of the log names the user, the reason and the rule."""
        return self.assert_log(
            server, rf"user {self.user.name}.*{reason} by "
            rf"{self.rule(server, text)}$")

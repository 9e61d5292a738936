"""What the tests of the extension keywords share: each keyword is tried in
the global part and in a Match block, and log lines are held against the line
of the file that decides."""

import re

from harness import Case


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

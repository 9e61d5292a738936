"""Dropbear's dbclient through the scenarios of the client matrix."""

import unittest

from client_scenarios import Scenarios
from client_tools import Tool
from harness import Case, on_both_in_full, world
from world import quiet


class Dbclient(Tool):
    """dbclient -N with a key in Dropbear's own format; it takes a
    password from its environment."""

    program = "dbclient"
    package = "dropbear-bin"

    def argv(self, server, method, words):
        here = world()
        # -y -y: it reads known hosts from the real home directory only.
        argv = ["dbclient", "-y", "-y", "-p", str(server.port), "-l",
                here.account().name]
        if method == "key":
            argv += ["-i", self._key(server)]
        if "-B" not in words:
            argv.append("-N")
        return [*argv, *words, "127.0.0.1"]

    def env(self, server, method):
        env = super().env(server, method)
        if method != "key":
            env["DROPBEAR_PASSWORD"] = world().password
        return env

    @staticmethod
    def _key(server):
        """The run's key as dropbearconvert writes it."""
        made = server.dir / "key.dropbear"
        if not made.exists():
            quiet("dropbearconvert", "openssh", "dropbear",
                  world().dir / "key", made)
        return str(made)

    def stdio(self, host, port):
        return ["-B", f"{host}:{port}"]


@on_both_in_full
class DbclientClient(Scenarios, Case):
    """dbclient -L, -R and -B."""

    tool = Dbclient()
    # It has no SOCKS side and no way to take a forward back.
    test_socks = None
    test_socks_bulk = None
    test_remote_cancel = None


if __name__ == "__main__":
    unittest.main()

"""PuTTY's plink through the scenarios of the client matrix."""

import unittest

from client_scenarios import Scenarios
from client_tools import Tool
from harness import Case, on_both_in_full, world
from world import quiet


class Plink(Tool):
    """plink -batch -N with a key in PuTTY's own format."""

    program = "plink"
    package = "putty-tools"

    def argv(self, server, method, words):
        here = world()
        argv = ["plink", "-ssh", "-batch", "-no-antispoof", "-P",
                str(server.port), "-l", here.account().name, "-hostkey",
                here.fingerprint("host_key")]
        if method == "key":
            argv += ["-i", self._key(server)]
        else:
            argv += ["-pw", here.password]
        if "-nc" not in words:
            argv.append("-N")
        return [*argv, *words, "127.0.0.1"]

    @staticmethod
    def _key(server):
        """The run's key as a .ppk file."""
        made = server.dir / "key.ppk"
        if not made.exists():
            quiet("puttygen", world().dir / "key", "-O", "private", "-o",
                  made, env={"HOME": str(server.dir), "PATH": "/usr/bin"})
        return str(made)

    def stdio(self, host, port):
        return ["-nc", f"{host}:{port}"]


@on_both_in_full
class PlinkClient(Scenarios, Case):
    """plink -L, -R, -D and -nc."""

    tool = Plink()
    # It asks for port 0 but does not read which port it got, and forwards
    # are taken back in PuTTY's window only.
    test_remote_allocated = None
    test_remote_cancel = None


if __name__ == "__main__":
    unittest.main()

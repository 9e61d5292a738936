"""OpenSSH's ssh through the scenarios of the client matrix."""

import subprocess
import unittest

from client_scenarios import Scenarios
from client_tools import Tool
from clients import client_env, ssh_argv
from harness import Case, on_both, world


class OpenSsh(Tool):
    """ssh -N, with a control socket for cancel."""

    program = "ssh"
    package = "openssh-client"
    said_port = r"Allocated port (\d+) for"

    def argv(self, server, method, words):
        if "-W" not in words:
            words = ["-N", "-M", "-S", f"{server.dir}/ctl", *words]
        return ssh_argv(server, words, password=method != "key")

    def env(self, server, method):
        return client_env(None if method == "key" else world().password)

    def cancel(self, running, server, spec):
        subprocess.run(
            ssh_argv(server, ["-S", f"{server.dir}/ctl", "-O", "cancel",
                              "-R", spec]), check=True, timeout=20,
            env=client_env(), capture_output=True)


@on_both
class OpenSshClient(Scenarios, Case):
    """ssh -L, -R, -D, -W and -O cancel."""

    tool = OpenSsh()


if __name__ == "__main__":
    unittest.main()

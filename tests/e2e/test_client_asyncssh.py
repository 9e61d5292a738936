"""A client made of asyncssh through the scenarios of the client matrix."""

import unittest

from client_scenarios import Scenarios
from client_tools import python_program
from harness import Case, on_both_in_full


@on_both_in_full
class AsyncSshClient(Scenarios, Case):
    """-L, -R, -D, -W and cancel."""

    tool = python_program("asyncssh_client.py", "python3-asyncssh", "asyncssh")
    # Version 2.10 goes on sending data during a key exchange (RFC 4253
    # section 7.1 forbids it); libssh ends the connection, sshd does not.
    test_local_bulk_with_rekeys = None


if __name__ == "__main__":
    unittest.main()

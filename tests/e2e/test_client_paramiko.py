"""A client made of paramiko through the scenarios of the client matrix."""

import unittest

from client_scenarios import Scenarios
from client_tools import python_program
from harness import Case, on_both_in_full


@on_both_in_full
class ParamikoClient(Scenarios, Case):
    """-L, -R, -W and cancel."""

    tool = python_program("paramiko_client.py", "python3-paramiko", "paramiko")
    # paramiko brings no SOCKS server.
    test_socks = None
    test_socks_bulk = None


if __name__ == "__main__":
    unittest.main()

"""A client made of libssh2 through the scenarios of the client matrix."""

import unittest

from client_scenarios import Scenarios
from client_tools import c_program
from harness import Case, on_both_in_full


@on_both_in_full
class LibSsh2Client(Scenarios, Case):
    """-L, -R, -W and cancel; one connection at a time."""

    tool = c_program("client_libssh2", "libssh2-1-dev")
    # The library brings no SOCKS server, the program no second connection.
    test_local_many = None
    test_socks = None
    test_socks_bulk = None


if __name__ == "__main__":
    unittest.main()

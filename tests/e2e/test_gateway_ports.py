"""The GatewayPorts table cell by cell: which sockets stand open for which
requested address, on both servers."""

import unittest

from harness import (Case, free_port, listening, needs_ipv6, on_both,
                     wait_for)

LOOPBACK = {"127.0.0.1", "::1"}
WILDCARD = {"0.0.0.0", "::"}

#   requested        no           yes       clientspecified
TABLE = [
    ("",             LOOPBACK,    WILDCARD, WILDCARD),
    ("*",            LOOPBACK,    WILDCARD, WILDCARD),
    ("localhost",    LOOPBACK,    WILDCARD, LOOPBACK),
    ("127.0.0.1",    {"127.0.0.1"}, WILDCARD, {"127.0.0.1"}),
    ("[::1]",        {"::1"},     WILDCARD, {"::1"}),
    ("0.0.0.0",      LOOPBACK,    WILDCARD, {"0.0.0.0"}),
    ("[::]",         LOOPBACK,    WILDCARD, {"::"}),
    ("127.0.0.2",    LOOPBACK,    WILDCARD, {"127.0.0.2"}),
    ("LOCALHOST",    LOOPBACK,    WILDCARD, {"127.0.0.1"}),
]
# These cannot be bound: an address of somewhere else and a name of nothing.
NOWHERE = [("192.0.2.77", LOOPBACK, WILDCARD),
           ("x" * 64 + ".invalid", LOOPBACK, WILDCARD)]
# With AddressFamily inet the IPv6 half does not exist.
V4_ONLY = [("", {"127.0.0.1"}, {"0.0.0.0"}),
           ("localhost", {"127.0.0.1"}, {"0.0.0.0"}),
           ("0.0.0.0", {"127.0.0.1"}, {"0.0.0.0"})]


@on_both
@needs_ipv6
class GatewayPorts(Case):
    """One ssh -R a cell, then the kernel's table of listening sockets."""

    def _open(self, server, asked):
        """The addresses that stand open after -R asked:PORT, while it runs."""
        port = free_port()
        client = self.hold(server, "-R", f"{asked}:{port}:127.0.0.1:9",
                           ready=port)
        found = listening(port)
        client.stop()
        return found

    def _column(self, word, rows):
        server = self.serve(f"GatewayPorts {word}")
        for asked, want in rows:
            with self.subTest(asked=asked, GatewayPorts=word):
                self.assertEqual(self._open(server, asked), want)

    def test_no(self):
        """GatewayPorts no keeps every request on loopback."""
        self._column("no", [(r[0], r[1]) for r in TABLE])

    def test_yes(self):
        """GatewayPorts yes opens every request to the world."""
        self._column("yes", [(r[0], r[2]) for r in TABLE])

    def test_clientspecified(self):
        """GatewayPorts clientspecified does what the client asks."""
        rows = [(r[0], r[3]) for r in TABLE if r[0] != "LOCALHOST"]
        self._column("clientspecified", rows)

    def test_name_is_resolved_when_the_client_specifies(self):
        """A name is resolved, and every address it has is bound."""
        server = self.serve("GatewayPorts clientspecified")
        self.assertIn("127.0.0.1", self._open(server, "LOCALHOST"))

    def test_default_is_no(self):
        """Without the keyword the column of no holds."""
        self.assertEqual(self._open(self.serve(), ""), LOOPBACK)

    def test_addresses_of_nowhere(self):
        """What cannot be bound is only a failure when it is looked at."""
        for asked, no, yes in NOWHERE:
            for word, want in (("no", no), ("yes", yes)):
                with self.subTest(asked=asked, GatewayPorts=word):
                    server = self.serve(f"GatewayPorts {word}")
                    self.assertEqual(self._open(server, asked), want)
                    server.stop()
            with self.subTest(asked=asked, GatewayPorts="clientspecified"):
                server = self.serve("GatewayPorts clientspecified")
                port = free_port()
                got = self.ssh(server, "-N", "-R",
                               f"{asked}:{port}:127.0.0.1:9",
                               options=["ExitOnForwardFailure=yes"])
                self.assertIn(b"remote port forwarding failed", got.stderr)
                self.assertEqual(listening(port), set())
                server.stop()

    def test_address_family(self):
        """AddressFamily inet leaves only the IPv4 socket."""
        for word, column in (("no", 1), ("yes", 2)):
            server = self.serve(f"AddressFamily inet\nGatewayPorts {word}")
            for row in V4_ONLY:
                with self.subTest(asked=row[0], GatewayPorts=word):
                    self.assertEqual(self._open(server, row[0]), row[column])

    def test_allocated_port_is_one_number(self):
        """Port 0 has the same number on both families."""
        client = self.hold(self.serve(), "-R", "0:127.0.0.1:9")
        said = client.wait_err("Allocated port")
        port = int(said.split("Allocated port ")[1].split()[0])
        self.assertEqual(listening(port), LOOPBACK)

    def test_one_family_taken_is_still_success(self):
        """When only one loopback address is free that one is opened."""
        server, taken = self.serve(), self.target()
        self.hold(server, "-R", f"localhost:{taken.port}:127.0.0.1:9",
                  ready=taken.port)
        wait_for(lambda: listening(taken.port) == LOOPBACK, "::1 to open")

    def test_match_sets_it_for_a_user(self):
        """GatewayPorts inside Match applies to that user."""
        server = self.serve("GatewayPorts no", f"Match User {self.user.name}\n"
                            "  GatewayPorts clientspecified")
        self.assertEqual(self._open(server, "*"), WILDCARD)


if __name__ == "__main__":
    unittest.main()

"""RFC 8305: a host with several addresses, some of which do not answer."""

import time
import unittest

from grants import Deaf
from harness import (needs_ipv6, needs_root, on_portcullis, read_some,
                     wait_for)
from namespaces import needs_mounts
from test_names import NamesCase

DELAY = 0.25    # until the next address is tried
SLACK = 3       # for a busy machine
NAMES = {"both.test": ["::1", "127.0.0.1"],
         "four.test": ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"],
         "mixed.test": ["::1", "127.0.0.1", "127.0.0.2"]}


class Eyeballs(NamesCase):
    """Names with addresses that the tests make deaf or alive."""

    def setUp(self):
        super().setUp()
        self.dns.names.update(NAMES)

    def open(self, socks, name, port):
        """The seconds that an open took which must succeed."""
        start = time.monotonic()
        self.assertEqual(socks.try_open(name, port), "")
        return time.monotonic() - start

    def assert_at(self, server, host, number=1):
        """This is where the forward went."""
        self.assert_log(server, rf"forward {number} opened: .* at {host} port")


@on_portcullis
@needs_root
@needs_mounts
@needs_ipv6
class HappyEyeballs(Eyeballs):
    """One family does not answer."""

    def test_v6_is_dead(self):
        """IPv4 gets its turn after the delay, and the loser is closed."""
        target = self.target()
        deaf = Deaf(self, "::1", target.port)
        server, before = self.serve_names(), deaf.dialled()
        took = self.open(self.socks(server), "both.test", target.port)
        self.assertGreater(took, DELAY * 0.9)
        self.assertLess(took, DELAY + SLACK)
        self.assert_at(server, "127.0.0.1")
        wait_for(lambda: deaf.dialled() <= before, "the loser to be closed")

    def test_v4_is_dead(self):
        """IPv6 comes first, and nobody else is bothered."""
        target = self.target(host="::1")
        deaf = Deaf(self, "127.0.0.1", target.port)
        server, before = self.serve_names(), deaf.dialled()
        self.assertLess(self.open(self.socks(server), "both.test",
                                  target.port), SLACK)
        self.assert_at(server, "::1")
        self.assertLessEqual(deaf.dialled(), before)

    def test_both_are_alive(self):
        """Nobody is dialled twice."""
        six = self.target(host="::1")
        four = self.target(port=six.port)
        socks = self.socks(self.serve_names())
        for _ in range(5):
            self.open(socks, "both.test", six.port)
        self.assertEqual((len(six.peers), len(four.peers)), (5, 0))

    def test_v6_refuses(self):
        """A refusal needs no delay."""
        target = self.target()
        socks = self.socks(self.serve_names())
        self.open(socks, "both.test", target.port)
        took = min(self.open(socks, "both.test", target.port)
                   for _ in range(5))
        self.assertLess(took, DELAY * 0.9)

    def test_the_families_take_turns(self):
        """With the first dead the other family's first wins."""
        first = self.target()
        second = self.target(host="127.0.0.2", port=first.port)
        Deaf(self, "::1", first.port)
        self.open(self.socks(self.serve_names()), "mixed.test", first.port)
        self.assertEqual((len(first.peers), len(second.peers)), (1, 0))

    def test_a_loser_that_answers_late(self):
        """Its socket is gone: the late answer reaches nobody."""
        target = self.target()
        deaf = Deaf(self, "::1", target.port)
        self.open(self.socks(self.serve_names()), "both.test", target.port)
        deaf.sock.settimeout(1.5)   # by then an open socket has asked again
        with self.assertRaises(TimeoutError):
            while True:
                sock, peer = deaf.sock.accept()
                sock.close()
                self.assertIn(peer[1], deaf.ours)

    def test_a_forbidden_address_is_never_dialled(self):
        """Not even when all that are allowed hang."""
        target = self.target()
        deaf = Deaf(self, "::1", target.port)
        server = self.serve_names("DenyOpen 127.0.0.0/8:*\nConnectTimeout 1")
        socks, before = self.socks(server), deaf.dialled()
        with socks.begin("mixed.test", target.port):
            wait_for(lambda: deaf.dialled() > before, "the SYN")
            socks.client.wait_err("connect failed: Connection timed out")
        self.assertEqual(target.peers, [])
        wait_for(lambda: deaf.dialled() <= before, "the socket to close")


@on_portcullis
@needs_root
@needs_mounts
class ManyAddresses(Eyeballs):
    """One family only, so that the whole list is gone through."""

    def test_three_are_dead(self):
        """The last one answers after as many delays, and is the only one
        that stays open."""
        target = self.target(host="127.0.0.4")
        deaf = [Deaf(self, f"127.0.0.{n}", target.port) for n in (1, 2, 3)]
        before = [d.dialled() for d in deaf]
        server = self.serve_names()
        socks = self.socks(server)
        start = time.monotonic()
        with socks.dial("four.test", target.port) as sock:
            sock.sendall(b"ping")
            self.assertEqual(read_some(sock, 4), b"ping")
            self.assertLess(time.monotonic() - start, 3 * DELAY + SLACK)
            self.assert_at(server, "127.0.0.4")
            for one, own in zip(deaf, before):
                wait_for(lambda d=one, n=own: d.dialled() <= n, "the loser")

    def test_all_refuse(self):
        """The client is told why, at once."""
        server = self.serve_names()
        socks = self.socks(server)
        self.echo.close()
        self.assertIn("Connection refused",
                      socks.try_open("four.test", self.echo.port))
        self.assert_log(server, "forward 1 failed: .*: Connection refused$")


if __name__ == "__main__":
    unittest.main()

"""GrantOpen and DenyOpen: what is decided on the name, what on the address,
and that nothing is dialled but the address that passed."""

import unittest

from grants import Grants
from harness import Target, needs_ipv6, needs_root, on_portcullis
from namespaces import needs_mounts
from test_names import FakeDns, NamesCase

# All of these lead to 127.0.0.1.
SPELLINGS = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
             "0.0.0.0", "0", "::ffff:127.0.0.1", "::ffff:7f00:1"]


@on_portcullis
class GrantOpen(Grants):
    """Lists, with literal addresses and names of /etc/hosts."""

    def setUp(self):
        super().setUp()
        self.near = self.target()                    # 127.0.0.1
        self.far = self.target(host="127.1.2.3", port=self.near.port)

    def test_a_network_is_granted(self):
        """What is in the network opens, what is not is refused, and the log
        has the rule of both."""
        port = self.near.port
        for server in self.everywhere(f"GrantOpen 127.1.0.0/16:{port}"):
            self.near.peers.clear()
            socks = self.socks(server)
            self.assertEqual(socks.try_open("127.1.2.3", port), "")
            self.assert_log(server, rf"at 127\.1\.2\.3 port {port}, permitted "
                            rf"by {self.rule(server, 'GrantOpen')}$")
            self.assertRegex(socks.try_open("127.0.0.1", port),
                             server.refused)
            self.assert_denied(server, "not-permitted", "GrantOpen")
            self.assertRegex(socks.try_open("127.1.2.3", port - 1),
                             server.refused)
            self.assertEqual(self.near.peers, [])

    def test_a_range_of_ports_is_granted(self):
        """A range ends where it ends."""
        first = self.near.port
        for server in self.everywhere(
                f"GrantOpen 127.0.0.1:{first}-{first + 1}"):
            socks = self.socks(server)
            self.assertEqual(socks.try_open("127.0.0.1", first), "")
            self.assertRegex(socks.try_open("127.0.0.1", first + 2),
                             server.refused)
            self.assertRegex(socks.try_open("127.0.0.1", first - 1),
                             server.refused)

    def test_a_denied_address_is_denied_in_every_spelling(self):
        """DenyOpen looks at the address, never at the string."""
        port = self.near.port
        for server in self.everywhere("DenyOpen 127.0.0.1:*"):
            self.near.peers.clear()
            socks = self.socks(server)
            for host in SPELLINGS + ["localhost"]:
                self.assertRegex(socks.try_open(host, port), server.refused,
                                 host)
            self.assert_denied(server, "denied", "DenyOpen")
            self.assertEqual(self.near.peers, [])
            self.assertEqual(socks.try_open("127.1.2.3", port), "")

    def test_a_granted_address_is_granted_in_every_spelling(self):
        """The same for GrantOpen, but for the wildcard: that is looked at as
        itself as well, and nobody granted it."""
        port = self.near.port
        server = self.serve(f"GrantOpen 127.0.0.1:{port}")
        socks = self.socks(server)
        for host in SPELLINGS + ["localhost"]:
            if host not in ("0", "0.0.0.0"):
                self.assertEqual(socks.try_open(host, port), "", host)
        self.assertRegex(socks.try_open("127.1.2.3", port), server.refused)

    @needs_ipv6
    def test_the_wildcard_leads_to_loopback_only_where_that_may_be(self):
        """:: is ::1, and denied with it."""
        there = self.target(host="::1")
        socks = self.socks(self.serve("DenyOpen [::1]:*"))
        for host in ("::1", "::", "0:0:0:0:0:0:0:1"):
            self.assertNotEqual(socks.try_open(host, there.port), "", host)
        self.assertEqual(there.peers, [])

    def test_grants_add_up_over_blocks(self):
        """The global part and every matching block count; DenyOpen wins over
        both, PermitOpen counts beside them."""
        port = self.near.port
        server = self.serve(
            f"GrantOpen 127.1.2.3:{port}\nPermitOpen localhost:{port}",
            f"Match User {self.user.name}\n  GrantOpen 127.0.0.1:{port}\n"
            f"Match Address 127.0.0.1\n  DenyOpen 127.1.2.3:{port}\n"
            f"Match User nobody\n  DenyOpen *:*")
        socks = self.socks(server)
        self.assertEqual(socks.try_open("127.0.0.1", port), "")
        self.assertEqual(socks.try_open("localhost", port), "")
        self.assertRegex(socks.try_open("127.1.2.3", port), server.refused)
        self.assert_denied(server, "denied", "DenyOpen 127.1.2.3")

    def test_the_client_is_told_as_much_as_explain_denials_says(self):
        """brief, full and none, for a refusal by address."""
        port = self.near.port
        for word, said in (("brief", r"prohibited: not permitted$"),
                           ("full", r"not permitted: denied by .*conf:1$"),
                           ("none", r"prohibited: open failed$")):
            server = self.serve("DenyOpen 127.0.0.0/8:*\n"
                                f"ExplainDenials {word}")
            self.assertRegex(self.socks(server).try_open("localhost", port),
                             said)


class Changing(FakeDns):
    """Gives the first address once, and the second from then on."""

    def _answer(self, query, name, kind, question):
        answer = super()._answer(query, name, kind, question)
        hosts = self.names.get(name)
        if kind == 1 and hosts and len(hosts) > 1 and name == "rebind.test":
            hosts.pop(0)
        return answer


@on_portcullis
@needs_root
@needs_mounts
class GrantedNames(Grants, NamesCase):
    """Names, with a name server of ours."""

    def setUp(self):
        super().setUp()
        self.echo = self.target()   # 127.0.0.1, which is never granted here
        self.far = Target(host="127.1.2.3", port=self.echo.port)
        self.addCleanup(self.far.close)

    def names(self, names):
        """What the name server knows."""
        self.dns.close()
        self.dns = Changing(names)
        self.addCleanup(self.dns.close)

    def test_only_the_granted_address_of_a_name_is_dialled(self):
        """Of two addresses the one that passes sees a connection, wherever
        it stands in the answer."""
        self.names({"both.test": ["127.0.0.1", "127.1.2.3"],
                    "other.test": ["127.1.2.3", "127.0.0.1"]})
        for conf in ("GrantOpen 127.1.0.0/16:PORT", "DenyOpen 127.0.0.1:*"):
            for name in ("both.test", "other.test"):
                with self.subTest(conf=conf, name=name):
                    server = self.serve_names(conf)
                    socks = self.socks(server)
                    self.far.peers.clear()
                    self.assertEqual(socks.try_open(name, self.echo.port), "")
                    self.assertEqual(len(self.far.peers), 1)
                    self.assertEqual(self.echo.peers, [])
                    self.assert_log(server, r"at 127\.1\.2\.3 port")

    def test_a_granted_name_does_not_make_up_for_a_denied_address(self):
        """DenyOpen wins over a name that GrantOpen lists."""
        self.names({"inside.good.test": ["127.0.0.1"],
                    "far.good.test": ["127.1.2.3"]})
        server = self.serve_names("GrantOpen *.good.test:PORT\n"
                                  "DenyOpen 127.0.0.0/16:*")
        socks = self.socks(server)
        self.assertEqual(socks.try_open("far.good.test", self.echo.port), "")
        self.assertRegex(socks.try_open("inside.good.test", self.echo.port),
                         server.refused)
        self.assert_denied(server, "denied", "DenyOpen")
        self.assertEqual(self.echo.peers, [])

    def test_a_denied_name_is_never_resolved(self):
        """Nor one that no entry could ever grant."""
        server = self.serve_names("GrantOpen *.good.test:PORT\n"
                                  "DenyOpen bad.good.test:*")
        socks = self.socks(server)
        for name in ("bad.good.test", "BAD.good.test", "elsewhere.test"):
            self.assertRegex(socks.try_open(name, self.echo.port),
                             server.refused)
        self.assertEqual(self.dns.asked, [])

    def test_rebinding_gains_nothing(self):
        """A name server that changes its answer after the first question:
        the address that was looked at is the one that is dialled, and the
        next open is decided anew."""
        self.names({"rebind.test": ["127.1.2.3", "127.0.0.1"]})
        server = self.serve_names("GrantOpen 127.1.0.0/16:PORT")
        socks = self.socks(server)
        self.assertEqual(socks.try_open("rebind.test", self.echo.port), "")
        self.assertEqual(self.dns.names["rebind.test"], ["127.0.0.1"])
        self.assertEqual(len(self.far.peers), 1)
        self.assertRegex(socks.try_open("rebind.test", self.echo.port),
                         server.refused)
        self.assert_denied(server, "not-permitted", "GrantOpen")
        self.assertEqual(self.echo.peers, [])

    def test_a_name_is_asked_for_once(self):
        """Between the decision and the connection nothing is looked up."""
        self.names({"once.test": ["127.1.2.3"]})
        socks = self.socks(self.serve_names("GrantOpen 127.1.0.0/16:PORT\n"
                                            "AddressFamily inet"))
        self.assertEqual(socks.try_open("once.test", self.echo.port), "")
        self.assertEqual(self.dns.asked, ["once.test"])


if __name__ == "__main__":
    unittest.main()

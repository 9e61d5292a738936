"""UseDNS: who a client is by name, watched by a name server of our own that
the server under test sees in a private /etc."""

import struct
import time
import unittest

from harness import Case, Portcullis, needs_root, on_both, on_portcullis
from namespaces import needs_mounts, overlay
from test_names import FakeDns

BACK = "1.0.0.127.in-addr.arpa"


class ReverseDns(FakeDns):
    """Knows names of addresses as well, or is silent about them."""

    def __init__(self, names, back):
        self.back = back
        super().__init__(names)

    def _parse(self, query):
        name, kind, question = super()._parse(query)
        silent = kind == 12 and self.back is None
        return ("silent" if silent else name), kind, question

    def _answer(self, query, name, kind, question):
        if kind != 12 or not self.back:
            return super()._answer(query, name, kind, question)
        rdata = b"".join(bytes([len(label)]) + label.encode()
                         for label in self.back.split(".")) + b"\0"
        head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0)
        return head + question + b"\xc0\x0c" + struct.pack(
            ">HHIH", 12, 1, 0, len(rdata)) + rdata


class DnsCase(Case):
    """A server whose name server is ours."""

    def serve_dns(self, conf, back="friend.test", **kw):
        """A running server; back is the name of 127.0.0.1."""
        dns = ReverseDns({"friend.test": ["127.0.0.1"],
                          "liar.test": ["127.0.0.9"]}, back)
        self.addCleanup(dns.close)
        server = self.prepare(conf, **kw)
        files = {"resolv.conf": f"nameserver {dns.host}\n"
                 "options timeout:9 attempts:1\n",
                 "hosts": "192.0.2.1 nobody\n",
                 "nsswitch.conf": "passwd: files\ngroup: files\n"
                 "shadow: files\nhosts: files dns\nservices: files\n"}
        for name, text in files.items():
            (server.dir / name).write_text(text)
            (server.dir / name).chmod(0o644)
        server.prefix = overlay({f"/etc/{name}": server.dir / name
                                 for name in files})
        return server.start()

    def login(self, server):
        """Does the login work?"""
        return self.ssh(server, "--", "true").returncode == 0


@on_both
@needs_root
@needs_mounts
class UseDns(DnsCase):
    """Names in AllowUsers, Match Host and from=."""

    def test_name_in_allow_users(self):
        """The confirmed name counts in AllowUsers user@host."""
        allow = f"AllowUsers {self.user.name}@friend.test"
        self.assertTrue(self.login(self.serve_dns(f"UseDNS yes\n{allow}")))
        plain = self.serve_dns(f"UseDNS no\n{allow}")
        self.assertFalse(self.login(plain))
        self.assert_log(plain, rf"User {self.user.name} from 127\.0\.0\.1 "
                        "not allowed because not listed in AllowUsers")

    def test_log_says_the_name(self):
        """A refusal by the lists names the host."""
        server = self.serve_dns(
            f"UseDNS yes\nDenyUsers {self.user.name}@*.test",
            back="FRIEND.test")
        self.assertFalse(self.login(server))
        self.assert_log(server, rf"User {self.user.name} from friend\.test "
                        "not allowed because listed in DenyUsers")

    def test_name_in_match_and_key(self):
        """Match Host and from= see the name."""
        server = self.serve_dns(
            "UseDNS yes", match="Match Host friend.test\nMaxAuthTries 3\n"
            "Match Host *,!friend.test\nPubkeyAuthentication no",
            keys='from="friend.test" ' + self.world.public())
        self.assertTrue(self.login(server))

    def test_name_that_does_not_lead_back(self):
        """A name of another address does not count, and is logged."""
        server = self.serve_dns(
            f"UseDNS yes\nAllowUsers {self.user.name}@liar.test",
            back="liar.test")
        self.assertFalse(self.login(server))
        self.assert_log(server, r"Address 127\.0\.0\.1 maps to liar\.test, "
                        "but this does not map back to the address")

    def test_name_that_leads_nowhere(self):
        """A name without any address does not count either."""
        server = self.serve_dns(
            f"UseDNS yes\nAllowUsers {self.user.name}@127.0.0.1",
            back="gone.test")
        self.assertTrue(self.login(server))
        self.assert_log(server, r"reverse mapping checking getaddrinfo for "
                        r"gone\.test \[127\.0\.0\.1\] failed")

    def test_name_that_looks_like_an_address(self):
        """Nobody becomes another address by a name."""
        server = self.serve_dns(
            f"UseDNS yes\nAllowUsers {self.user.name}@10.0.0.1",
            back="10.0.0.1")
        self.assertFalse(self.login(server))
        self.assert_log(server, r'Nasty PTR record "10\.0\.0\.1" is set up '
                        r"for 127\.0\.0\.1, ignoring")

    def test_no_name(self):
        """Without a name the address counts."""
        server = self.serve_dns(
            f"UseDNS yes\nAllowUsers {self.user.name}@127.0.0.0/8", back="")
        self.assertTrue(self.login(server))


@on_portcullis
@needs_root
@needs_mounts
class SilentDns(DnsCase):
    """A name server that does not answer."""

    server_class = Portcullis

    def test_waiting_has_an_end(self):
        """After some seconds the address counts; nothing is left behind."""
        server = self.serve_dns("UseDNS yes", back=None)
        start = time.monotonic()
        self.assertTrue(self.login(server))
        self.assertLess(time.monotonic() - start, 8)
        self.assert_log(server, "looking up the name of 127.0.0.1 takes too "
                        "long")
        server.wait_idle()


if __name__ == "__main__":
    unittest.main()

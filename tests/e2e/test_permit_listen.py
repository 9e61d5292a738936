"""Which listeners are granted: PermitListen and permitlisten=, row by row."""

import re
import unittest

from harness import Case, free_port, listening, on_both

# configuration, key options, request, granted?   P is a free port, Q another.
TABLE = [
    ("no list", "", "", "localhost:P", True),
    ("exact entry", "PermitListen localhost:P", "", "localhost:P", True),
    ("what -R PORT asks for", "PermitListen localhost:P", "", "P", True),
    ("another port", "PermitListen localhost:Q", "", "localhost:P", False),
    ("a bare port is any host", "PermitListen P", "", "127.0.0.1:P", True),
    ("a bare port and a name", "PermitListen P", "", "localhost:P", True),
    ("three strings, not one", "PermitListen localhost:P", "",
     "127.0.0.1:P", False),
    ("the request is lower-cased", "PermitListen localhost:P", "",
     "LOCALHOST:P", True),
    ("the entry is not", "PermitListen LOCALHOST:P", "", "localhost:P",
     False),
    ("host glob", "PermitListen 127.0.0.?:P", "", "127.0.0.1:P", True),
    ("host glob without match", "PermitListen 127.1.*:P", "",
     "127.0.0.1:P", False),
    ("any port", "PermitListen localhost:*", "", "localhost:P", True),
    ("any port allows port 0", "PermitListen localhost:*", "",
     "localhost:0", True),
    ("a given port does not allow port 0", "PermitListen localhost:P", "",
     "localhost:0", False),
    ("the wildcard request needs *", "PermitListen *:P", "", "*:P", True),
    ("and nothing else", "PermitListen localhost:P", "", "*:P", False),
    ("checked before GatewayPorts rewrites",
     "PermitListen 192.0.2.1:P", "", "192.0.2.1:P", True),
    ("two entries", "PermitListen localhost:Q localhost:P", "",
     "localhost:P", True),
    ("the first line wins", "PermitListen localhost:Q\n"
     "PermitListen localhost:P", "", "localhost:P", False),
    ("any", "PermitListen any", "", "localhost:P", True),
    ("none", "PermitListen none", "", "localhost:P", False),
    ("a key's entry", "", 'permitlisten="localhost:P"', "localhost:P", True),
    ("a key's bare port", "", 'permitlisten="P"', "127.0.0.1:P", True),
    ("a key's other entry", "", 'permitlisten="localhost:Q"',
     "localhost:P", False),
    ("both must hold", "PermitListen localhost:P",
     'permitlisten="localhost:Q"', "localhost:P", False),
    ("a key's list is no grant", "PermitListen none",
     'permitlisten="localhost:P"', "localhost:P", False),
    ("restricted", "", "restrict", "localhost:P", False),
    ("restricted, given back", "", "restrict,port-forwarding",
     "localhost:P", True),
    ("no forwarding", "", 'no-port-forwarding,permitlisten="localhost:P"',
     "localhost:P", False),
    ("everything off", "DisableForwarding yes", "", "localhost:P", False),
    ("a list for -L says nothing here", "PermitOpen none", "",
     "localhost:P", True),
    ("permitopen= says nothing here", "", 'permitopen="localhost:1"',
     "localhost:P", True),
]


@on_both
class PermitListen(Case):
    """The table; one login a row, since a refusal ends it."""

    def test_table(self):
        """What listens is what the table says."""
        for what, conf, options, request, may in TABLE:
            with self.subTest(what):
                port = free_port()
                self._row(*(self._ports(t, port) for t in (
                    conf, options, request)), port, may)

    @staticmethod
    def _ports(text, port):
        text = re.sub(r"\bP\b", str(port), text)
        return re.sub(r"\bQ\b", str(port + 1), text)

    def _row(self, conf, options, request, port, may):
        key = f"{options} {self.world.public()}".strip()
        server = self.serve(conf, keys=key)
        words = ["-N", "-R", f"{request}:127.0.0.1:9"]
        if may and request.endswith(":0"):
            self.hold(server, *words[1:]).wait_err("Allocated port")
        elif may:
            self.hold(server, *words[1:], ready=port)
        else:
            got = self.ssh(server, *words,
                           options=["ExitOnForwardFailure=yes"])
            self.assertIn(b"remote port forwarding failed", got.stderr)
            self.assertEqual(got.returncode, 255)
            self.assertFalse(listening(port))
        server.stop()


if __name__ == "__main__":
    unittest.main()

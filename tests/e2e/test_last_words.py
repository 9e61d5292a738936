"""What a session has to say when it ends with very many forwards open: more
than its link to the monitor takes at once."""

import re
import unittest

import handmade
from handmade import message
from harness import LIGHT, on_portcullis
from test_ceilings import Ceilings, allow_files

MANY = 5000             # reports; a socket's buffer has room for about 3,000
BY_APPLICATION = 11     # RFC 4253 section 11.1


@unittest.skipIf(LIGHT, "many descriptors, and no new code beside test_ends")
@on_portcullis
class LastWords(Ceilings):
    def test_each_forward_is_accounted_for(self):
        """The bytes of every forward are in the log, and the client's own
        words for leaving."""
        allow_files(self, 3 * MANY)
        server, client, port = self.begin(f"MaxForwards {MANY}")
        granted, _ = self.open_many(client, port, MANY)
        self.assertEqual(len(granted), MANY)
        client.send(message(handmade.DISCONNECT, BY_APPLICATION, "bye", ""))
        client.close()
        server.wait_idle(30)
        closed = re.findall(r"forward \d+ closed.*", server.log())
        self.assertEqual(len(closed), MANY)
        self.assertEqual([c for c in closed if "unknown" in c], [])
        self.assert_log(server, r"Received disconnect .*11: bye")

"""Requests that are sent before the last one was answered, answers in odd
places, and what may wait for what: nobody is forgotten, nobody is blocked."""

import os
import re
import signal
import socket
import time
import unittest

import handmade
from handmade import (ADJUST, CLOSE, DATA, EXTENDED_DATA, GLOBAL_FAILED,
                      GLOBAL_OK, OPEN, OPENED, OPEN_FAILED, REQUEST,
                      REQUEST_FAILED, REQUEST_OK, WINDOW, direct, keepalive,
                      listen, message, odd_open)
from harness import (Case, ask, dial, needs_root, on_both, on_portcullis,
                     open_files, program_of, wait_for)

BURST = 300  # requests that no client would have to hold back


def process_of(server, program):
    """The process of this program in the only connection."""
    found = [p for p in server.processes() if program_of(p) == program]
    assert len(found) == 1, [program_of(p) for p in server.processes()]
    return found[0]


class Handmade(Case):
    """Tests with a client that does only what it is told."""

    def login(self, server):
        """A logged-in client that ends with the test."""
        client = handmade.Client(server)
        self.addCleanup(client.close)
        return client.login()

    def queue(self, backlog=1024):
        """The port of a target whose connections nobody accepts."""
        sock = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.addCleanup(sock.close)
        return sock.getsockname()[1]

    def peer(self, port):
        """Somebody who connects to a listener of the server."""
        sock = dial(port)
        self.addCleanup(sock.close)
        return sock


@on_both
class Pipelined(Handmade):
    """Every request of a burst is answered, without another being needed."""

    def assert_all_answered(self, server, payloads, *answers):
        """As many answers as requests, and the connection lives."""
        client = self.login(server)
        client.pipeline(payloads)
        self.assertEqual(client.count(len(payloads), *answers),
                         len(payloads))
        client.send(keepalive())
        client.get(GLOBAL_OK, GLOBAL_FAILED)

    def test_two_logins_at_once(self):
        """A login request behind one that succeeds is passed over, and what
        is asked after it is answered."""
        client = handmade.Client(self.serve())
        self.addCleanup(client.close)
        request = client.ask_service().login_request()
        client.send(request, request)
        client.get(handmade.AUTH_SUCCESS)
        client.send(keepalive())
        client.get(GLOBAL_OK, GLOBAL_FAILED)
        self.assertTrue(client.listen())

    def test_opens_of_all_kinds(self):
        """300 opens, permitted or not, with one between them each of a type
        that is never granted, are all answered."""
        for conf, answers in (("", (OPENED, OPEN_FAILED)),
                              ("PermitOpen none", (OPEN_FAILED,))):
            with self.subTest(conf):
                port = self.queue()
                both = [made for chan in range(0, 2 * BURST, 2)
                        for made in (direct(chan, port), odd_open(chan + 1))]
                self.assert_all_answered(self.serve(conf), both, *answers)

    def test_opens_of_no_known_type(self):
        """1000 opens of a type that is never granted are all refused."""
        self.assert_all_answered(
            self.serve(), [odd_open(chan) for chan in range(1000)],
            OPEN_FAILED)

    def test_keepalives(self):
        """2000 keepalives from a client that reads are all answered."""
        self.assert_all_answered(self.serve(), [keepalive()] * 2000,
                                 GLOBAL_OK, GLOBAL_FAILED)

    def test_listens(self):
        """300 listens are all answered."""
        self.assert_all_answered(self.serve(), [listen()] * BURST,
                                 GLOBAL_OK, GLOBAL_FAILED)

    def test_stock_client_with_many_listens(self):
        """ssh with 300 -R hears of each and stays, and one that was granted
        forwards."""
        target, words = self.target(), []
        for port in (target.port, *range(1, BURST)):  # none equals another
            words += ["-R", f"127.0.0.1:0:127.0.0.1:{port}"]
        client = self.client(self.serve(), "-v", "-N", *words)

        def answers():
            ended = client.process.poll() is not None
            self.assertFalse(ended, client.err()[-500:])
            return re.findall("remote forward (?:success|failure) for:",
                              client.err())
        wait_for(lambda: len(answers()) == BURST, "all answers")
        port = re.search(r"Allocated port (\d+) for remote forward to "
                         f"127.0.0.1:{target.port}\\b", client.err())[1]
        self.assertEqual(ask(int(port)), b"ping")
        self.assertIsNone(client.process.poll())


@on_both
class Channels(Handmade):
    """What a single channel may do at odd moments."""

    def test_requests_on_a_forward(self):
        """A channel request on a forward is refused, as PuTTY needs it for
        its window, and the forward goes on."""
        client, target = self.login(self.serve()), self.target()
        chan = client.open(direct(7, target.port))
        for kind in ("winadj@putty.projects.tartarus.org", "shell", ""):
            with self.subTest(kind):
                client.send(message(REQUEST, chan, kind, True))
                self.assertEqual(client.get(REQUEST_OK, REQUEST_FAILED),
                                 message(REQUEST_FAILED, 7))
        client.send(message(DATA, chan, b"ping"))
        self.assertEqual(client.get(DATA), message(DATA, 7, b"ping"))

    def test_words_that_wait_for_a_window(self):
        """What goes to stderr still does when the window was 0 at first."""
        client = self.login(self.serve())
        chan = client.open(message(OPEN, "session", 1, 0, 32768))
        client.send(message(REQUEST, chan, "exec", True, "exec no-such-word"))
        client.get(REQUEST_OK)
        time.sleep(0.3)
        client.send(message(ADJUST, chan, WINDOW))
        got = client.get(DATA, EXTENDED_DATA)
        self.assertEqual(got[:9], message(EXTENDED_DATA, 1, 1))


@on_portcullis
class Offers(Handmade):
    """Channels that the server offers for a remote forward."""

    def test_pending_listen_blocks_no_offer(self):
        """While a listen waits for the dialer, a channel that was accepted
        carries data."""
        server = self.serve()
        client = self.login(server)
        peer = self.peer(client.listen())
        chan = client.offered()
        dialer = process_of(server, "portcullis-dialer")
        os.kill(dialer, signal.SIGSTOP)
        self.addCleanup(os.kill, dialer, signal.SIGCONT)
        client.send(listen())
        time.sleep(0.3)
        client.send(message(OPENED, chan, 77, WINDOW, 32768))
        peer.sendall(b"hello")
        self.assertEqual(client.get(DATA, limit=5),
                         message(DATA, 77, b"hello"))
        os.kill(dialer, signal.SIGCONT)
        client.get(GLOBAL_OK)

    @needs_root
    def test_closing_what_was_never_confirmed(self):
        """A client that closes an offer instead of answering it leaves no
        descriptor behind once the peer has left."""
        server = self.serve()
        client = self.login(server)
        port, session = client.listen(), process_of(server,
                                                    "portcullis-session")
        before = open_files(session)
        peers = []
        for _ in range(20):
            peers.append(self.peer(port))
            client.send(message(CLOSE, client.offered()))
        for peer in peers:
            peer.close()
        wait_for(lambda: open_files(session) <= before + 1,
                 "the descriptors of 20 offers", 5)

    def test_answering_an_offer_twice(self):
        """A second refusal of the same offer is no alarm: the connection and
        its listener stay."""
        server = self.serve()
        client = self.login(server)
        port = client.listen()
        self.peer(port)
        refusal = message(OPEN_FAILED, client.offered(), 1, "no", "")
        client.send(refusal, refusal)
        self.peer(port)
        self.assertGreater(client.offered(), -1)
        client.send(keepalive())
        client.get(GLOBAL_OK, GLOBAL_FAILED)
        self.assertNotIn("error", server.log())


if __name__ == "__main__":
    unittest.main()

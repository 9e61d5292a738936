"""Opens that nobody waits for any more, and opens beside many that wait."""

import os
import signal
import socket
import struct
import time
import unittest

import handmade
from grants import Deaf
from handmade import (CLOSE, DATA, EOF, OPEN_FAILED, OPENED, PACKET, WINDOW,
                      message, number, string_at)
from harness import (LIGHT, Case, dial, needs_root, on_portcullis, open_files,
                     wait_for)
from namespaces import needs_mounts
from test_names import NamesCase
from test_order import process_of

HANGING = 64
LOOKUPS = 256           # server/limits.h
AT_ONCE = 2 if LIGHT else 0.5   # seconds, on a machine with other work


def threads(pid):
    """How many threads a process has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def direct(chan, host, port):
    """The open of a channel to a host."""
    return message(handmade.OPEN, "direct-tcpip", chan, WINDOW, PACKET, host,
                   port, "127.0.0.1", 1)


@on_portcullis
class Dials(Case):
    """A target that does not answer, and a client that leaves."""

    def assert_nobody_dials(self, end, conf=""):
        """After end(client) no socket is left that dials."""
        deaf = Deaf(self)
        before = deaf.dialled()
        server = self.serve(conf)
        socks = self.socks(server)
        waiting = [socks.begin("127.0.0.1", deaf.port) for _ in range(5)]
        wait_for(lambda: deaf.dialled() == before + 5, "the SYNs")
        end(socks.client)
        wait_for(lambda: deaf.dialled() <= before, "the dials to end", 5)
        server.wait_idle()
        self.assert_log(server, "failed: .*: the connection ended", 5)
        for sock in waiting:
            sock.close()

    def test_a_client_that_says_goodbye(self):
        """Its dials end with it."""
        self.assert_nobody_dials(lambda client: client.stop(signal.SIGTERM))

    def test_a_client_that_is_killed(self):
        """So do those of one that says nothing."""
        self.assert_nobody_dials(lambda client: client.stop(signal.SIGKILL))

    def test_the_end_of_its_lifetime(self):
        """And of one that has to leave."""
        self.assert_nobody_dials(lambda client: client.wait(),
                                 "MaxConnectionLifetime 2")

    @needs_root
    def test_the_dialer_is_left_clean(self):
        """Dials that were given up leave no descriptor in it."""
        deaf, server = Deaf(self), self.serve("ConnectTimeout 1")
        client, target = handmade.Client(server).login(), self.target()
        self.addCleanup(client.close)
        client.open(handmade.direct(0, target.port))
        dialer = process_of(server, "portcullis-dialer")
        before = open_files(dialer)
        client.send(*[handmade.direct(n, deaf.port) for n in range(1, 41)])
        wait_for(lambda: open_files(dialer) == before + 40, "40 dials")
        self.assertEqual(client.count(40, OPEN_FAILED), 40)
        wait_for(lambda: open_files(dialer) <= before, "the descriptors", 5)


@on_portcullis
@needs_root
@needs_mounts
class Lookups(NamesCase):
    """A name server that takes its time."""

    def connect(self, conf=""):
        """A handmade client with a dialer, and the dialer's process."""
        server = self.serve_names(conf)
        client = handmade.Client(server).login()
        self.addCleanup(client.close)
        client.open(handmade.direct(0, self.echo.port))
        return client, process_of(server, "portcullis-dialer")

    def test_an_answer_after_the_timeout(self):
        """It dials nobody, and its threads end with it."""
        self.dns.names["late.test"] = ["127.0.0.1"]
        client, dialer = self.connect("ConnectTimeout 1")
        before = threads(dialer), open_files(dialer), len(self.echo.peers)
        client.send(*[direct(n, "late.test", self.echo.port)
                      for n in range(1, 11)])
        self.assertEqual(client.count(10, OPEN_FAILED), 10)
        self.assertEqual(threads(dialer), before[0] + 10)
        self.dns.release()
        wait_for(lambda: threads(dialer) == before[0], "the threads")
        wait_for(lambda: open_files(dialer) == before[1], "the descriptors")
        client.open(direct(11, "late.test", self.echo.port))
        wait_for(lambda: len(self.echo.peers) > before[2], "the connection")
        self.assertEqual(len(self.echo.peers), before[2] + 1)

    def open_in(self, client, chan, host):
        """The seconds that an open takes, which must be granted."""
        start = time.monotonic()
        client.open(direct(chan, host, self.echo.port))
        return time.monotonic() - start

    def test_names_that_hang_delay_no_other_open(self):
        """64 of them beside a name and a number."""
        client, dialer = self.connect()
        client.send(*[direct(n, f"silent{n}.test", 80)
                      for n in range(1, HANGING + 1)])
        for chan, host in ((100, "127.0.0.1"), (101, "good.test")):
            self.assertLess(self.open_in(client, chan, host), AT_ONCE, host)
        self.assertGreater(threads(dialer), HANGING)

    def test_the_ceiling(self):
        """One name more than may be looked up is refused, with words; a
        number is not."""
        client, dialer = self.connect("ConnectTimeout 0")
        client.send(*[direct(n, f"silent{n}.test", 80)
                      for n in range(1, LOOKUPS + 1)])
        wait_for(lambda: threads(dialer) > LOOKUPS, "the threads")
        client.send(direct(1000, "good.test", self.echo.port))
        got = client.get(OPENED, OPEN_FAILED, limit=AT_ONCE)
        self.assertEqual((got[0], number(got, 0), number(got, 1)),
                         (OPEN_FAILED, 1000, 4))
        self.assertIn(b"Resource temporarily unavailable",
                      string_at(got, 9)[0])
        self.assertLess(self.open_in(client, 1001, "127.0.0.1"), AT_ONCE)


@on_portcullis
@needs_root
class Offers(Case):
    """The other way: a connection to a listener that ends before the client
    has said yes to it."""

    def begin(self):
        """A client with a listener, the session and its descriptors, and a
        connection that is offered."""
        server = self.serve()
        client = handmade.Client(server).login()
        self.addCleanup(client.close)
        port, session = client.listen(), process_of(server,
                                                    "portcullis-session")
        before = open_files(session)
        peer = dial(port)
        self.addCleanup(peer.close)
        return client, peer, client.offered(), (session, before)

    def assert_released(self, watched):
        """The session holds no descriptor for it any more."""
        session, before = watched
        wait_for(lambda: open_files(session) <= before, "the descriptor", 5)

    def test_the_peer_has_spoken_and_gone(self):
        """What it said is delivered, then the end."""
        client, peer, chan, watched = self.begin()
        peer.sendall(b"hello")
        peer.close()
        client.send(message(OPENED, chan, 7, WINDOW, PACKET))
        self.assertEqual(client.get(DATA, EOF), message(DATA, 7, b"hello"))
        client.get(EOF)
        client.send(message(EOF, chan), message(CLOSE, chan))
        client.get(CLOSE)
        self.assert_released(watched)

    def test_the_peer_has_reset(self):
        """The channel is closed as soon as it is open."""
        client, peer, chan, watched = self.begin()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        peer.close()
        client.send(message(OPENED, chan, 7, WINDOW, PACKET))
        client.get(CLOSE)
        client.send(message(CLOSE, chan))
        self.assert_released(watched)

    def test_the_client_says_no(self):
        """Nothing is kept for a peer that has gone meanwhile."""
        client, peer, chan, watched = self.begin()
        peer.close()
        client.send(message(OPEN_FAILED, chan, 2, "no", ""))
        self.assert_released(watched)

    def test_the_client_leaves(self):
        """The whole connection ends, offers included."""
        client, peer, _, _ = self.begin()
        client.close()
        self.servers[-1].wait_idle()
        self.assertEqual(peer.recv(1), b"")


if __name__ == "__main__":
    unittest.main()

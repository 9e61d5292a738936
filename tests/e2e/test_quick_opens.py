"""Opens in quick succession: the monitor connects sockets that the dialer made
ahead.  Nobody can tell by their owner, their errors or their log lines."""

import contextlib
import os
import signal
import socket
import unittest

import handmade
from grants import Deaf
from handmade import (OPEN_FAILED, OPENED, PACKET, WINDOW, message, number,
                      string_at)
from harness import (Case, needs_ipv6, needs_root, on_portcullis, open_files,
                     wait_for)
from test_order import process_of

STOCK, FIRST, ROW = 32, 8, 60       # server/limits.h, and a row of opens


def direct(chan, port, host="127.0.0.1"):
    """The open of a channel to a port of this machine."""
    return message(handmade.OPEN, "direct-tcpip", chan, WINDOW, PACKET, host,
                   port, "127.0.0.1", 1)


def owners(port, table="/proc/net/tcp"):
    """The uids of sockets that are connected to this port."""
    found = []
    with open(table, encoding="ascii") as lines:
        for line in lines.readlines()[1:]:
            fields = line.split()
            if (int(fields[2].split(":")[1], 16) == port and
                    fields[3] == "01"):
                found.append(int(fields[7]))
    return found


@contextlib.contextmanager
def stopped(pid):
    """A process that does nothing meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Quick(Case):
    """A client by hand, and the processes that serve it."""

    def begin(self, conf="", host="127.0.0.1"):
        """A logged-in client that has opened one channel to a service."""
        self.server, self.echo = self.serve(conf), self.target(host=host)
        self.peer = handmade.Client(self.server).login()
        self.addCleanup(self.peer.close)
        self.chan = 0
        self.open(host)
        self.monitor = process_of(self.server, "portcullis-monitor")
        self.dialer = process_of(self.server, "portcullis-dialer")
        self.before = open_files(self.monitor)

    def open(self, host="127.0.0.1", port=None):
        """One that must be granted."""
        self.chan += 1
        self.peer.open(direct(self.chan, port or self.echo.port, host))

    def fill(self, host="127.0.0.1"):
        """Opens until the stock is full."""
        for _ in range(FIRST):
            self.open(host)
        wait_for(lambda: open_files(self.monitor) >= self.before + STOCK // 2,
                 "the stock")

    def refusal(self, port):
        """The reason and the words of an open that must be refused."""
        self.chan += 1
        self.peer.send(direct(self.chan, port))
        got = self.peer.get(OPENED, OPEN_FAILED)
        self.assertEqual((got[0], number(got, 0)), (OPEN_FAILED, self.chan))
        return number(got, 1), string_at(got, 9)[0]

    def refusing_port(self):
        """A port that nobody listens on, as long as the test runs."""
        sock = socket.socket()
        self.addCleanup(sock.close)
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@on_portcullis
@needs_root
class QuickOpens(Quick):
    """What the opens themselves are like."""

    def test_the_sockets_are_the_users(self):
        """All of a row belong to who is logged in, whoever
        has connected them."""
        self.begin()
        for _ in range(ROW):
            self.open()
        self.assertEqual(owners(self.echo.port), [self.user.uid] * (ROW + 1))
        self.assert_log(self.server, r"forward \d+ opened: .* at 127.0.0.1",
                        ROW + 1)

    def test_the_dialer_is_not_waited_for(self):
        """With a stock, opens are granted while it sleeps."""
        self.begin()
        self.fill()
        with stopped(self.dialer):
            for _ in range(FIRST):
                self.open()
        self.assertEqual(set(owners(self.echo.port)), {self.user.uid})

    @needs_ipv6
    def test_ipv6(self):
        """It has a stock of its own."""
        self.begin(host="::1")
        self.fill("::1")
        with stopped(self.dialer):
            for _ in range(FIRST):
                self.open("::1")
        self.assertEqual(owners(self.echo.port, "/proc/net/tcp6"),
                         [self.user.uid] * (2 * FIRST + 1))
        self.assert_log(self.server, r"forward \d+ opened: .* at ::1 port",
                        2 * FIRST + 1)

    def test_a_few_opens_keep_nothing(self):
        """Nobody pays for a stock who opens a channel now and then."""
        self.begin()
        for _ in range(FIRST - 2):
            self.open()
        self.peer.send(handmade.keepalive())
        self.peer.get(handmade.GLOBAL_OK, handmade.GLOBAL_FAILED)
        self.assertLessEqual(open_files(self.monitor), self.before + 1)

    def test_an_idle_stock_is_closed(self):
        """A few seconds after the last open, in both processes."""
        self.begin()
        dialer = open_files(self.dialer)
        for _ in range(ROW):
            self.open()
        wait_for(lambda: open_files(self.monitor) <= self.before,
                 "the stock to be closed")
        self.assertLessEqual(open_files(self.dialer), dialer)
        self.fill()     # and it comes again


@on_portcullis
@needs_root
class QuickFailures(Quick):
    """What fails is told in the same way on both ways."""

    def test_a_refused_port(self):
        """The same reason, words and line of the log."""
        self.begin()
        port = self.refusing_port()
        slow = self.refusal(port)
        self.fill()
        with stopped(self.dialer):
            self.assertEqual(self.refusal(port), slow)
            self.open()
        self.assertEqual(slow, (2, b"Connection refused"))
        self.assert_log(self.server, r"forward \d+ failed: .* "
                        rf"port {port}: Connection refused$", 2)

    def test_what_policy_denies(self):
        """It is denied as ever, and nobody is dialled."""
        self.begin("DenyOpen 127.0.0.2:*")
        other = self.target(host="127.0.0.2", port=self.echo.port)
        self.fill()
        self.chan += 1
        self.peer.send(direct(self.chan, other.port, "127.0.0.2"))
        self.assertEqual(number(self.peer.get(OPEN_FAILED), 1), 1)
        self.assert_log(self.server, "but the request was denied; .* denied by")
        self.open()
        self.assertEqual(other.peers, [])

    def test_a_target_that_does_not_answer(self):
        """ConnectTimeout ends it, with its socket."""
        self.begin("ConnectTimeout 1")
        deaf = Deaf(self)
        before = deaf.dialled()
        self.fill()
        with stopped(self.dialer):
            self.chan += 1
            self.peer.send(direct(self.chan, deaf.port))
            wait_for(lambda: deaf.dialled() > before, "the SYN")
            self.open()
            got = self.peer.get(OPEN_FAILED)
            self.assertEqual(number(got, 1), 2)
            self.assertEqual(string_at(got, 9)[0], b"Connection timed out")
            wait_for(lambda: deaf.dialled() <= before, "the socket to close")
        self.assert_log(self.server, r"forward \d+ failed: .*not connected "
                        r"after 1 seconds, ConnectTimeout by")

    def test_a_client_that_leaves(self):
        """What was dialled for it ends with it."""
        self.begin()
        deaf = Deaf(self)
        before = deaf.dialled()
        self.fill()
        for _ in range(3):
            self.chan += 1
            self.peer.send(direct(self.chan, deaf.port))
        wait_for(lambda: deaf.dialled() == before + 3, "the SYNs")
        self.peer.close()
        wait_for(lambda: deaf.dialled() <= before, "the dials to end")
        self.server.wait_idle()
        self.assert_log(self.server, "failed: .*: the connection ended", 3)

    def test_a_dialer_that_is_killed(self):
        """The stock goes with it; what is dialled already goes on, and what
        comes then has a new one."""
        self.begin()
        deaf = Deaf(self)
        before = deaf.dialled()
        self.fill()
        with stopped(self.dialer):
            self.chan += 1
            waiting = self.chan
            self.peer.send(direct(waiting, deaf.port))
            wait_for(lambda: deaf.dialled() > before, "the SYN")
        os.kill(self.dialer, signal.SIGKILL)
        self.assert_log(self.server, "lost the dialer")
        wait_for(lambda: open_files(self.monitor) <= self.before + 1,
                 "the stock to be closed")
        for _ in range(ROW):
            self.open()
        self.assertEqual(set(owners(self.echo.port)), {self.user.uid})
        deaf.sock.listen(64)    # the next SYN is answered
        self.assertEqual(number(self.peer.get(OPENED), 0), waiting)


if __name__ == "__main__":
    unittest.main()

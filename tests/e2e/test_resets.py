"""Targets that accept and reset at once, as a firewall or a crashing service
does: that forward ends, and nothing else."""

import socket
import struct
import unittest

import handmade
from handmade import (CLOSE, DATA, OPENED, OPEN_FAILED, direct, message,
                      number)
from harness import Case, Target, ask, dial, free_port, on_both, read_all

ROUNDS, AT_ONCE = 15, 20  # 300 connections, some of them together


class Slam(Target):
    """Resets each connection as soon as it has been accepted, in the same
    thread: often before the server has looked at its end."""

    def _accept(self):
        # What is accepted inherits this from the listening socket.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        while True:
            try:
                self.sock.accept()[0].close()
            except OSError:
                return


@on_both
class Resets(Case):
    """One target resets all the time, another one works."""

    def end(self, client, answer):
        """Close a channel that was granted."""
        if answer[0] == OPENED:
            client.send(message(CLOSE, number(answer, 1)))

    def test_one_forward_among_others(self):
        """300 opens of a target that resets are all answered, and a forward
        beside them goes on."""
        server = self.serve()
        bad, good = self.target(Slam), self.target()
        client = handmade.Client(server).login()
        self.addCleanup(client.close)
        other = client.open(direct(1000, good.port))
        for _ in range(ROUNDS):
            client.send(*[direct(chan, bad.port) for chan in range(AT_ONCE)])
            for _ in range(AT_ONCE):
                self.end(client, client.get(OPENED, OPEN_FAILED))
        client.send(message(DATA, other, b"ping"))
        self.assertEqual(client.get(DATA), message(DATA, 1000, b"ping"))
        self.assertNotIn("error: ending", server.log())

    def test_stock_client(self):
        """ssh -L to a target that resets gives each peer its end, and the
        client and another -L stay."""
        server = self.serve()
        bad, good = self.target(Slam), self.target()
        ports = free_port(), free_port()
        words = []
        for port, target in zip(ports, (bad, good)):
            words += ["-L", f"127.0.0.1:{port}:127.0.0.1:{target.port}"]
        client = self.hold(server, *words, ready=ports[1])
        for _ in range(ROUNDS):
            socks = [dial(ports[0]) for _ in range(AT_ONCE)]
            for sock in socks:
                with sock:
                    self.assertEqual(read_all(sock), b"")
        self.assertEqual(ask(ports[1]), b"ping")
        self.assertIsNone(client.process.poll(), client.err())


if __name__ == "__main__":
    unittest.main()

"""Much data, many channels and slow readers on one connection."""

import hashlib
import socket
import threading
import time
import unittest

from harness import (FULL, LIGHT, Bulk, Case, Stuck, ask, dial, exchange,
                     free_port, memory_kib, on_both, read_some, wait_for)

MB = 1 << 20
SIZE = (10 if LIGHT else 100) * MB
CHANNELS = 300


@on_both
class Bulk100(Case):
    """-L and -R on one connection, both directions at once."""

    def test_bulk_with_rekeys(self):
        """100 MB up and down through -L and through -R at the same time,
        while RekeyLimit 5M fires, arrive unaltered."""
        server = self.serve("RekeyLimit 5M")
        near, far = self.target(Bulk, size=SIZE), self.target(Bulk, size=SIZE)
        local, remote = free_port(), free_port()
        client = self.hold(
            server, "-v", "-L", f"{local}:127.0.0.1:{near.port}", "-R",
            f"{remote}:127.0.0.1:{far.port}", ready=local)
        client.wait_listening(remote)
        results = {}

        def carry(port):
            with dial(port, limit=120) as sock:
                results[port] = exchange(sock, SIZE)

        threads = [threading.Thread(target=carry, args=(port,), daemon=True)
                   for port in (local, remote)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        wait_for(lambda: near.got and far.got, "both targets", 60)
        for port, target in ((local, near), (remote, far)):
            self.assertEqual(results[port], (target.got[0], target.sent[0]))
        self.assertGreater(client.err().count("SSH2_MSG_NEWKEYS received"), 3)


@on_both
class ManyChannels(Case):
    """One connection with as many channels as people really use."""

    def test_concurrent_channels(self):
        """300 channels stand at once and each has its own bytes."""
        server, target = self.serve(), self.target()
        port = self.local(server, target)
        socks = []
        try:
            for number in range(CHANNELS):
                sock = dial(port)
                sock.sendall(b"%06d" % number)
                socks.append(sock)
            for number, sock in enumerate(socks):
                self.assertEqual(read_some(sock, 6), b"%06d" % number)
            self.assertEqual(target.open, CHANNELS)
        finally:
            for sock in socks:
                sock.close()
        wait_for(lambda: target.open == 0, "every channel to end")

    def test_many_channels_with_data(self):
        """60 channels that all carry data at once mix nothing up."""
        port = self.local(self.serve(), self.target())
        bad = []

        def carry(seed):
            block = hashlib.sha256(b"%d" % seed).digest() * 4096
            with dial(port, limit=60) as sock:
                thread = threading.Thread(target=sock.sendall, args=(block,))
                thread.start()
                if read_some(sock, len(block), 60) != block:
                    bad.append(seed)
                thread.join()

        threads = [threading.Thread(target=carry, args=(n,), daemon=True)
                   for n in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        self.assertEqual(bad, [])

    def test_channels_one_after_the_other(self):
        """A thousand short connections through one login all work."""
        target = self.target()
        port = self.local(self.serve(), target)
        for number in range(1000 if FULL else 200):
            self.assertEqual(ask(port, b"%04d" % number), b"%04d" % number)


@on_both
class BackPressure(Case):
    """A peer that does not read holds the sender, not the server's memory."""

    LIMIT_KIB = 48 * 1024

    def _memory(self, server):
        """What all processes of the connections hold, if one may look."""
        total = 0
        for pid in server.processes():
            try:
                total += memory_kib(pid)
            except (OSError, TypeError):
                pass
        return total

    def _push(self, sock, most=128 * MB):
        """Send until nothing more is taken for two seconds."""
        sock.settimeout(2)
        block, sent = b"x" * (1 << 18), 0
        while sent < most:
            try:
                sent += sock.send(block)
            except TimeoutError:
                break
        return sent

    def test_target_that_does_not_read(self):
        """The sender is held, memory stays bounded, others go on."""
        server, stuck, echo = self.serve(), self.target(Stuck), self.target()
        slow, fast = free_port(), free_port()
        self.hold(server, "-L", f"{slow}:127.0.0.1:{stuck.port}", "-L",
                  f"{fast}:127.0.0.1:{echo.port}", ready=fast)
        ask(fast)
        before = self._memory(server)
        with dial(slow) as sock:
            self.assertLess(self._push(sock), 64 * MB)
            self.assertLess(self._memory(server) - before, self.LIMIT_KIB)
            self.assertEqual(ask(fast), b"ping")

    def test_client_that_does_not_read(self):
        """A source whose data nobody takes is held in the same way."""
        sent = []

        def pour(sock):
            sent.append(self._push(sock))

        server, source, echo = self.serve(), self.target(handle=pour), \
            self.target()
        slow, fast = free_port(), free_port()
        self.hold(server, "-L", f"{slow}:127.0.0.1:{source.port}", "-L",
                  f"{fast}:127.0.0.1:{echo.port}", ready=fast)
        ask(fast)
        before = self._memory(server)
        with dial(slow) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wait_for(lambda: sent, "the source to be held", 60)
            self.assertLess(sent[0], 64 * MB)
            self.assertLess(self._memory(server) - before, self.LIMIT_KIB)
            self.assertEqual(ask(fast), b"ping")

    def test_many_stuck_channels(self):
        """Twenty stuck channels do not stop a healthy one."""
        server, stuck, echo = self.serve(), self.target(Stuck), self.target()
        slow, fast = free_port(), free_port()
        self.hold(server, "-L", f"{slow}:127.0.0.1:{stuck.port}", "-L",
                  f"{fast}:127.0.0.1:{echo.port}", ready=fast)
        socks = [dial(slow) for _ in range(20)]
        for sock in socks:
            sock.settimeout(0.1)
            try:
                for _ in range(40):
                    sock.send(b"x" * 65536)
            except TimeoutError:
                pass
        start = time.monotonic()
        self.assertEqual(ask(fast, b"y" * 100000), b"y" * 100000)
        self.assertLess(time.monotonic() - start, 5)
        for sock in socks:
            sock.close()

    def test_slow_reader_gets_everything(self):
        """A reader that pauses again and again still gets every byte."""
        size = (2 if LIGHT else 8) * MB
        target = self.target(Bulk, size=size)
        port = self.local(self.serve(), target)
        with dial(port) as sock:
            thread = threading.Thread(target=sock.sendall,
                                      args=(b"u" * size,), daemon=True)
            thread.start()
            digest, total = hashlib.sha256(), 0
            sock.settimeout(30)
            while total < size:
                chunk = sock.recv(200000)
                self.assertTrue(chunk, "ended early")
                digest.update(chunk)
                total += len(chunk)
                if total % 7 == 0:
                    time.sleep(0.02)
            thread.join(30)
        wait_for(lambda: target.sent, "the target")
        self.assertEqual(digest.hexdigest(), target.sent[0])


if __name__ == "__main__":
    unittest.main()

"""Altered bytes on the wire are never delivered, and rekeys under load lose
nothing."""

import time
import unittest

from harness import (LIGHT, Bulk, Case, Recorder, Relay, dial, exchange,
                     free_port, on_both, wait_for)

CIPHERS = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
           "chacha20-poly1305@openssh.com", "aes256-ctr"]
MB = 1 << 20


@on_both
class Integrity(Case):
    """A relay between client and server that can flip a bit."""

    def test_flipped_bit_is_noticed(self):
        """One flipped bit ends the connection, and nothing of the altered
        packet reaches the target."""
        for cipher in CIPHERS:
            for flip_at in (5, 40, 500):
                with self.subTest(cipher=cipher, flip_at=flip_at):
                    self._flip(cipher, flip_at)
                    self.servers[0].wait_idle()

    def _flip(self, cipher, flip_at):
        server = self.servers[0] if self.servers else self.serve()
        target, port = self.target(Recorder), free_port()
        with Relay(server.port) as relay:
            client = self.hold(
                server, "-L", f"{port}:127.0.0.1:{target.port}", ready=port,
                port=relay.port, options=[f"Ciphers={cipher}"])
            with dial(port) as sock:
                sock.sendall(b"A" * 100)
                wait_for(lambda: target.received == [b"A" * 100], "the As")
                relay.flip_at = flip_at
                sock.sendall(b"B" * 1000)
                wait_for(relay.flipped.is_set, "the flip")
                wait_for(relay.upstream_closed.is_set,
                         "the server to end the connection")
                wait_for(lambda: target.open == 0, "the target's end")
            client.stop()
        self.assertEqual(bytes(target.received[0]), b"A" * 100)

    def test_other_connections_do_not_notice(self):
        """A broken connection leaves its neighbours alone."""
        server, target = self.serve(), self.target()
        port = self.local(server, target)
        with dial(port) as sock:
            sock.sendall(b"one!")
            self.assertEqual(sock.recv(4), b"one!")
            self._flip(CIPHERS[0], 40)
            sock.sendall(b"two!")
            self.assertEqual(sock.recv(4), b"two!")


@on_both
class Rekey(Case):
    """New keys while data flows in both directions."""

    SIZE = (4 if LIGHT else 12) * MB

    def _carry(self, conf="", **kw):
        """Both directions at once; how many key exchanges the client saw."""
        server, target, port = self.serve(conf), \
            self.target(Bulk, size=self.SIZE), free_port()
        client = self.hold(server, "-v", "-L",
                           f"{port}:127.0.0.1:{target.port}", ready=port, **kw)
        with dial(port) as sock:
            sent, got = exchange(sock, self.SIZE)
        wait_for(lambda: target.got, "the target's digest")
        self.assertEqual((sent, got), (target.got[0], target.sent[0]))
        return client.err().count("SSH2_MSG_NEWKEYS received")

    def test_client_rekeys(self):
        """The client's RekeyLimit fires many times and nothing is lost."""
        self.assertGreater(self._carry(options=["RekeyLimit=1M"]), 4)

    def test_server_rekeys(self):
        """The server's RekeyLimit fires many times and nothing is lost."""
        self.assertGreater(self._carry("RekeyLimit 1M"), 4)

    def test_both_rekey(self):
        """Both sides may ask for new keys at the same time."""
        self.assertGreater(self._carry("RekeyLimit 1M",
                                       options=["RekeyLimit=1M"]), 4)

    def test_server_rekeys_by_time(self):
        """RekeyLimit's second value is a time."""
        server, target, port = self.serve("RekeyLimit default 1"), \
            self.target(), free_port()
        client = self.hold(server, "-v", "-L",
                           f"{port}:127.0.0.1:{target.port}", ready=port)
        with dial(port) as sock:
            for _ in range(40):
                sock.sendall(b"ping")
                self.assertEqual(sock.recv(4), b"ping")
                if client.err().count("SSH2_MSG_NEWKEYS received") > 1:
                    return
                time.sleep(0.1)
        self.fail("no new keys in four seconds")

    def test_every_cipher_and_mac(self):
        """Each cipher and MAC that both sides know carries data."""
        server, target = self.serve(), self.target()
        for words in ([f"Ciphers={c}"] for c in CIPHERS):
            with self.subTest(words):
                port = self.local(server, target, options=words)
                with dial(port) as sock:
                    sock.sendall(b"ping")
                    self.assertEqual(sock.recv(4), b"ping")

    def test_chosen_algorithms_hold(self):
        """Ciphers, MACs and KexAlgorithms in the file are what is offered."""
        server = self.serve("Ciphers aes256-ctr\nMACs hmac-sha2-512\n"
                            "KexAlgorithms ecdh-sha2-nistp256")
        got = self.ssh(server, "-v", "-W", "127.0.0.1:1")
        said = got.stderr.decode()
        self.assertIn("kex: algorithm: ecdh-sha2-nistp256", said)
        self.assertIn("server->client cipher: aes256-ctr MAC: hmac-sha2-512",
                      said)
        got = self.ssh(server, "-W", "127.0.0.1:1",
                       options=["Ciphers=aes128-ctr"])
        self.assertIn(b"no matching cipher found", got.stderr)


if __name__ == "__main__":
    unittest.main()

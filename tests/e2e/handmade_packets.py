"""Handmade clients whose packets are as large inside, or as small outside, as
they can be."""

import hashlib
import struct
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.poly1305 import Poly1305

import handmade
from handmade import OFFER


class Compressing(handmade.Client):
    """Compresses what it sends, once it has logged in."""

    offer = OFFER[:6] + ["zlib@openssh.com", *OFFER[7:]]
    deflate = None

    def login(self):
        """Log in."""
        super().login()
        self.deflate = zlib.compressobj(9)
        return self

    def seal(self, payload):
        """The bytes of one packet."""
        if self.deflate:
            payload = self.deflate.compress(payload) + self.deflate.flush(
                zlib.Z_SYNC_FLUSH)
        return super().seal(payload)


class Smallest(handmade.Client):
    """Sends chacha20-poly1305 packets without needless padding: 28 bytes with
    a payload of up to 7."""

    offer = OFFER[:2] + ["chacha20-poly1305@openssh.com", *OFFER[3:]]
    keys = None

    def _new_keys(self, shared, digest):
        super()._new_keys(shared, digest)
        first = hashlib.sha256(shared + digest + b"C"
                               + self.session_id).digest()
        second = hashlib.sha256(shared + digest + first).digest()
        self.keys = first, second

    def _stream(self, key, block, data):
        nonce = struct.pack("<Q", block) + struct.pack(">Q", self.sent)
        return Cipher(algorithms.ChaCha20(key, nonce),
                      None).encryptor().update(data)

    def seal(self, payload):
        """The bytes of one packet."""
        if self.keys is None:
            return super().seal(payload)
        body, head = self.keys
        fill = -(1 + len(payload)) % 8
        packet = self._stream(head, 0, struct.pack(">I", 1 + len(payload)
                                                   + fill))
        packet += self._stream(body, 1, bytes([fill]) + payload + bytes(fill))
        packet += Poly1305.generate_tag(self._stream(body, 0, bytes(32)),
                                        packet)
        self.sent += 1
        return packet

"""The client that packs by hand, with the bench's cipher: AES-128-GCM needs
no HMAC, which libssh sets up anew for each packet."""

import hashlib
import os
import struct
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import handmade
from bench import CIPHER

KEY, IV, BLOCK, TAG = 16, 12, 16, 16


class Direction:
    """The packets of one direction, RFC 5647."""

    def __init__(self, key, nonce):
        self.cipher, self.fixed = AESGCM(key), nonce[:4]
        self.count = struct.unpack(">Q", nonce[4:])[0]

    def nonce(self):
        """Of the next packet."""
        made = self.fixed + struct.pack(">Q", self.count)
        self.count += 1
        return made

    def seal(self, payload):
        """The packet on the wire."""
        fill = BLOCK - (1 + len(payload)) % BLOCK
        fill += BLOCK if fill < 4 else 0
        size = struct.pack(">I", 1 + len(payload) + fill)
        plain = bytes([fill]) + payload + os.urandom(fill)
        return size + self.cipher.encrypt(self.nonce(), plain, size)

    def open(self, size, sealed):
        """The payload of a packet."""
        plain = self.cipher.decrypt(self.nonce(), sealed, size)
        return plain[1:len(plain) - plain[0]]


class GcmClient(handmade.Client):
    """Logs in with no cipher but the bench's."""

    offer = handmade.OFFER[:2] + [CIPHER] * 2 + handmade.OFFER[4:]

    def __init__(self, *args, **words):
        self.out = self.into = None
        super().__init__(*args, **words)

    def seal(self, payload):
        if self.out is None:
            return super().seal(payload)
        self.sent += 1
        return self.out.seal(payload)

    def read(self, limit=handmade.LIMIT):
        if self.into is None:
            return super().read(limit)
        end = time.monotonic() + limit
        size = self._take(4, end)
        return self.into.open(
            size, self._take(struct.unpack(">I", size)[0] + TAG, end))

    def _new_keys(self, shared, digest):
        def derive(letter, size):
            return hashlib.sha256(shared + digest + letter +
                                  self.session_id).digest()[:size]

        self.session_id = self.session_id or digest
        self.send(bytes([handmade.NEWKEYS]))
        self.get(handmade.NEWKEYS)
        self.out = Direction(derive(b"C", KEY), derive(b"A", IV))
        self.into = Direction(derive(b"D", KEY), derive(b"B", IV))
        self.encrypt = self.decrypt = True

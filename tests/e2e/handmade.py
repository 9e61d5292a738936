"""A client with no opinions: each packet is made by hand, nothing is answered
and nothing is read unless a test says so.  What paramiko (rawssh.py) would do
in its own thread, such as reading, cannot hide a bug here."""

import hashlib
import hmac
import os
import select
import socket
import struct
import threading
import time

from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey, X25519PublicKey)
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_ssh_private_key)

from targets import LIMIT
from world import world

DISCONNECT, IGNORE, SERVICE_REQUEST, SERVICE_ACCEPT = 1, 2, 5, 6
KEXINIT, NEWKEYS, ECDH_INIT, ECDH_REPLY = 20, 21, 30, 31
AUTH_REQUEST, AUTH_FAILURE, AUTH_SUCCESS = 50, 51, 52
GLOBAL, GLOBAL_OK, GLOBAL_FAILED = 80, 81, 82
OPEN, OPENED, OPEN_FAILED = 90, 91, 92
ADJUST, DATA, EXTENDED_DATA, EOF, CLOSE = 93, 94, 95, 96, 97
REQUEST, REQUEST_OK, REQUEST_FAILED = 98, 99, 100

WINDOW, PACKET = 1 << 20, 32768
OFFER = ["curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes128-ctr",
         "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""]
BLOCK, MAC = 16, 32  # of the ciphers in OFFER


def string(value):
    """A string on the wire."""
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(value)) + value


def message(kind, *fields):
    """A payload: int is uint32, bool is a byte, str and bytes are strings."""
    made = bytes([kind])
    for field in fields:
        if isinstance(field, bool):
            made += bytes([field])
        elif isinstance(field, int):
            made += struct.pack(">I", field)
        else:
            made += string(field)
    return made


def _mpint(raw):
    raw = raw.lstrip(b"\0")
    return string(b"\0" + raw if raw[:1] >= b"\x80" else raw)


def number(payload, index):
    """The uint32 at this place behind the message's type."""
    return struct.unpack_from(">I", payload, 1 + 4 * index)[0]


def string_at(payload, offset):
    """The string that starts at this byte, and the offset behind it."""
    size = struct.unpack_from(">I", payload, offset)[0]
    end = offset + 4 + size
    return payload[offset + 4:end], end


def direct(chan, port, window=WINDOW):
    """The open of a direct-tcpip channel to a loopback port."""
    return message(OPEN, "direct-tcpip", chan, window, PACKET, "127.0.0.1",
                   port, "127.0.0.1", 1)


def direct_path(chan, path):
    """The open of a direct-streamlocal channel to a path."""
    return message(OPEN, "direct-streamlocal@openssh.com", chan, WINDOW,
                   PACKET, path, "", 0)


def odd_open(chan):
    """The open of a channel type that a server never grants."""
    return message(OPEN, "x11", chan, WINDOW, PACKET)


def listen(port=0):
    """The request for a listener on loopback."""
    return message(GLOBAL, "tcpip-forward", True, "localhost", port)


def keepalive():
    """The global request that stock clients send to see an answer."""
    return message(GLOBAL, "keepalive@openssh.com", True)


class Client:
    """One connection.  kex=False stops behind the version line."""

    offer = OFFER

    def __init__(self, server, receive_buffer=None, kex=True):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                 receive_buffer)
        self.sock.settimeout(LIMIT)
        self.sock.connect(("127.0.0.1", server.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encrypt = self.decrypt = self.mac_key = None
        self.sent, self.buffer, self.head = 0, b"", None
        self.session_id = self.our_offer = None
        self._greet()
        if kex:
            self.exchange_keys()

    def _greet(self):
        self.our_version = b"SSH-2.0-PortcullisTest_2"
        self.sock.sendall(self.our_version + b"\r\n")
        while b"\n" not in self.buffer:
            self._more(time.monotonic() + LIMIT)
        line, _, self.buffer = self.buffer.partition(b"\n")
        self.version = line.rstrip(b"\r")

    def open_up(self):
        """Take a normal amount at a time after a small receive_buffer, with
        which the kernel would deliver a few KiB per 200 ms."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)

    def close(self):
        """Leave without a word."""
        self.sock.close()

    # What goes out.

    def seal(self, payload):
        """The bytes of one packet, which must be sent in this order."""
        block = BLOCK if self.encrypt else 8
        fill = block - (5 + len(payload)) % block
        fill += block if fill < 4 else 0
        packet = struct.pack(">IB", 1 + len(payload) + fill, fill)
        packet += payload + os.urandom(fill)
        if self.encrypt:
            count = struct.pack(">I", self.sent & 0xffffffff)
            mac = hmac.digest(self.mac_key, count + packet, "sha256")
            packet = self.encrypt.update(packet) + mac
        self.sent += 1
        return packet

    def send(self, *payloads):
        """Send these in one go."""
        self.sock.sendall(b"".join(map(self.seal, payloads)))

    def pipeline(self, payloads):
        """Send these in a thread, however long that takes, while the caller
        reads or does not: the thread."""
        data = memoryview(b"".join(map(self.seal, payloads)))

        def run():
            try:
                for start in range(0, len(data), 1 << 16):
                    self.sock.sendall(data[start:start + (1 << 16)])
            except OSError:
                pass
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    # What comes in.

    def _more(self, end):
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.sock], [], [], left)[0]:
            raise TimeoutError
        got = self.sock.recv(65536)
        if not got:
            raise EOFError
        self.buffer += got

    def _take(self, count, end):
        while len(self.buffer) < count:
            self._more(end)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read(self, limit=LIMIT):
        """The next payload; TimeoutError, or EOFError at the end."""
        end = time.monotonic() + limit
        if self.decrypt is None:
            size = struct.unpack(">I", self._take(4, end))[0]
            rest = self._take(size, end)
            return rest[1:size - rest[0]]
        if self.head is None:
            self.head = self.decrypt.update(self._take(BLOCK, end))
        size = struct.unpack(">I", self.head[:4])[0]
        sealed = self._take(size + 4 - BLOCK + MAC, end)
        packet = self.head + self.decrypt.update(sealed[:-MAC])
        self.head = None
        return packet[5:len(packet) - packet[4]]

    def get(self, *kinds, limit=LIMIT):
        """The next payload of one of these kinds; others are passed over,
        but a DISCONNECT that was not asked for is an EOFError."""
        end = time.monotonic() + limit
        while True:
            payload = self.read(max(0.01, end - time.monotonic()))
            if payload[0] in kinds:
                return payload
            if payload[0] == DISCONNECT:
                raise EOFError(string_at(payload, 5)[0].decode())

    def count(self, wanted, *kinds, limit=5, total=60):
        """How many payloads of these kinds come, up to those wanted; it is
        over when none comes for limit seconds, after total seconds, or when
        the connection ends."""
        end = time.monotonic() + total
        for got in range(wanted):
            try:
                self.get(*kinds, limit=min(limit, end - time.monotonic()))
            except (TimeoutError, EOFError, OSError):
                return got
        return wanted

    # The states of a connection.

    def offer_keys(self):
        """Send a KEXINIT: from here on a server must wait for the rest."""
        self.our_offer = bytes([KEXINIT]) + os.urandom(16) + b"".join(
            map(string, self.offer)) + bytes(5)
        self.send(self.our_offer)

    def exchange_keys(self, offered=False):
        """A key exchange to its end; offered: ours has been sent."""
        if not offered:
            self.offer_keys()
        their_offer = self.get(KEXINIT)
        secret = X25519PrivateKey.generate()
        ours = secret.public_key().public_bytes(Encoding.Raw,
                                                PublicFormat.Raw)
        self.send(message(ECDH_INIT, ours))
        reply = self.get(ECDH_REPLY)
        host_key, end = string_at(reply, 1)
        theirs, _ = string_at(reply, end)
        shared = _mpint(secret.exchange(
            X25519PublicKey.from_public_bytes(theirs)))
        said = map(string, (self.our_version, self.version, self.our_offer,
                            their_offer, host_key, ours, theirs))
        self._new_keys(shared, hashlib.sha256(b"".join(said) + shared)
                       .digest())

    def _new_keys(self, shared, digest):
        self.session_id = self.session_id or digest

        def derive(letter):
            return hashlib.sha256(shared + digest + letter
                                  + self.session_id).digest()

        def cipher(key, start):
            return Cipher(algorithms.AES(derive(key)[:16]),
                          modes.CTR(derive(start)[:16]))
        self.send(bytes([NEWKEYS]))
        self.encrypt = cipher(b"C", b"A").encryptor()
        self.mac_key = derive(b"E")
        self.get(NEWKEYS)
        self.decrypt = cipher(b"D", b"B").decryptor()

    def ask_service(self):
        """Reach the point where a login may be asked for."""
        self.send(message(SERVICE_REQUEST, "ssh-userauth"))
        self.get(SERVICE_ACCEPT)
        return self

    def login_request(self):
        """A correct publickey request."""
        key = load_ssh_private_key((world().dir / "key").read_bytes(), None)
        blob = string("ssh-ed25519") + string(key.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw))
        body = message(AUTH_REQUEST, world().account().name, "ssh-connection",
                       "publickey", True, "ssh-ed25519", blob)
        signature = key.sign(string(self.session_id) + body)
        return body + string(string("ssh-ed25519") + string(signature))

    def login(self):
        """Log in."""
        self.ask_service().send(self.login_request())
        self.get(AUTH_SUCCESS)
        return self

    def open(self, payload):
        """Send an open that must be granted: the server's channel number."""
        self.send(payload)
        got = self.get(OPENED, OPEN_FAILED)
        assert got[0] == OPENED, got
        return number(got, 1)

    def listen(self):
        """A listener on a port that the server chooses: the port."""
        self.send(listen())
        return number(self.get(GLOBAL_OK), 0)

    def offered(self):
        """The server's number of the channel that it offers next."""
        payload = self.get(OPEN)
        _, end = string_at(payload, 1)
        return struct.unpack_from(">I", payload, end)[0]

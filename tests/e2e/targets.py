"""Peers that the tests put at the far ends of a forward, and what /proc says
about sockets.  Loopback only; every wait is bounded."""

import collections
import hashlib
import os
import pathlib
import random
import socket
import struct
import threading
import time

LIMIT = 20.0  # seconds that any single wait may take

_promised = collections.deque(maxlen=500)  # ports


def wait_for(probe, what, limit=LIMIT, pause=0.02):
    """Poll until probe() returns something true and return that."""
    end = time.monotonic() + limit
    while True:
        got = probe()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit:g} s in vain: {what}")
        time.sleep(pause)


def own_ports():
    """The ports of this worker, of so many: no two may choose the same, or
    one finds taken what the other has just found free."""
    number, count = map(int, os.environ.get("PORTCULLIS_PORTS",
                                            "0/1").split("/"))
    size = 22000 // count
    return range(10000 + number * size, 10000 + (number + 1) * size)


def free_port():
    """A port nobody uses, outside the range the kernel hands out.  The last
    ones may be taken any moment by who asked for them."""
    for _ in range(200):
        port = random.SystemRandom().choice(own_ports())
        if port in _promised:
            continue
        try:
            for family, host in ((socket.AF_INET, "0.0.0.0"),
                                 (socket.AF_INET6, "::")):
                with socket.socket(family) as sock:
                    sock.bind((host, port))
        except OSError:
            continue
        _promised.append(port)
        return port
    raise RuntimeError("no free port found")


def listeners():
    """The local addresses of each TCP port that stands open."""
    found = {}
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        text = pathlib.Path(f"/proc/net/{name}").read_text()
        for line in text.splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, number = local.split(":")
            if state == "0A":
                raw = bytes.fromhex(address)
                words = struct.unpack(f"<{len(raw) // 4}I", raw)
                found.setdefault(int(number, 16), set()).add(
                    socket.inet_ntop(family, struct.pack(
                        f">{len(words)}I", *words)))
    return found


def listening(port):
    """The set of local addresses on which this TCP port stands open."""
    return listeners().get(port, set())


def read_all(sock, limit=LIMIT):
    """Everything until the peer ends; a reset counts as the end."""
    sock.settimeout(limit)
    data = bytearray()
    try:
        while chunk := sock.recv(65536):
            data += chunk
    except ConnectionError:
        pass
    return bytes(data)


def read_some(sock, count, limit=LIMIT):
    """Exactly count bytes, fewer only when the peer ends."""
    sock.settimeout(limit)
    data = bytearray()
    try:
        while len(data) < count:
            chunk = sock.recv(count - len(data))
            if not chunk:
                break
            data += chunk
    except ConnectionError:
        pass
    return bytes(data)


class Target:
    """A service on loopback, or on a path that all may connect to; each
    connection runs handle() in a thread."""

    host = port = None

    def __init__(self, host="127.0.0.1", port=0, handle=None, path=None):
        if path:
            self._bind_path(path)
        else:
            self._bind(host, port)
        self.sock.listen(512)
        self.peers = []      # address of each connection that arrived
        self.received = []   # bytes each connection delivered
        self.open = 0
        self.lock = threading.Lock()
        if handle:
            self.handle = handle
        threading.Thread(target=self._accept, daemon=True).start()

    def _bind(self, host, port):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port or free_port()))
        self.host, self.port = self.sock.getsockname()[:2]

    def _bind_path(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(str(path))
        os.chmod(path, 0o777)

    def _accept(self):
        while True:
            try:
                sock, peer = self.sock.accept()
            except OSError:
                return
            with self.lock:
                self.peers.append(peer)
                self.open += 1
            threading.Thread(target=self._run, args=(sock,),
                             daemon=True).start()

    def _run(self, sock):
        try:
            with sock:
                self.handle(sock)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= 1

    def handle(self, sock):
        """Echo until the peer has finished, then finish too."""
        sock.settimeout(120)
        while chunk := sock.recv(65536):
            sock.sendall(chunk)
        sock.shutdown(socket.SHUT_WR)

    def close(self):
        """Stop listening; connections in progress run out."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Recorder(Target):
    """A service that answers nothing and keeps what it was sent."""

    def handle(self, sock):
        buffer = bytearray()
        with self.lock:
            self.received.append(buffer)
        sock.settimeout(120)
        while chunk := sock.recv(65536):
            buffer += chunk


class Late(Target):
    """Answers only after the client has finished sending."""

    def __init__(self, pause=0.5, **kw):
        self.pause = pause
        super().__init__(**kw)

    def handle(self, sock):
        got = read_all(sock)
        time.sleep(self.pause)
        sock.sendall(b"late:" + got)


class EarlyEnd(Target):
    """Speaks, ends its own direction, then records what still comes in."""

    def handle(self, sock):
        sock.sendall(b"hello")
        sock.shutdown(socket.SHUT_WR)
        self.received.append(read_all(sock))


class Stuck(Target):
    """Accepts and never reads; release() ends it."""

    def __init__(self, **kw):
        self.done = threading.Event()
        super().__init__(**kw)

    def handle(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.done.wait(120)

    def close(self):
        self.done.set()
        super().close()


class Bulk(Target):
    """Sends size bytes and takes size bytes at once; keeps both digests."""

    def __init__(self, size, **kw):
        self.size = size
        self.sent, self.got = [], []
        super().__init__(**kw)

    def handle(self, sock):
        sent, got = exchange(sock, self.size)
        self.sent.append(sent)
        self.got.append(got)


def exchange(sock, size):
    """Send and receive size bytes at the same time: the two digests."""
    sock.settimeout(120)
    sent = hashlib.sha256()
    block = os.urandom(1 << 20)

    def send():
        left = size
        while left:
            part = block[:min(left, len(block))]
            sent.update(part)
            sock.sendall(part)
            left -= len(part)
        sock.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    got, view = hashlib.sha256(), memoryview(bytearray(1 << 18))
    total = 0
    while count := sock.recv_into(view):
        got.update(view[:count])
        total += count
    thread.join(120)
    return sent.hexdigest(), (got.hexdigest() if total == size else total)


class Relay:
    """A TCP relay to a server; can flip one bit of what the client sends and
    can stop passing anything on."""

    def __init__(self, port):
        self.to_port = port
        self.flip_at = None   # flip a bit this far into the next chunk
        self.flipped = threading.Event()
        self.frozen = threading.Event()
        self.upstream_closed = threading.Event()
        self.target = Target(handle=self._serve)
        self.port = self.target.port
        self.pairs = []

    def _serve(self, client):
        server = socket.create_connection(("127.0.0.1", self.to_port), LIMIT)
        client.settimeout(120)
        server.settimeout(120)
        self.pairs.append((client, server))
        back = threading.Thread(target=self._pump_back, args=(server, client),
                                daemon=True)
        back.start()
        with server:
            while chunk := client.recv(65536):
                if self.frozen.is_set():
                    continue
                server.sendall(self._tamper(chunk))
            server.shutdown(socket.SHUT_WR)
            back.join(LIMIT)

    def _tamper(self, chunk):
        if self.flip_at is None or len(chunk) <= self.flip_at:
            return chunk
        chunk = bytearray(chunk)
        chunk[self.flip_at] ^= 0x04
        self.flip_at = None
        self.flipped.set()
        return bytes(chunk)

    def _pump_back(self, server, client):
        try:
            while chunk := server.recv(65536):
                if not self.frozen.is_set():
                    client.sendall(chunk)
        except OSError:
            pass
        self.upstream_closed.set()
        try:
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        """End the relay and both halves of every connection."""
        self.target.close()
        for pair in self.pairs:
            for sock in pair:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

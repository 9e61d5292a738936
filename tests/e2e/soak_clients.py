"""The clients of the soak (test_soak.py).  Each has one connection, or one for
each flow, and knows how to lead a flow through it: it dials the near end,
accepts the far one, and tells how the log will name the forward."""

import contextlib
import itertools
import os
import socket
import threading

import paramiko

import rawssh
from clients import Socks, Ssh, dial
from harness import free_port, wait_for
from targets import LIMIT

OPENING = 3 * LIMIT   # on a loaded machine
ADDRESSES = itertools.count(1)
ERRORS = (OSError, EOFError, paramiko.SSHException)
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr",
           "chacha20-poly1305@openssh.com")


class Place:
    """Where a forward leads.  Its address is nobody else's, so that it tells
    in the log which forward was meant."""

    def __init__(self):
        number = next(ADDRESSES)
        self.host = f"127.{1 + (number >> 16)}.{number >> 8 & 255}." \
                    f"{number & 255}"
        self.sock = socket.socket()
        self.sock.bind((self.host, 0))
        self.sock.listen(4)
        self.sock.settimeout(OPENING)
        self.port = self.sock.getsockname()[1]
        self.free = threading.Lock()   # one flow at a time

    def __str__(self):
        return f"{self.host}:{self.port}"

    @property
    def subject(self):
        """How the log names a forward to it."""
        return f"direct-tcpip to {self.host} port {self.port}"

    def accept(self):
        """The connection that the forward made."""
        return self.sock.accept()[0]


class Carrier:
    """One client.  Flows that fail after kill() are excused."""

    REKEYS = ("1M", "7M")

    def __init__(self, server, rng):
        self.server, self.rng = server, rng
        self.killed = False
        self.places, self.ports = [], []   # to close, to be gone at the end
        self.client = None

    def place(self):
        """A place that ends with this client."""
        place = Place()
        self.places.append(place)
        return place

    def options(self):
        """Random settings of a stock client."""
        rng = self.rng
        found = [f"Ciphers={rng.choice(CIPHERS)}",
                 f"Compression={rng.choice(('yes', 'no', 'no'))}",
                 "ExitOnForwardFailure=yes"]
        if rng.random() < 0.5:
            found.append(f"RekeyLimit={rng.choice(self.REKEYS)}")
        return found

    def carry(self, flow):
        """Lead a flow through this client, from its open to its end."""
        raise NotImplementedError

    def to_place(self, flow, place, near):
        """The flow from a dialled near end to a place."""
        flow.subject = place.subject
        flow.near.take(*near)
        flow.far.take(place.accept())
        flow.run()

    def kill(self):
        """End it without a word; flows that are not open yet never are."""
        self.killed = True
        self.end()
        self.forget()

    def end(self):
        """SIGKILL, or what is like it."""
        self.client.stop(9)

    def close(self):
        """End it, and what it led to."""
        self.client.stop()
        self.forget()

    def forget(self):
        """Close what flows may have led to."""
        for place in self.places:
            with contextlib.suppress(OSError):
                place.sock.shutdown(socket.SHUT_RDWR)   # wakes accept()
            place.sock.close()


class Plain(Carrier):
    """ssh -L, -R and -D, some of each."""

    def __init__(self, server, rng):
        super().__init__(server, rng)
        self.local = {free_port(): self.place() for _ in range(3)}
        self.remote = {free_port(): self.place() for _ in range(3)}
        self.ports = [*self.local, *self.remote]
        dynamic = free_port()
        words = ["-N", "-D", f"127.0.0.1:{dynamic}"]
        for port, place in self.local.items():
            words += ["-L", f"127.0.0.1:{port}:{place}"]
        for port, place in self.remote.items():
            words += ["-R", f"127.0.0.1:{port}:{place}"]
        self.client = Ssh(server, *words, options=self.options())
        for port in (*self.ports, dynamic):
            self.client.wait_listening(port, OPENING)
        self.socks = Socks(self.client, dynamic)

    def carry(self, flow):
        kind = flow.rng.choice(("local", "remote", "dynamic"))
        if kind == "dynamic":
            place = self.place()
            near = self.socks.dial(place.host, place.port)
            self.to_place(flow, place, (near,))
            return
        table = self.local if kind == "local" else self.remote
        for port, place in table.items():
            if place.free.acquire(blocking=False):
                break
        else:
            port, place = flow.rng.choice(list(table.items()))
            place.free.acquire()
        try:
            self.through(flow, port, place, kind)
        finally:
            place.free.release()

    def through(self, flow, port, place, kind):
        """The flow over a forward that stands."""
        near = dial(port, limit=OPENING)
        if kind == "local":
            self.to_place(flow, place, (near,))
            return
        flow.upwards = flow.far
        flow.subject = (f"forwarded-tcpip 127.0.0.1 port {port} from "
                        f"127.0.0.1 port {near.getsockname()[1]}")
        flow.near.take(near)
        flow.far.take(place.accept())
        flow.run()


class Master(Plain):
    """ControlMaster: each flow has a forward that comes and goes."""

    def __init__(self, server, rng):
        Carrier.__init__(self, server, rng)
        self.control = f"{server.dir}/ctl-{next(ADDRESSES)}"
        self.client = Ssh(server, "-N", "-M", "-S", self.control,
                          options=self.options())
        wait_for(lambda: os.path.exists(self.control), "the socket", OPENING)

    def tell(self, *words):
        """ssh -O: what it said when it failed, else ''."""
        asked = Ssh(self.server, "-S", self.control, "-O", *words)
        try:
            return asked.err() if asked.wait(OPENING) else ""
        finally:
            asked.stop()

    def carry(self, flow):
        kind, place = flow.rng.choice(("local", "remote")), self.place()
        port = free_port()
        self.ports.append(port)
        spec = (f"-{kind[0].upper()}", f"127.0.0.1:{port}:{place}")
        failure = self.tell("forward", *spec)
        if failure:
            raise OSError(f"no forward: {failure}")
        self.through(flow, port, place, kind)
        self.tell("cancel", *spec)


class Standard(Carrier):
    """ssh -W: a connection for each flow, over two pairs of sockets.  This
    client ends as soon as the far end has, through sshd too, so the far end
    waits for the near one.

    ssh does not look at its listeners and its control socket during a key
    exchange.  With so small a limit there always is one while there is much to
    receive, through sshd too, so only this client has it."""

    REKEYS = ("256K", "1M", "7M")

    def __init__(self, server, rng):
        super().__init__(server, rng)
        self.clients, self.lock = [], threading.Lock()

    def carry(self, flow):
        place = self.place()
        flow.near.waits, flow.far.waits = False, True
        ours_in, its_out = socket.socketpair()
        its_in, ours_out = socket.socketpair()
        with its_in, its_out, self.lock:
            client = Ssh(self.server, "-W", str(place), stdin=its_in,
                         stdout=its_out, options=self.options())
            self.clients.append(client)
        try:
            self.to_place(flow, place, (ours_in, ours_out))
        finally:
            client.stop()

    def end(self):
        with self.lock:
            for client in self.clients:
                client.stop(9)

    def close(self):
        self.forget()


class Library(Carrier):
    """paramiko, which has a window and packets of its own."""

    def __init__(self, server, rng):
        super().__init__(server, rng)
        self.transport = rawssh.login(server)
        self.transport.default_window_size = rng.choice((1 << 15, 1 << 21))

    def carry(self, flow):
        place = self.place()
        channel = self.transport.open_channel(
            "direct-tcpip", (place.host, place.port), ("127.0.0.1", 1),
            timeout=OPENING)
        near, other = socket.socketpair()
        threads = [threading.Thread(target=pump, args=pair, daemon=True)
                   for pair in ((other, channel), (channel, other))]
        for thread in threads:
            thread.start()
        try:
            self.to_place(flow, place, (near,))
            for thread in threads:
                thread.join(OPENING)
        finally:
            channel.close()
            other.close()

    def end(self):
        self.transport.sock.shutdown(socket.SHUT_RDWR)
        self.transport.close()

    def close(self):
        self.transport.close()
        self.forget()


def pump(source, sink):
    """Pass on what comes, and its end; an error ends both.  The peer of a
    socket with unread bytes would not learn of that: they are read."""
    try:
        while data := source.recv(1 << 15):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except ERRORS:
        for side in (source, sink):
            with contextlib.suppress(*ERRORS):
                side.shutdown(socket.SHUT_RDWR)
            if isinstance(side, paramiko.Channel):
                with contextlib.suppress(*ERRORS):
                    side.close()
        with contextlib.suppress(OSError):
            while source.recv(1 << 15):
                pass

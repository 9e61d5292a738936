"""One flow of the soak (test_soak.py): two ends of a forward that send each
other a stream at the same time, each in its own rhythm, and check every byte
that arrives.  All of it follows from one seed."""

import hashlib
import random
import select
import socket
import struct
import threading
import time

STUCK = 90.0           # seconds without a byte: it hangs
PERIOD = 8_388_593     # a prime, so no block of 2^n meets itself again
BLOCK = 1 << 18        # at most, for one read or write
POOL = random.Random(PERIOD).randbytes(PERIOD)
POOL += POOL[:BLOCK]


def reset(sock):
    """End a TCP connection by RST, whatever waits to be sent or read."""
    linger = struct.pack("ii", 1, 0)
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    sock.close()


class Stream:
    """What one end sends: so many bytes from some place of the pool."""

    def __init__(self, rng, size):
        self.size, self.start = size, rng.randrange(PERIOD)

    def part(self, offset, count):
        """At most BLOCK bytes from this offset on."""
        at = (self.start + offset) % PERIOD
        return POOL[at:at + count]

    def digest(self, count):
        """SHA-256 of the first bytes."""
        made = hashlib.sha256()
        for offset in range(0, count, BLOCK):
            made.update(self.part(offset, min(BLOCK, count - offset)))
        return made.digest()


class Rhythm:
    """How much at a time, and how long nothing in between; the pauses of all
    of it are bounded."""

    def __init__(self, rng, size):
        kind = rng.choice(("fast", "fast", "fast", "slow", "late", "gusts"))
        self.rng = random.Random(rng.random())
        self.next = time.monotonic()
        self.largest = BLOCK
        self.every, self.length, self.left = 0, 0.0, rng.uniform(0.3, 3)
        if kind == "slow":
            self.largest = int(2 ** rng.uniform(0, 14))
            self.every, self.length = 1, 0.004
        elif kind == "late":
            self.next += rng.uniform(0.2, self.left)
        elif kind == "gusts":
            self.every, self.length = max(1, size // 5), 0.6
        self.due = self.every

    def count(self):
        """How much to read or write next."""
        if self.left <= 0:
            return BLOCK
        return self.rng.randint(1, self.largest)

    def moved(self, count):
        """So much was; pause when it is time to."""
        self.due -= count
        if self.every and self.due <= 0 < self.left:
            pause = self.rng.uniform(0, self.length)
            self.left -= pause
            self.next = time.monotonic() + pause
            self.due = self.every


class End:
    """One end: sends `out`, expects `into`.

    waits: holds its last bytes back until it has seen the other's end.
    cut_at: resets once it has moved so many bytes, both ways together."""

    def __init__(self, rng, out, into):
        self.out, self.into = out, into
        self.writing, self.reading = (Rhythm(rng, s.size) for s in (out, into))
        self.held = rng.randint(0, out.size)
        self.waits, self.cut_at = False, None
        self.reader = self.writer = None
        self.sent = self.got = 0
        self.hashed = hashlib.sha256()
        self.ended = self.finished = self.cut = False
        self.wrong = ""

    def take(self, reader, writer=None):
        """The sockets, or the socket, to use; they are closed at the end."""
        self.reader, self.writer = reader, writer or reader

    def run(self):
        """Send and receive until both directions are over."""
        try:
            self.reader.setblocking(False)
            self.writer.setblocking(False)
            self._move()
        except OSError as error:
            self.wrong = self.wrong or f"ended by {error}"
        finally:
            self.reader.close()
            self.writer.close()

    def _move(self):
        heard = time.monotonic()
        while not (self.ended and self.finished):
            if self.cut_at is not None and self.sent + self.got >= self.cut_at:
                self.cut = True
                reset(self.writer)
                return
            now = time.monotonic()
            if now - heard > STUCK:
                self.wrong = (f"stuck, sent {self.sent} of {self.out.size}, "
                              f"got {self.got} of {self.into.size}")
                return
            if self._turn(now):
                heard = time.monotonic()

    def _turn(self, now):
        """Move what can be moved; False when nothing came of it, and not
        because of a pause."""
        reads = not self.ended
        writes = self._may_write()
        pauses = [rhythm.next - now for rhythm, wanted in
                  ((self.reading, reads), (self.writing, writes))
                  if wanted and rhythm.next > now]
        ready = select.select(
            [self.reader] if reads and self.reading.next <= now else [],
            [self.writer] if writes and self.writing.next <= now else [],
            [], min([1.0, *pauses]))
        if ready[0]:
            self._read()
        if ready[1]:
            self._write()
        return ready[0] or ready[1] or pauses

    def _kept(self):
        """How much is not to be sent yet."""
        return self.held if self.waits and not self.ended else 0

    def _may_write(self):
        return not self.finished and (
            self.sent < self.out.size - self._kept()
            or self.ended or not self.waits)

    def _read(self):
        data = self.reader.recv(self.reading.count())
        if not data:
            self.ended = True
            return
        if data != self.into.part(self.got, len(data)) and not self.wrong:
            self.wrong = f"other bytes than were sent, from {self.got} on"
        self.hashed.update(data)
        self.got += len(data)
        self.reading.moved(len(data))

    def _write(self):
        left = self.out.size - self._kept() - self.sent
        if left <= 0:
            self.finished = True
            self.writer.shutdown(socket.SHUT_WR)
            return
        count = min(left, self.writing.count())
        count = self.writer.send(self.out.part(self.sent, count))
        self.sent += count
        self.writing.moved(count)

    def verdict(self, clean):
        """What is wrong with what arrived here, '' when nothing is."""
        if self.got > self.into.size:
            return f"got {self.got} bytes of {self.into.size}"
        if self.hashed.digest() != self.into.digest(self.got):
            return f"not a prefix of what was sent: {self.wrong}"
        if "stuck" in self.wrong or "other bytes" in self.wrong:
            return self.wrong
        if clean and not (self.ended and self.finished):
            return f"not ended: {self.wrong}"
        if clean and (self.got, self.sent) != (self.into.size, self.out.size):
            return f"got {self.got} of {self.into.size}: {self.wrong}"
        return ""


def random_size(rng, most):
    """Every order of magnitude, and now and then none or one byte."""
    if rng.random() < 0.1:
        return rng.randint(0, 1)
    return int(most ** rng.random())


class Flow:
    """The plan of one flow, and what came of it.

    near is the end that the test dials, far is where the forward leads."""

    def __init__(self, seed, number, most):
        rng = self.rng = random.Random(f"{seed}/{number}")
        self.number = number
        there, back = (Stream(rng, random_size(rng, most)) for _ in "ab")
        self.near, self.far = End(rng, there, back), End(rng, back, there)
        self.fate = rng.choice(("clean",) * 6 + ("near resets", "far resets"))
        if self.fate == "clean":
            first = rng.choice((self.near, self.far, None))
            if first:
                other = self.far if first is self.near else self.near
                other.waits = True
        else:
            end = self.near if self.fate == "near resets" else self.far
            end.cut_at = rng.randint(0, there.size + back.size)
        self.carrier = self.subject = ""   # whose, and as the log names it
        self.upwards = self.near  # who sends "up"
        self.arrived = False
        self.excused = False   # its client was killed

    def run(self):
        """Carry it, with both ends open."""
        self.arrived = True
        thread = threading.Thread(target=self.near.run, daemon=True)
        thread.start()
        self.far.run()
        thread.join(2 * STUCK)

    @property
    def complete(self):
        """Did both directions run to their ends, with every byte?"""
        return all(e.ended and e.finished and not e.cut
                   and e.got == e.into.size for e in (self.near, self.far))

    def wrong(self):
        """What is wrong with it, '' when nothing is."""
        clean = self.fate == "clean" and not self.excused
        words = [f"{name} {verdict}" for name, verdict in (
            ("near", self.near.verdict(clean)),
            ("far", self.far.verdict(clean))) if verdict]
        return "; ".join(words)

    def counts(self):
        """Bytes up and down, as the log has to tell them."""
        down = self.far if self.upwards is self.near else self.near
        return self.upwards.sent, down.sent

    def __str__(self):
        return (f"flow {self.number} ({self.carrier}, {self.subject}; "
                f"{self.fate}, {self.near.out.size} there, "
                f"{self.far.out.size} back)")

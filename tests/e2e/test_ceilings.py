"""At the ceilings, and where descriptors run out: what is new is refused with
a reason, the rest runs on, and the log says it once."""

import base64
import contextlib
import os
import pathlib
import re
import resource
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import handmade
from grants import Grants
from handmade import (CLOSE, DATA, GLOBAL_FAILED, GLOBAL_OK, OPEN_FAILED,
                      OPENED, direct, message, number)
from harness import (FULL, LIGHT, ROOT, Case, Stuck, on_portcullis,
                     program_of, wait_for)
from test_pressure import SHARE, processor_seconds
from test_windows import Sender

MANY = 4000 if FULL and not LIGHT else 1000
SHORTAGE = 4            # RFC 4254 section 5.1, resource shortage
TRIES = 20
NO_FILES = "Too many open files"
# As in server/limits.h.
SPARE, LISTENERS, CONSOLES, PROOFS, STARTS = 64, 1024, 512, 16, 8


class Echo:
    """A service for very many connections, in one thread."""

    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.sock.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.sock, selectors.EVENT_READ)
        self.over, self.wake = socket.socketpair()
        self.selector.register(self.over, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.over:
                    return
                if key.fileobj is self.sock:
                    sock, _ = self.sock.accept()
                    self.selector.register(sock, selectors.EVENT_READ)
                else:
                    self._answer(key.fileobj)

    def _answer(self, sock):
        data = b""
        with contextlib.suppress(OSError):
            data = sock.recv(65536)
            sock.sendall(data)
        if not data:
            self.selector.unregister(sock)
            sock.close()

    def close(self):
        """End every connection."""
        self.wake.close()
        self.thread.join(10)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def allow_files(test, count):
    """As many descriptors for this process, until the test ends."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < count:
        test.skipTest(f"needs {count} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (max(before[0], count), before[1]))
    test.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)


def status_of(pid, word):
    """The first figure of a line of /proc/PID/status."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{word}:\s+(\d+)", text)[1])


class Ceilings(Case):
    """A client whose packets are made by hand, and a service."""

    def begin(self, conf="", **kw):
        """A server, a client that has logged in, and where to go."""
        server = self.serve(conf, **kw)
        echo = Echo()
        self.addCleanup(echo.close)
        client = handmade.Client(server)
        self.addCleanup(client.close)
        return server, client.login(), echo.port

    def assert_carries(self, client, channel):
        """A forward that is open has bytes go both ways."""
        client.send(message(DATA, channel, b"still here"))
        self.assertIn(b"still here", client.get(DATA))

    def open_many(self, client, port, count, first=0):
        """Open so many at once: the server's numbers of those that were
        granted, and the refusals."""
        client.pipeline([direct(first + i, port) for i in range(count)])
        granted, refused = [], []
        for _ in range(count):
            got = client.get(OPENED, OPEN_FAILED)
            if got[0] == OPENED:
                granted.append(number(got, 1))
            else:
                refused.append(got)
        return granted, refused

    def assert_short(self, payload, words):
        """A refusal for want of resources, with the reason in words."""
        self.assertEqual(number(payload, 1), SHORTAGE, payload)
        self.assertIn(words.encode(), payload)

    def assert_said_once(self, server, words):
        """The log has one line for all of it."""
        self.assert_log(server, re.escape(words))
        self.assertEqual(server.log().count(words), 1)


@on_portcullis
class Forwards(Ceilings):
    """How many forwards one connection can have."""

    def test_very_many_on_one_connection(self):
        """With MaxForwards as high, thousands stand at once and each still
        carries bytes; closed ones leave nothing behind."""
        allow_files(self, 2 * MANY)
        server, client, port = self.begin(f"MaxForwards {MANY + 1000}")
        channels, refused = self.open_many(client, port, MANY)
        self.assertEqual(refused, [])
        for channel in (channels[0], channels[MANY // 2], channels[-1]):
            self.assert_carries(client, channel)
        client.pipeline([message(CLOSE, c) for c in channels])
        self.assertEqual(client.count(MANY, CLOSE, limit=20), MANY)
        self.assert_log(server, r"forward \d+ closed", count=MANY)
        self.assert_carries(client, client.open(direct(0, port)))

    def test_a_low_hard_limit_is_said_and_kept(self):
        """Who allows more forwards than descriptors is told so; the surplus
        is refused with a reason, and the log says it once."""
        files = 200
        prefix = ("prlimit", f"--nofile={files}:{files}", "--")
        server, client, port = self.begin("MaxForwards 1000", prefix=prefix)
        self.assertIn(f"conf line 1: MaxForwards 1000 needs {1000 + SPARE} "
                      f"open files and the hard limit is {files}",
                      server.log())
        self.assertIn("hard limit", server.run("-t").stderr)
        most = files - SPARE
        channels, refused = self.open_many(client, port, most + TRIES)
        self.assertEqual((len(channels), len(refused)), (most, TRIES))
        for payload in refused:
            self.assert_short(payload, "too many forwards")
        self.assert_carries(client, channels[0])
        self.assert_said_once(server, f"has {most} forwards, no more")

    def test_the_usual_limits_are_no_reason_to_warn(self):
        """Nothing is said where everything fits."""
        server = self.serve("MaxForwards 400")
        self.assertNotIn("hard limit", server.log())


@on_portcullis
class Counts(Ceilings):
    """Ceilings that no keyword raises."""

    def test_listeners(self):
        """As many as MaxListeners can say, and no more."""
        _, client, _ = self.begin(f"MaxListeners {LISTENERS}")
        client.pipeline([handmade.listen()] * (LISTENERS + 1))
        self.assertEqual(client.count(LISTENERS, GLOBAL_OK), LISTENERS)
        client.get(GLOBAL_FAILED)

    def test_consoles(self):
        """A session channel beyond those that are remembered gets nothing;
        the last of them, and forwards, are served."""
        _, client, port = self.begin(f"MaxSessions {2 * CONSOLES}")
        client.pipeline([message(handmade.OPEN, "session", i, handmade.WINDOW,
                                 handmade.PACKET)
                         for i in range(CONSOLES + 1)])
        channels = [number(client.get(OPENED), 1)
                    for _ in range(CONSOLES + 1)]
        for channel, answer in ((channels[-2], handmade.REQUEST_OK),
                                (channels[-1], handmade.REQUEST_FAILED)):
            client.send(message(handmade.REQUEST, channel, "exec", True,
                                "sleep infinity"))
            got = client.get(handmade.REQUEST_OK, handmade.REQUEST_FAILED)
            self.assertEqual(got[0], answer)
        self.assert_carries(client, client.open(direct(9999, port)))

    def test_host_key_proofs(self):
        """So many keys are proven in one request; one more is refused."""
        _, client, _ = self.begin()
        blob = base64.b64decode(self.world.public("host_key").split()[1])
        for count, answer in ((PROOFS, GLOBAL_OK),
                              (PROOFS + 1, GLOBAL_FAILED)):
            client.send(message(handmade.GLOBAL, "hostkeys-prove-00@"
                                "openssh.com", True, *[blob] * count))
            self.assertEqual(client.get(GLOBAL_OK, GLOBAL_FAILED)[0], answer)

    def test_starts_of_the_dialer(self):
        """Who kills it again and again gets no more of it, and keeps what is
        open."""
        server, client, port = self.begin()
        first = client.open(direct(0, port))
        for i in range(STARTS):
            pid = next(p for p in server.processes()
                       if program_of(p) == "portcullis-dialer")
            os.kill(pid, signal.SIGKILL)
            self.assert_log(server, "lost the dialer", count=i + 1)
            if i + 1 < STARTS:
                client.open(direct(i + 1, port))
        client.send(direct(STARTS, port))
        self.assertIn(b"dialer cannot be started", client.get(OPEN_FAILED))
        self.assert_carries(client, first)


class Squeeze(Ceilings):
    """Processes that get no descriptor any more, while they run."""

    def role(self, server, name):
        """The process of this role; the daemon is no connection's."""
        if name == "daemon":
            return server.pid
        return wait_for(lambda: next(
            (p for p in server.processes()
             if program_of(p) == f"portcullis-{name}"), None), name)

    @contextlib.contextmanager
    def squeezed(self, server, name):
        """No new descriptor for this process meanwhile."""
        pid = self.role(server, name)
        text = pathlib.Path(f"/proc/{pid}/limits").read_text()
        soft = re.search(r"Max open files +(\d+)", text)[1]
        self._limit(pid, 3)
        try:
            yield
        finally:
            self._limit(pid, soft)

    @staticmethod
    def _limit(pid, soft, what="nofile"):
        """As whoever the process runs as: root may lack the power to."""
        uid, gid = (status_of(pid, word) for word in ("Uid", "Gid"))
        as_user = {"user": uid, "group": gid, "extra_groups": []}
        subprocess.run(["prlimit", f"--pid={pid}", f"--{what}={soft}:"],
                       check=True, stderr=subprocess.PIPE, timeout=20,
                       **(as_user if ROOT else {}))

    def assert_waits_quietly(self, server, pid, seconds=1.5):
        """Nobody runs in circles."""
        def used():
            stat = open(f"/proc/{pid}/stat", encoding="ascii").read()
            fields = stat.rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            return ticks / os.sysconf("SC_CLK_TCK")
        before = used() + processor_seconds(server)
        time.sleep(seconds)
        share = (used() + processor_seconds(server) - before) / seconds
        self.assertLess(share, SHARE)


@on_portcullis
class NoDescriptors(Squeeze):
    """What a shortage in each process does."""

    def test_opens_are_refused_and_the_rest_runs_on(self):
        """In the monitor, the dialer or the session: each open is refused
        with a reason, an open forward carries bytes, the log has one line,
        and afterwards all is as before."""
        for name, told, said in (
                ("monitor", NO_FILES, NO_FILES),
                ("dialer", NO_FILES, NO_FILES),
                ("session", "no descriptor left",
                 "no descriptor left for a forward")):
            with self.subTest(name):
                server, client, port = self.begin()
                first = client.open(direct(0, port))
                with self.squeezed(server, name):
                    _, refused = self.open_many(client, port, TRIES, first=1)
                    self.assertEqual(len(refused), TRIES)
                    for payload in refused:
                        self.assert_short(payload, told)
                    self.assert_carries(client, first)
                self.assert_carries(client, client.open(direct(1, port)))
                self.assert_carries(client, first)
                self.assert_said_once(server, said)

    def test_a_dialer_that_cannot_start_starts_later(self):
        """However often it could not: no start is used up by it."""
        server, client, port = self.begin()
        with self.squeezed(server, "monitor"):
            _, refused = self.open_many(client, port, TRIES)
            self.assertEqual(len(refused), TRIES)
            for payload in refused:
                self.assert_short(payload, NO_FILES)
        self.assert_carries(client, client.open(direct(0, port)))
        self.assert_said_once(server, NO_FILES)

    def test_listeners_are_refused_and_tried_again(self):
        """A listener that has no descriptor fails; the next one works."""
        server, client, _ = self.begin()
        client.listen()
        with self.squeezed(server, "dialer"):
            for _ in range(3):
                client.send(handmade.listen())
                client.get(GLOBAL_FAILED)
        client.listen()
        self.assert_said_once(server, NO_FILES)

    def test_a_listener_waits(self):
        """Who connects to a listener meanwhile waits and is served then;
        nothing spins, and forwards go on."""
        server, client, port = self.begin()
        first = client.open(direct(0, port))
        listener = client.listen()
        pid = self.role(server, "dialer")
        with contextlib.ExitStack() as stack:
            with self.squeezed(server, "dialer"):
                for _ in range(3):
                    stack.enter_context(socket.create_connection(
                        ("127.0.0.1", listener), 10))
                self.assert_log(server, "cannot accept for a listener")
                self.assert_waits_quietly(server, pid)
                self.assert_carries(client, first)
            for _ in range(3):
                client.offered()
        self.assert_said_once(server, "cannot accept for a listener")

    def test_the_daemon_waits(self):
        """Clients wait in the queue and are served afterwards; connections
        that stand go on."""
        server, client, port = self.begin()
        first = client.open(direct(0, port))
        with self.squeezed(server, "daemon"):
            late = socket.create_connection(("127.0.0.1", server.port), 10)
            self.addCleanup(late.close)
            self.assert_log(server, f"accept: {NO_FILES}")
            self.assert_waits_quietly(server, server.pid)
            self.assert_carries(client, first)
        late.settimeout(20)
        self.assertTrue(late.recv(100).startswith(b"SSH-2.0-"))
        self.assert_said_once(server, f"accept: {NO_FILES}")


@on_portcullis
class InFlight(Squeeze):
    """The kernel takes no message with a descriptor from the user any more:
    unix(7), ETOOMANYREFS, which counts as ENOBUFS does."""

    FILES, UNREAD = 64, 200
    HOLDER = f"""import socket, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
socket.send_fds(ours, [b"x"], [0] * {UNREAD})
print("sent", flush=True)
sys.stdin.read()"""

    @contextlib.contextmanager
    def many_in_flight(self):
        """Descriptors of the user's that are sent and that nobody takes."""
        as_user = {"user": self.user.uid, "group": self.user.gid,
                   "extra_groups": []}
        with subprocess.Popen([sys.executable, "-c", self.HOLDER],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              cwd="/", **(as_user if ROOT else {})) as holder:
            self.assertEqual(holder.stdout.readline(), b"sent\n")
            yield

    def test_an_open_waits(self):
        """The answer of the dialer is sent again and again, without haste,
        until it is taken; what is open goes on."""
        server, client, port = self.begin()
        first = client.open(direct(0, port))
        self._limit(self.role(server, "dialer"), self.FILES)
        with self.many_in_flight():
            client.send(direct(1, port))
            with self.assertRaises(TimeoutError):
                client.get(OPENED, OPEN_FAILED, limit=1)
            self.assert_waits_quietly(server, server.pid)
            self.assert_carries(client, first)
        self.assert_carries(client, number(client.get(OPENED), 1))


@on_portcullis
class NoMemory(Squeeze):
    """A session that gets no memory any more."""

    @unittest.skipIf(LIGHT, "the sanitizer needs all of the address space")
    def test_only_its_connection_ends(self):
        """What a target does not take finds no room: the log says why, and the
        other connections go on."""
        server, client, port = self.begin()
        pid = self.role(server, "session")
        other = handmade.Client(server).login()
        self.addCleanup(other.close)
        beside = other.open(direct(0, port))
        sender = Sender(client, 0, self.target(Stuck).port)
        self._limit(pid, status_of(pid, "VmSize") << 10, "as")
        with self.assertRaises((EOFError, ConnectionError)):
            sender.fill()
        self.assert_log(server, "out of memory")
        self.assert_carries(other, beside)


@on_portcullis
class TurnedAway(Grants):
    """Strangers at a listener who are turned away."""

    def test_the_log_has_one_line_and_a_count(self):
        """Neither ListenFrom nor MaxForwards lets strangers fill the log."""
        for conf, forwards, keyword in (
                ("ListenFrom 10.0.0.0/8", 0, "ListenFrom"),
                ("MaxForwards 1", 1, "MaxForwards")):
            with self.subTest(keyword):
                server = self.serve(conf)
                client = handmade.Client(server).login()
                self.addCleanup(client.close)
                if forwards:
                    client.open(direct(0, self.target().port))
                port = client.listen()
                for _ in range(TRIES):
                    with socket.create_connection(("127.0.0.1", port), 10):
                        pass
                self.assert_log(server, "refused connection to listener")
                client.listen()  # all of them have been seen by now
                client.close()
                self.assert_log(server, rf"{TRIES - 1} more connections to "
                                rf"listeners were refused by {keyword}")
                self.assertEqual(
                    server.log().count("refused connection to listener"), 1)

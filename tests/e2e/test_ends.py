"""Every way in which a connection can end, over and over against one daemon:
each takes its processes, ports and sockets along, and the daemon is what it
was before."""

import contextlib
import itertools
import os
import pathlib
import re
import signal
import socket
import struct
import tempfile
import time
import unittest

import handmade
from handmade import DATA, direct, message
from harness import (FULL, LIGHT, ROOT, Case, Ssh, Target, dial, free_port,
                     listening, memory_kib, on_portcullis, open_files,
                     program_of, read_all, read_some, run_ssh, wait_for)
from paths import dial_path
from servers import zombies_of

COUNT = 1000 if FULL else 30 if LIGHT else 60
SLOW_EACH = 3     # of the ends that take seconds, beside the others
GROWTH_KIB = 64   # what a heap may still need after its first round
CONF = f"""LoginGraceTime {6 if LIGHT else 4}
MaxAuthTries 2
ClientAliveInterval 1
ClientAliveCountMax 3
StreamLocalBindUnlink yes
"""
ROLES = ("session", "monitor", "dialer", "pam")


def threads_of(pid):
    """How many threads a process has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def reset(sock):
    """End a TCP connection without a word: the peer sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


class Flood(Target):
    """Sends as long as anyone takes it."""

    def handle(self, sock):
        while True:
            sock.sendall(b"x" * 65536)


class Connection:
    """A stock client with a forward each way and a listener on a path, all of
    which stand; the processes of the server's side are known."""

    def __init__(self, case, data=False):
        self.case, self.server = case, case.server
        before = set(self.server.processes())
        self.local, self.remote = free_port(), free_port()
        self.path = pathlib.Path(tempfile.mkdtemp(
            prefix="ends-", dir=self.server.dir)) / "s"
        if ROOT:
            os.chown(self.path.parent, case.user.uid, case.user.gid)
        target = case.flood if data else case.echo
        here = f"127.0.0.1:{target.port}"
        self.client = Ssh(self.server, "-N", "-L", f"{self.local}:{here}",
                          "-R", f"{self.remote}:{here}", "-R",
                          f"{self.path}:{here}",
                          options=["ExitOnForwardFailure=yes"])
        case.addCleanup(self.client.stop, signal.SIGKILL)
        self.client.wait_listening(self.local)
        wait_for(self._path_listens, f"the path\n{self.client.err()}")
        self.socks = [dial(self.local), dial(self.remote)]
        for sock in self.socks:
            if not data:
                sock.sendall(b"ping")
            read_some(sock, 4)
        self.pids = set(self.server.processes()) - before

    def _path_listens(self):
        try:
            dial_path(self.path).close()
            return True
        except OSError:
            return False

    def pid(self, role):
        """The process of a role."""
        found = [p for p in self.pids
                 if program_of(p) == f"portcullis-{role}"]
        self.case.assertEqual(len(found), 1, role)
        return found[0]

    def gone(self):
        """The processes, ports and sockets of the server's side go."""
        wait_for(lambda: not self.pids & set(self.server.processes()),
                 "the processes to end, left: "
                 f"{[program_of(p) for p in self.pids]}")
        self.case.assertFalse(listening(self.remote))
        # As with sshd the file stays, but nobody is behind it.
        self.case.assertFalse(self._path_listens())
        self.client.stop(signal.SIGKILL)
        for sock in self.socks:
            read_all(sock)
            sock.close()
        self.path.unlink(missing_ok=True)
        self.path.parent.rmdir()


@on_portcullis
class Ends(Case):
    """COUNT connections, each ended in another way than the one before."""

    def setUp(self):
        super().setUp()
        self.echo, self.flood = self.target(), self.target(Flood)
        self.server = self.serve(CONF + ("UsePAM yes" if ROOT else ""))
        self.started = set(self.server.processes())

    # Ends that come at once.

    def end_forward_done(self):
        """ssh -W whose input ends."""
        got = run_ssh(self.server, "-W", f"127.0.0.1:{self.echo.port}",
                      send=b"ping")
        self.assertEqual(got.stdout, b"ping", got.stderr)

    def end_command_done(self):
        """A command that ends."""
        self.assertEqual(run_ssh(self.server, "--", "true").returncode, 0)

    def end_refused_login(self):
        """A key that nobody knows."""
        got = run_ssh(self.server, "-N", key="other_key")
        self.assertIn(b"Permission denied", got.stderr)

    def end_too_many_tries(self):
        """More keys than MaxAuthTries."""
        words = [w for name in ("other_key", "rsa_key", "ecdsa_key")
                 for w in ("-i", self.world.dir / name)]
        got = run_ssh(self.server, *words, "-N", key=None)
        self.assertIn(b"Too many authentication failures", got.stderr)

    def end_garbage(self):
        """Bytes that are no packet."""
        with dial(self.server.port) as sock:
            sock.sendall(b"SSH-2.0-x\r\n" + b"\xff" * 64)
            read_all(sock)

    def end_garbage_after_login(self):
        """Bytes that do not decrypt, while a forward stands."""
        client = handmade.Client(self.server).login()
        client.open(direct(1, self.echo.port))
        client.sock.sendall(os.urandom(4096))
        read_all(client.sock)
        client.close()

    def end_reset(self):
        """The network is gone while a forward stands."""
        client = handmade.Client(self.server).login()
        client.listen()
        chan = client.open(direct(1, self.echo.port))
        client.send(message(DATA, chan, b"ping"))
        client.get(DATA)
        reset(client.sock)

    def end_reset_before_login(self):
        """The network is gone after the key exchange."""
        reset(handmade.Client(self.server).sock)

    def end_reset_in_greeting(self):
        """The network is gone before anything was said."""
        reset(dial(self.server.port))

    def end_client_stopped(self):
        """The client leaves politely, with forwards open."""
        connection = Connection(self)
        connection.client.stop(signal.SIGTERM)
        connection.gone()

    def end_client_killed(self):
        """The client is killed while data flows."""
        connection = Connection(self, data=True)
        connection.client.stop(signal.SIGKILL)
        connection.gone()

    def end_role_killed(self, role, data):
        """A process of the server's side is killed."""
        connection = Connection(self, data=data)
        os.kill(connection.pid(role), signal.SIGKILL)
        if role == "dialer":  # which costs the listeners, nothing else
            wait_for(lambda: not listening(connection.remote), "listeners")
            connection.client.stop()
        connection.gone()

    # Ends that take their time.

    def late_silent(self):
        """Says nothing until LoginGraceTime is over."""
        sock = dial(self.server.port)
        return lambda: (read_all(sock), sock.close())

    def late_slow_login(self):
        """Agrees on keys and then says nothing."""
        client = handmade.Client(self.server)
        return lambda: (read_all(client.sock), client.close())

    def late_frozen(self):
        """Stops in its tracks: no answer, no end of the connection."""
        connection = Connection(self)
        os.kill(connection.client.pid, signal.SIGSTOP)
        return connection.gone

    def quick_ends(self):
        """What ends at once: names and functions."""
        found = [(name, getattr(self, name)) for name in sorted(dir(self))
                 if name.startswith("end_") and name != "end_role_killed"]
        for role in ROLES if ROOT else ROLES[:-1]:
            for data in (False, True):
                found.append((f"{role} killed, data {data}",
                              lambda r=role, d=data:
                              self.end_role_killed(r, d)))
        return found

    def slow_ends(self):
        """Begin the slow ones: names and what waits for their ends."""
        return [(name, getattr(self, name)())
                for name in ("late_silent", "late_slow_login", "late_frozen")]

    def settled(self):
        """Wait until only the daemon is left; what it holds."""
        wait_for(lambda: set(self.server.processes()) <= self.started,
                 "all connections to end")
        pid = self.server.pid
        wait_for(lambda: not zombies_of(pid), "zombies to be collected")
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return {"descriptors": open_files(pid) if ROOT else 0,
                "threads": threads_of(pid), "private KiB": memory_kib(pid),
                "resident KiB": int(re.search(r"VmRSS:\s+(\d+)", text)[1])}

    @contextlib.contextmanager
    def named(self, name):
        """What goes wrong is told with the name of the end."""
        try:
            yield
        except Exception as error:
            error.add_note(f"the connection's end: {name}")
            raise

    def rounds(self, count):
        """So many connections."""
        slow, ends = [], self.quick_ends()
        for _ in range(min(SLOW_EACH, count // 20) or 1):
            slow += self.slow_ends()
        late = set(self.server.processes()) - self.started
        for name, run in itertools.islice(itertools.cycle(ends),
                                          count - len(slow)):
            with self.named(name):
                run()
                wait_for(lambda: set(self.server.processes())
                         <= self.started | late, "it to be over")
        for name, finish in slow:
            with self.named(name):
                finish()

    def test_nothing_is_left(self):
        """No process, descriptor, thread, port or memory is left."""
        ends = self.quick_ends()
        self.rounds(len(ends) + 3)   # one of each, so that all is warm
        before = self.settled()
        start = time.monotonic()
        self.rounds(COUNT - len(ends) - 3)
        after = self.settled()
        if FULL:
            print(f"{COUNT} connections: {before} before, {after} after, "
                  f"{time.monotonic() - start:.0f} s")
        self.assertEqual(after["descriptors"], before["descriptors"])
        self.assertEqual(after["threads"], before["threads"])
        if not LIGHT:   # sanitizers keep what was freed, and look for leaks
            self.assertLessEqual(after["private KiB"],
                                 before["private KiB"] + GROWTH_KIB)
        self.assertIsNone(self.server.process.poll())
        self.end_forward_done()


if __name__ == "__main__":
    unittest.main()

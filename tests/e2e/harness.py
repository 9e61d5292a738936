"""What a test file imports: the base class, the two servers, the clients and
the targets.

Run one test:   cd tests/e2e && /usr/bin/python3 -m unittest -v test_sessions
Run them all:   tests/e2e/run.py
"""

import contextlib
import os
import sys
import unittest

from clients import Socks, Ssh, ask, dial, run_ssh, ssh_argv  # noqa: F401
from servers import (BIN, Portcullis, Sshd, descendants,      # noqa: F401
                     memory_kib, open_files, program_of)
from targets import (LIMIT, Bulk, EarlyEnd, Late, Recorder,   # noqa: F401
                     Relay, Stuck, Target, exchange, free_port, listening,
                     read_all, read_some, wait_for)
from world import REPO, ROOT, world                           # noqa: F401

LIGHT = bool(os.environ.get("PORTCULLIS_LIGHT"))  # under sanitizers
FULL = bool(os.environ.get("PORTCULLIS_FULL"))    # the heavy runs too
BIN_IS_REPO = BIN == REPO / "build" / "bin"
CHOSEN = os.environ.get("PORTCULLIS_SERVERS", "sshd,portcullis").split(",")

needs_root = unittest.skipUnless(ROOT, "needs root")
needs_no_root = unittest.skipIf(ROOT, "needs an ordinary user")


def _has_ipv6():
    with contextlib.suppress(OSError):
        with open("/proc/net/if_inet6", encoding="ascii") as table:
            return "lo\n" in table.read()
    return False


HAS_IPV6 = _has_ipv6()
needs_ipv6 = unittest.skipUnless(HAS_IPV6, "needs ::1")


def _variant(cls, server):
    name = f"{cls.__name__}On{server.__name__}"
    return type(name, (cls,), {"server_class": server,
                               "__doc__": cls.__doc__,
                               "__module__": cls.__module__})


def on_both(cls, servers=(Sshd, Portcullis)):
    """Run the tests of this class against sshd and against Portcullis.

    The class itself is replaced by one subclass per server in its module."""
    module = sys.modules[cls.__module__]
    for server in servers:
        if server.name in CHOSEN:
            variant = _variant(cls, server)
            setattr(module, variant.__name__, variant)
    return None


def on_both_in_full(cls):
    """The same, but against sshd only with PORTCULLIS_FULL: it shows what a
    client does, which seldom changes."""
    return on_both(cls, (Sshd, Portcullis) if FULL else (Portcullis,))


def on_portcullis(cls):
    """Run the tests of this class against Portcullis only."""
    return cls if Portcullis.name in CHOSEN else None


class Case(unittest.TestCase):
    """A test with servers and clients that end with it, and with the
    servers' logs in the message when it fails."""

    server_class = Portcullis

    def setUp(self):
        self.world = world()
        self.user = self.world.account()
        self.servers, self.clients = [], []

    @property
    def ours(self):
        """Is Portcullis the server under test?"""
        return self.server_class is Portcullis

    def prepare(self, conf="", match="", cls=None, **kw):
        """A server that is not started."""
        server = (cls or self.server_class)(conf, match, **kw)
        self.servers.append(server)
        self.addCleanup(server.stop)
        return server

    def serve(self, conf="", match="", **kw):
        """A running server."""
        return self.prepare(conf, match, **kw).start()

    def ssh(self, server, *args, **kw):
        """Run the stock client to its end."""
        return run_ssh(server, *args, **kw)

    def client(self, server, *args, **kw):
        """A stock client that stays."""
        client = Ssh(server, *args, **kw)
        self.clients.append(client)
        self.addCleanup(client.stop)
        return client

    def hold(self, server, *args, ready=None, **kw):
        """An ssh -N whose forwards stand, shown by the port `ready`."""
        kw["options"] = ["ExitOnForwardFailure=yes", *kw.get("options", ())]
        client = self.client(server, "-N", *args, **kw)
        if ready:
            client.wait_listening(ready)
        return client

    def local(self, server, target, **kw):
        """The local port of an ssh -L to a target."""
        port = free_port()
        host = f"[{target.host}]" if ":" in target.host else target.host
        self.hold(server, "-L", f"127.0.0.1:{port}:{host}:{target.port}",
                  ready=port, **kw)
        return port

    def socks(self, server, **kw):
        """An ssh -D to open arbitrary targets through."""
        port = free_port()
        client = self.hold(server, "-D", f"127.0.0.1:{port}", ready=port,
                           **kw)
        return Socks(client, port)

    def target(self, cls=Target, **kw):
        """A service at the far end."""
        target = cls(**kw)
        self.addCleanup(target.close)
        return target

    def assert_log(self, server, pattern, count=1):
        """A line of the server's log matches, soon."""
        return server.wait_log(pattern, count)

    def _notes(self, error):
        for server in self.servers:
            error.add_note(f"--- {server.name}'s log:\n{server.log()[-6000:]}")

    @contextlib.contextmanager
    def subTest(self, msg=unittest.case._subtest_msg_sentinel, **params):
        with super().subTest(msg, **params):
            try:
                yield
            except Exception as error:
                self._notes(error)
                raise

    def _callTestMethod(self, method):
        try:
            super()._callTestMethod(method)
        except Exception as error:
            if not isinstance(error, unittest.SkipTest):
                self._notes(error)
            raise

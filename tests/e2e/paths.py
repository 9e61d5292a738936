"""What the tests of Unix sockets share: sockets in the file system, a folder
for them, and clients that forward them."""

import os
import pathlib
import socket
import tempfile

from harness import Case, dial, free_port, read_some, wait_for

STRICT = ["ExitOnForwardFailure=yes"]
FAILED = "remote port forwarding failed for listen path"


def dial_path(path):
    """Connect to a path."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    try:
        sock.connect(str(path))
    except OSError:
        sock.close()
        raise
    return sock


def dial_end(end):
    """Connect to a port or to a path."""
    return dial(end) if isinstance(end, int) else dial_path(end)


def ask_path(path, data=b"ping"):
    """Send data to an echo service and read as much back."""
    with dial_path(path) as sock:
        try:
            sock.sendall(data)
        except OSError:
            pass
        return read_some(sock, len(data))


def is_listening(path):
    """Does somebody accept on this path?"""
    try:
        dial_path(path).close()
    except OSError:
        return False
    return True


class Paths(Case):
    """A folder of the user's in which both sides have their sockets."""

    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="s",
                                                 dir=self.world.dir))
        self.dir.chmod(0o755)
        os.chown(self.dir, self.user.uid, self.user.gid)

    def remote(self, server, path, target, *args):
        """An ssh -R of a path; returns when the server listens on it."""
        client = self.client(server, "-N", *args, "-R", f"{path}:{target}",
                             options=STRICT)
        wait_for(lambda: is_listening(path) or client.process.poll()
                 is not None, f"{path} to open\n{client.err()}")
        self.assertIsNone(client.process.poll(), client.err())
        return client

    def refused(self, server, path):
        """What the client says of an ssh -R of a path that must fail."""
        got = self.ssh(server, "-v", "-N", "-R", f"{path}:127.0.0.1:9",
                       options=STRICT)
        said = got.stderr.decode()
        self.assertEqual(got.returncode, 255, said)
        self.assertIn(f"{FAILED} {path}", said)
        return said

    def local(self, server, path):
        """The port of an ssh -L to a path, and its client."""
        port = free_port()
        client = self.hold(server, "-L", f"127.0.0.1:{port}:{path}",
                           ready=port)
        return port, client

    def dead(self, path):
        """A socket that all may connect to and nobody listens on."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
        path.chmod(0o777)
        os.chown(path, self.user.uid, self.user.gid)

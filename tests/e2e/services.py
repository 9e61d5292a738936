"""Real services for the heavy tests: started on a free port of loopback, in a
directory of their own, as a throw-away user, and ended by process id."""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import unittest

from harness import free_port, listening, wait_for, world
from world import ROOT, quiet


def find(name, package, *patterns):
    """The path of a program; without it the test is skipped, loudly."""
    for pattern in patterns:
        found = sorted(glob.glob(pattern))
        if found:
            return found[-1]
    path = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:"
                        "/usr/sbin:/usr/bin:/sbin:/bin")
    if not path:
        raise unittest.SkipTest(f"{package} is not there: no {name}")
    return path


def environment(home):
    """A small fixed environment."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
            "HOME": str(home)}


def as_user(argv, suffix="b"):
    """The same command as one of the run's throw-away users."""
    who = world().account(suffix)
    if not ROOT:
        return list(map(str, argv))
    return ["setpriv", f"--reuid={who.uid}", f"--regid={who.gid}",
            "--clear-groups", "--", *map(str, argv)]


class Service:
    """A daemon in the foreground that listens on one port."""

    def __init__(self, argv, port, place):
        self.port = port
        self.log = place / "service.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                as_user(argv), stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=environment(place), cwd=place,
                start_new_session=True)
        try:
            wait_for(lambda: listening(port)
                     or self.process.poll() is not None, "it to listen")
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text(errors="replace"))
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        """End it, gently first."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)


def place_for(name):
    """A directory that belongs to the throw-away user."""
    who = world().account("b")
    place = world().dir / f"{name}-{free_port()}"
    place.mkdir(mode=0o700)
    os.chown(place, who.uid, who.gid)
    return place


def postgres():
    """A PostgreSQL that trusts its loopback."""
    initdb = find("initdb", "postgresql", "/usr/lib/postgresql/*/bin/initdb")
    place, port = place_for("postgres"), free_port()
    quiet(*as_user([initdb, "-D", place / "data", "-U", "tester", "-A",
                    "trust", "--no-sync", "-E", "UTF8", "--locale=C"]),
          env=environment(place), cwd=place)
    return Service([os.path.dirname(initdb) + "/postgres", "-D",
                    place / "data", "-p", port, "-c",
                    "listen_addresses=127.0.0.1", "-c",
                    "unix_socket_directories=", "-c", "fsync=off"],
                   port, place)


def redis():
    """A Redis that writes nothing to disk."""
    program = find("redis-server", "redis-server")
    place, port = place_for("redis"), free_port()
    return Service([program, "--port", port, "--bind", "127.0.0.1", "--save",
                    "", "--appendonly", "no", "--dir", place], port, place)


def http2(root):
    """An HTTP/2 server (TLS, self-signed) for the files in a directory."""
    program = find("nghttpd", "nghttp2-server")
    openssl = find("openssl", "openssl")
    place, port = place_for("http2"), free_port()
    quiet(*as_user([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-keyout", place / "key",
                    "-out", place / "cert"]), env=environment(place),
          cwd=place)
    return Service([program, "-a", "127.0.0.1", "-d", root, port,
                    place / "key", place / "cert"], port, place)

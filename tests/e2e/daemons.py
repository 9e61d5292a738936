"""What the tests of the daemon as a service share: descriptors and sockets
that a service manager or inetd would pass, and daemons that detach."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys

from servers import stat_of
from targets import wait_for
from world import start_time

# Descriptors are put at 3 and up, then the program runs in our place.
PASS = """
import fcntl, os, sys
count = int(sys.argv[1])
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[2:2+count]]
for number, fd in enumerate(fds):
    os.dup2(fd, 3 + number, inheritable=True)
os.closerange(100, 200)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.environ.setdefault("LISTEN_FDS", str(count))
program = sys.argv[2 + count:]
os.execv(program[0], program)
"""


def passing(files):
    """Words in front of a program that is passed these open files."""
    fds = [str(f.fileno()) for f in files]
    return [sys.executable, "-c", PASS, str(len(fds)), *fds]


def start_passing(server, files, *args, **env):
    """Start a daemon with these files as LISTEN_FDS."""
    with open(server.log_file, "ab") as log:
        server.process = subprocess.Popen(
            passing(files) + server.command("-D", "-e", "-f", server.conf,
                                            *args),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            env={**server.environment(), **env}, start_new_session=True,
            pass_fds=[f.fileno() for f in files])
    return server


def listener(port, host="127.0.0.1"):
    """A listening socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(64)
    return sock


class Manager:
    """The end of NOTIFY_SOCKET that a service manager holds."""

    def __init__(self, address):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(address.replace("@", "\0", 1)
                       if address.startswith("@") else address)
        self.sock.settimeout(20)

    def next(self):
        """The next message, as a dictionary."""
        text = self.sock.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    def close(self):
        """Nobody is told anything more."""
        self.sock.close()


def is_gone(pid):
    """Has this process ended?"""
    return (stat_of(pid) or (0, "Z"))[1] == "Z"


@contextlib.contextmanager
def detached(server, *args, status=0):
    """Start a daemon that detaches; gives what the parent left, and ends the
    daemon by the process id of its pid file.  sshd's parent does not wait for
    that file, ours does."""
    got = server.run(*args)
    assert got.returncode == status, got
    if server.name == "sshd":
        wait_for(lambda: server.pid_file.exists()
                 and server.pid_file.read_text().endswith("\n"),
                 "the pid file")
    pid = int(server.pid_file.read_text())
    begun = start_time(pid)
    try:
        yield got, pid
    finally:
        if start_time(pid) == begun:
            os.kill(pid, signal.SIGTERM)
    wait_for(lambda: is_gone(pid), "the daemon to end")


def session_of(pid):
    """The session of a process, and its controlling terminal."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    fields = text.rpartition(")")[2].split()
    return int(fields[3]), int(fields[4])

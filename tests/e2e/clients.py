"""The stock client: ssh in the foreground, ssh that holds forwards open, and
SOCKS through it."""

import os
import signal
import socket
import struct
import subprocess
import tempfile
import time

from targets import LIMIT, listening, read_some, wait_for
from world import world


def ssh_argv(server, args, user=None, key="key", options=(), password=False,
             port=None, program="ssh"):
    """The argv of one stock client that depends on nothing of this account."""
    here = world()
    words = [program, "-F", "/dev/null"]
    # The first value of an option wins, so a test's own come before.
    settings = [*options, f"UserKnownHostsFile={here.dir}/known_hosts",
                "GlobalKnownHostsFile=/dev/null", "HostKeyAlias=pct",
                "StrictHostKeyChecking=yes", "UpdateHostKeys=no",
                "ConnectTimeout=15", "ControlPath=none"]
    if password:
        settings += ["PubkeyAuthentication=no", "NumberOfPasswordPrompts=1"]
    else:
        settings += ["IdentitiesOnly=yes", "IdentityAgent=none",
                     "BatchMode=yes"]
        words += ["-i", f"{here.dir}/{key}"] if key else []
    for setting in settings:
        words += ["-o", setting]
    words += ["-p", str(port or server.port), "-l",
              user or here.account().name]
    # The destination ends the options; what follows is the remote command.
    args = [str(a) for a in args]
    cut = args.index("--") if "--" in args else len(args)
    return words + args[:cut] + ["127.0.0.1"] + args[cut + 1:]


def client_env(password=None, asked=None, askpass=None):
    """The client's environment: no agent, and a password when one is given."""
    env = {"PATH": os.environ["PATH"], "LANG": "C",
           "HOME": str(world().dir)}
    if password is not None:
        env.update(SSH_ASKPASS=str(askpass or world().dir / "askpass"),
                   SSH_ASKPASS_REQUIRE="force", DISPLAY="none",
                   PCT_PASSWORD=password, PCT_ASKED=str(asked or "/dev/null"))
    return env


def run_ssh(server, *args, send=b"", timeout=LIMIT, password=None, asked=None,
            askpass=None, **kw):
    """Run ssh to its end with this input."""
    argv = ssh_argv(server, args, password=password is not None, **kw)
    return subprocess.run(argv, input=send, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout,
                          env=client_env(password, asked, askpass))


class Ssh:
    """An ssh that stays: what it writes to stderr can be waited for."""

    def __init__(self, server, *args, password=None, stdin=None,
                 stdout=None, **kw):
        place, self.err_file = tempfile.mkstemp(prefix="ssh-",
                                                dir=server.dir)
        argv = ssh_argv(server, args, password=password is not None, **kw)
        self.process = subprocess.Popen(
            argv, stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE, stderr=place,
            env=client_env(password), start_new_session=True)
        os.close(place)

    @property
    def pid(self):
        """The client's process id."""
        return self.process.pid

    def err(self):
        """What the client said so far."""
        with open(self.err_file, encoding="utf-8", errors="replace") as text:
            return text.read().replace("\r\n", "\n")

    def wait_err(self, text, count=1, limit=LIMIT):
        """Wait until the client has said this so many times."""
        wait_for(lambda: self.err().count(text) >= count,
                 f"ssh to say {text!r}, it said:\n{self.err()}", limit)
        return self.err()

    def wait_listening(self, port, limit=LIMIT):
        """Wait until a port of a forward stands open."""
        wait_for(lambda: listening(port) or self.process.poll() is not None,
                 f"port {port} to open\n{self.err()}", limit)
        if self.process.poll() is not None:
            raise AssertionError(f"ssh ended {self.process.returncode}: "
                                 f"{self.err()}")
        return self

    def wait(self, limit=LIMIT):
        """The exit status of a client that ends on its own."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"ssh did not end in {limit} s:\n"
                                 f"{self.err()}") from None

    def stop(self, number=signal.SIGTERM):
        """End the client."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        for stream in (self.process.stdout, self.process.stdin):
            if stream:
                try:
                    stream.close()
                except OSError:
                    pass


def dial(port, host="127.0.0.1", limit=LIMIT):
    """Connect to a local port."""
    return socket.create_connection((host, port), limit)


def ask(port, data=b"ping", host="127.0.0.1", limit=LIMIT):
    """Send data to an echo service and read as much back."""
    with dial(port, host, limit) as sock:
        try:
            sock.sendall(data)
        except OSError:
            pass
        return read_some(sock, len(data), limit)


class Socks:
    """Opens any host string and port through one ssh -D."""

    def __init__(self, client, port):
        self.client, self.port = client, port

    def begin(self, host, port):
        """A connection whose open has been asked for, not yet answered."""
        sock = dial(self.port)
        name = host.encode("latin-1")
        sock.sendall(b"\5\1\0")
        read_some(sock, 2)
        sock.sendall(b"\5\1\0\3" + bytes([len(name)]) + name
                     + struct.pack(">H", port))
        return sock

    def dial(self, host, port):
        """A connection that the server has granted, or that is at its
        end."""
        sock = self.begin(host, port)
        read_some(sock, 10)
        return sock

    def try_open(self, host, port, data=b"ping"):
        """'' when an echo service answered, else ssh's words of refusal."""
        before = self.client.err()
        with self.dial(host, port) as sock:
            try:
                sock.sendall(data)
            except OSError:
                pass
            if read_some(sock, len(data)) == data:
                return ""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            said = self.client.err()[len(before):]
            if "\n" in said:
                return said.strip()
            time.sleep(0.02)
        return "closed without a word"

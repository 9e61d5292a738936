"""How the clients of the matrix are started, and what they say meanwhile."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from harness import BIN, ROOT, listening, wait_for, world

HERE = pathlib.Path(__file__).resolve().parent


class Running:
    """A client that runs: its process and what it has said."""

    def __init__(self, argv, env, place, stdin=subprocess.DEVNULL):
        handle, self.said_file = tempfile.mkstemp(prefix="client-", dir=place)
        self.argv = argv
        self.process = subprocess.Popen(
            argv, stdin=stdin, stdout=handle, stderr=handle, env=env,
            cwd=place, start_new_session=True)
        os.close(handle)

    def said(self):
        """Everything the client wrote so far."""
        return pathlib.Path(self.said_file).read_text(errors="replace")

    def wait_said(self, pattern):
        """Wait until the client has said this; the match."""
        return wait_for(lambda: re.search(pattern, self.said()),
                        f"{self.argv} to say {pattern!r}: {self.said()}")

    def wait_listening(self, port):
        """Wait until a port of this client stands open."""
        wait_for(lambda: listening(port) or self.process.poll() is not None,
                 f"{self.argv} to open {port}: {self.said()}")
        if self.process.poll() is not None:
            raise AssertionError(f"{self.argv} ended "
                                 f"{self.process.returncode}: {self.said()}")
        return self

    def tell(self, line):
        """Write a line to the client's input."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def stop(self):
        """End the client."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        if self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.close()


class Tool:
    """How one client is started."""

    program = ""                 # a name in PATH or an absolute path
    package = ""                 # where it comes from
    methods = ("key", "password", "keyboard")
    said_port = r"[Aa]llocated (?:port )?(\d+)"

    def missing(self):
        """Why this client cannot run here, '' when it can."""
        if shutil.which(self.program):
            return ""
        return f"{self.package} is not there: no {self.program}"

    def argv(self, server, method, words):
        """The command line for these forwards."""
        raise NotImplementedError

    def env(self, server, method):
        """The environment: no agent, no display, a home of its own."""
        return {"PATH": os.environ["PATH"], "LANG": "C",
                "HOME": str(server.dir)}

    def stdio(self, host, port):
        """The words that join standard input and output to a target."""
        return ["-W", f"{host}:{port}"]

    def wait_remote(self, running, port):
        """Wait until a -R stands and the client is ready for it."""
        running.wait_listening(port)

    def cancel(self, running, server, spec):
        """Take back a -R on a running connection."""
        del server, spec
        running.tell("cancel")


class Program(Tool):
    """A small program of this folder around a library; all of them take the
    same words (clients/README)."""

    said_port = r"allocated (\d+)"

    def __init__(self, *command, package, needs=""):
        self.command, self.package = command, package
        self.program, self.needs = command[0], needs

    def wait_remote(self, running, port):
        # The server listens before the library has read its answer, and
        # refuses channels until then.
        running.wait_listening(port).wait_said(f"allocated {port}")

    def missing(self):
        """Also when the interpreter is there and the library is not."""
        why = super().missing()
        if not why and self.needs and subprocess.run(
                [self.program, "-c", f"import {self.needs}"],
                stderr=subprocess.DEVNULL, check=False).returncode:
            why = f"{self.package} is not there"
        return why

    def argv(self, server, method, words):
        here = world()
        return [*self.command, "-p", str(server.port), "-l",
                here.account().name, "-k", f"{here.dir}/host_key.pub",
                "-i", f"{here.dir}/key", "-a", method, *words]

    def env(self, server, method):
        return {**super().env(server, method),
                "PCT_PASSWORD": world().password if ROOT else ""}


def python_program(name, package, needs):
    """A Python program of the folder clients/."""
    return Program("/usr/bin/python3", str(HERE / "clients" / name),
                   package=package, needs=needs)


def c_program(name, package):
    """A C program of the folder clients/, built with the unit tests."""
    return Program(str(BIN.parent / "tests" / name), package=package)

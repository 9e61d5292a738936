"""The servers under test: Debian's sshd, which is the oracle, and Portcullis.

Both take the same configuration file and the same signals, so one test can
run against either.
"""

import os
import pathlib
import re
import signal
import subprocess
import tempfile

from targets import free_port, listening, wait_for
from world import ROOT, REPO, process_is, start_time, world

BIN = pathlib.Path(os.environ.get("PORTCULLIS_BIN") or REPO / "build" / "bin")
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:")


def stat_of(pid):
    """The parent and the state of a process, None when it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), fields[0]


def program_of(pid):
    """The file name of the program a process runs."""
    try:
        argv = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return os.path.basename(argv.split(b"\0")[0].decode(errors="replace"))


def descendants(pid):
    """The process ids below this one, zombies left out."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = stat_of(name)
            if stat and stat[1] != "Z":
                children.setdefault(stat[0], []).append(int(name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def zombies_of(pid):
    """The ended children that a daemon has not collected."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        if stat_of(name) == (pid, "Z"):
            found.append(int(name))
    return found


def open_files(pid):
    """How many descriptors a process holds."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory_kib(pid):
    """The resident and peak memory of a process that is its own."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", text)[1])


class Server:
    """One daemon in the foreground with its own directory, port and log."""

    name = ""
    program = None
    prefix = ()     # words in front of the program, for instance unshare
    relief = ()     # lines so that what tests do is not held against them

    def __init__(self, conf="", match="", keys=None, args=(), port=None,
                 base=True, host_key="host_key", prefix=()):
        place = tempfile.mkdtemp(prefix=f"{self.name}-", dir=world().dir)
        self.dir = pathlib.Path(place)
        self.dir.chmod(0o755)
        (self.dir / "keys").mkdir(mode=0o755)
        self.conf = self.dir / "conf"
        self.log_file = self.dir / "log"
        self.pid_file = self.dir / "pid"
        self.port = port or free_port()
        self.fixed_port = port is not None
        self.args = [str(a) for a in args]
        self.prefix = tuple(prefix)
        self.parts = (conf, match, base, host_key)
        self.process = None
        self.seen = {}     # descendants met so far: pid -> start time
        self.exit_status = None
        self.write_conf(conf, match)
        who = world().account()
        self.authorize(who.name, world().public() if keys is None else keys)

    def write_conf(self, conf, match=""):
        """Write the configuration: conf comes first, so its line numbers are
        the file's, then what every test needs, then the Match blocks."""
        _, _, base, host_key = self.parts
        lines = [conf.rstrip("\n")] if conf else []
        if base:
            lines += [f"Port {self.port}", "ListenAddress 127.0.0.1",
                      f"HostKey {world().dir / host_key}",
                      f"PidFile {self.pid_file}",
                      f"AuthorizedKeysFile {self.dir}/keys/%u",
                      "UsePAM no", "PasswordAuthentication no",
                      "KbdInteractiveAuthentication no", *self.relief]
        if base and not ROOT:
            lines.append("StrictModes no")
        self.conf.write_text("\n".join(lines + [match]).rstrip("\n") + "\n")
        self.parts = (conf, match, base, host_key)

    def authorize(self, user, lines):
        """Replace the authorized keys of a user."""
        text = lines if isinstance(lines, str) else "\n".join(lines)
        path = self.dir / "keys" / user
        path.write_text(text + "\n")
        path.chmod(0o644)

    def command(self, *args):
        """The argv of this server's program."""
        return [*self.prefix, str(self.program), *map(str, args)]

    def run(self, *args, timeout=20, conf=True):
        """Run the program to its end, for -t, -T and failing starts."""
        argv = self.command(*(("-f", self.conf) if conf else ()), *args)
        return subprocess.run(argv, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout, env=self.environment(),
                              text=True, errors="replace")

    def environment(self):
        """A small fixed environment; sanitizer settings pass through."""
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}
        env.update({k: v for k, v in os.environ.items()
                    if k.endswith("SAN_OPTIONS")})
        return env

    def spawn(self):
        """Start the daemon without waiting for it."""
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                self.command("-D", "-e", "-f", self.conf, *self.args),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment(), cwd="/", start_new_session=True)
        return self

    def start(self):
        """Start the daemon and wait until it listens."""
        if not self.program.exists():
            raise AssertionError(f"{self.program} has not been built")
        for attempt in range(3):
            self.spawn()
            wait_for(lambda: self.up() or self.process.poll() is not None,
                     f"{self.name} to listen\n{self.log()}")
            if self.process.poll() is None:
                return self
            in_use = "Address already in use" in self.log()
            if self.fixed_port or not in_use or attempt == 2:
                break
            self.port = free_port()
            self.write_conf(*self.parts[:2])
        raise AssertionError(f"{self.name} did not start:\n{self.log()}")

    def up(self):
        """Has the daemon said that it listens, and does it?"""
        return "Server listening on" in self.log() and listening(self.port)

    @property
    def pid(self):
        """The process id of the daemon."""
        return self.process.pid

    def log(self):
        """Everything logged so far."""
        if not self.log_file.exists():
            return ""
        text = self.log_file.read_bytes().decode(errors="replace")
        return text.replace("\r\n", "\n")

    def wait_log(self, pattern, count=1, limit=10):
        """Wait for a line that matches; returns the last match."""
        def probe():
            found = list(re.finditer(pattern, self.log(), re.M))
            return found[-1] if len(found) >= count else None
        return wait_for(probe, f"log line {pattern!r}\n{self.log()}", limit)

    def processes(self):
        """The processes of all connections, the daemon left out."""
        if self.process is None:
            return []
        found = descendants(self.pid)
        for pid in found:
            self.seen.setdefault(pid, start_time(pid))
        return found

    def wait_idle(self, limit=10):
        """Wait until no process of a connection is left."""
        wait_for(lambda: not self.processes(),
                 f"{self.name}'s connections to end, left: "
                 f"{[(p, program_of(p)) for p in self.processes()]}", limit)

    def signal(self, number):
        """Send the daemon a signal."""
        os.kill(self.pid, number)

    def stop(self):
        """End the daemon and everything below it, by process id."""
        if self.process is None:
            return
        self.processes()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.exit_status = self.process.returncode
        for pid, start in self.seen.items():
            if start and process_is(pid, start):
                os.kill(pid, signal.SIGKILL)
        if SANITIZER.search(self.log()):
            raise AssertionError(f"a sanitizer spoke:\n{self.log()}")


class Sshd(Server):
    """Debian's own server, the oracle."""

    name = "sshd"
    program = pathlib.Path("/usr/sbin/sshd")
    refused = r"administratively prohibited: open failed"


class Portcullis(Server):
    """The server of this repository."""

    name = "portcullis"
    program = BIN / "portcullisd"
    relief = ("PerSourcePenalties no", "MaxStartups 100")
    refused = r"administratively prohibited: not permitted"

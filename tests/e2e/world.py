"""What one test run borrows from the machine: a directory, throw-away users
and groups, the PAM service file and the account _portcullis.

Everything is given back when the run ends.  A run that was killed is cleaned
up by the next one.  Without root the invoking user plays every part.
"""

import atexit
import collections
import contextlib
import fcntl
import grp
import os
import pathlib
import pwd
import secrets
import shutil
import subprocess
import time

ROOT = os.geteuid() == 0
REPO = pathlib.Path(__file__).resolve().parents[2]
SERVICE = pathlib.Path("/etc/pam.d/portcullis")
ACCOUNT = "_portcullis"
KEEP = pathlib.Path("/var/lib/portcullis-tests")
LOCK = "/var/lib/portcullis-tests.lock"

Account = collections.namedtuple("Account", "name uid gid home password")


def quiet(*argv, check=True, **kw):
    """Run a command that has nothing to say unless it fails."""
    done = subprocess.run([str(a) for a in argv], stdin=kw.pop(
        "stdin", subprocess.DEVNULL) if "input" not in kw else None,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, **kw)
    if check and done.returncode:
        raise RuntimeError(f"{argv}: {done.stdout!r}")
    return done


@contextlib.contextmanager
def machine_lock():
    """One process at a time changes the machine's accounts and files."""
    with open(LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def process_is(pid, start):
    """True while the process with this id and start time is alive."""
    return start_time(pid) == start


def start_time(pid):
    """The start time of a process in clock ticks, None when it is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


class World:
    """The directory, accounts and keys of one run."""

    def __init__(self, path=None):
        self.owner = path is None
        self.dir = pathlib.Path(path) if path else self._new_dir()
        self.tag = self.dir.name.rpartition("-")[2]
        if self.owner:
            os.environ["PORTCULLIS_TEST_DIR"] = str(self.dir)
            atexit.register(self.close)
            self._fill()

    def _new_dir(self):
        base = pathlib.Path("/var/lib") if ROOT else pathlib.Path.home()
        prefix = "pct-" if ROOT else ".pct-"
        path = base / f"{prefix}{secrets.token_hex(2)}"
        path.mkdir(mode=0o755)
        (path / "owner").write_text(f"{os.getpid()} {start_time(os.getpid())}")
        return path

    def _fill(self):
        for name in ("host_key", "other_host_key", "key", "other_key"):
            quiet("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name,
                  "-f", self.dir / name)
        quiet("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C",
              "rsa_key", "-f", self.dir / "rsa_key")
        quiet("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-C", "ecdsa_key",
              "-f", self.dir / "ecdsa_key")
        askpass = self.dir / "askpass"
        askpass.write_text('#!/bin/sh\nprintf \'%s\\n\' "$1" >>"$PCT_ASKED"\n'
                           'printf \'%s\\n\' "$PCT_PASSWORD"\n')
        askpass.chmod(0o755)
        hosts = self.dir / "known_hosts"
        hosts.write_text("pct " + (self.dir / "host_key.pub").read_text())
        if ROOT:
            (self.dir / "home").mkdir(mode=0o755)
            with machine_lock():
                _bury_the_dead(self.dir)
                _borrow()
            self.add_group("g")
            self.add_user("a", groups=["g"])
            self.add_user("b")

    def name(self, suffix):
        """The full name of this run's user or group."""
        return f"pct{self.tag}{suffix}"

    def account(self, suffix="a"):
        """A throw-away user of this run; without root: the invoking user."""
        if not ROOT:
            who = pwd.getpwuid(os.geteuid())
            return Account(who.pw_name, who.pw_uid, who.pw_gid,
                           pathlib.Path(who.pw_dir), None)
        who = pwd.getpwnam(self.name(suffix))
        return Account(who.pw_name, who.pw_uid, who.pw_gid,
                       pathlib.Path(who.pw_dir), self.password)

    @property
    def password(self):
        """The password of every throw-away user."""
        return f"right-{self.tag}"

    def add_group(self, suffix):
        """Create a group of this run."""
        with machine_lock():
            quiet("groupadd", self.name(suffix))
        return self.name(suffix)

    def add_user(self, suffix, groups=(), shell="/bin/sh"):
        """Create a user of this run, with a home and a known password."""
        name, home = self.name(suffix), self.dir / "home" / suffix
        argv = ["useradd", "-M", "-d", home, "-s", shell, "-U"]
        if groups:
            argv += ["-G", ",".join(self.name(g) for g in groups)]
        with machine_lock():
            quiet(*argv, name)
            quiet("chpasswd", input=f"{name}:{self.password}\n".encode())
        who = self.account(suffix)
        home.mkdir(mode=0o755, exist_ok=True)
        os.chown(home, who.uid, who.gid)
        return who

    def public(self, name="key"):
        """The public half of one of the run's keys, as one line."""
        return (self.dir / f"{name}.pub").read_text().strip()

    def fingerprint(self, name="key"):
        """The SHA256 fingerprint of one of the run's keys."""
        done = quiet("ssh-keygen", "-lf", self.dir / f"{name}.pub")
        return done.stdout.decode().split()[1]

    def close(self):
        """Give everything back; only the owner does it, and only once."""
        if not self.owner or not self.dir.exists():
            return
        if os.environ.get("PORTCULLIS_TEST_KEEP"):
            print(f"kept: {self.dir}")
            return
        if ROOT:
            with machine_lock():
                _bury(self.dir)
                _give_back()
        shutil.rmtree(self.dir, ignore_errors=True)


def _live_runs():
    for path in pathlib.Path("/var/lib").glob("pct-*"):
        with contextlib.suppress(OSError, ValueError):
            pid, start = (path / "owner").read_text().split()
            yield path, process_is(int(pid), start)


def _bury_the_dead(own):
    for path, alive in list(_live_runs()):
        if not alive and path != own:
            _bury(path)
            shutil.rmtree(path, ignore_errors=True)


def _bury(path):
    """Remove the users and groups of the run in this directory."""
    prefix = f"pct{path.name.rpartition('-')[2]}"
    for user in [u.pw_name for u in pwd.getpwall()]:
        if user.startswith(prefix):
            end = time.monotonic() + 10
            while quiet("userdel", "-f", user, check=False).returncode:
                if time.monotonic() > end:
                    print(f"could not remove the user {user}")
                    break
                time.sleep(0.2)
    for group in [g.gr_name for g in grp.getgrall()]:
        if group.startswith(prefix):
            quiet("groupdel", group, check=False)


def _borrow():
    """Install the PAM service and the account, remembering what was there."""
    KEEP.mkdir(exist_ok=True)
    ours = REPO / "config" / "pam.d" / "portcullis"
    saved, none = KEEP / "pam.saved", KEEP / "pam.none"
    if ours.exists() and not saved.exists() and not none.exists():
        if SERVICE.exists():
            shutil.copy2(SERVICE, saved)
        else:
            none.touch()
    if ours.exists():
        shutil.copyfile(ours, SERVICE)
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        quiet("useradd", "--system", "--no-create-home", "--home-dir",
              "/nonexistent", "--shell", "/usr/sbin/nologin", ACCOUNT)
        (KEEP / "account").touch()
    if not pathlib.Path("/run/sshd").exists():
        pathlib.Path("/run/sshd").mkdir(mode=0o755)


def _give_back():
    """The last run out restores the machine."""
    me = os.environ.get("PORTCULLIS_TEST_DIR")
    if any(alive and str(path) != me for path, alive in _live_runs()):
        return
    if (KEEP / "pam.saved").exists():
        shutil.copy2(KEEP / "pam.saved", SERVICE)
    elif (KEEP / "pam.none").exists():
        SERVICE.unlink(missing_ok=True)
    if (KEEP / "account").exists():
        quiet("userdel", ACCOUNT, check=False)
    shutil.rmtree(KEEP, ignore_errors=True)


_world = None


def world():
    """The world of this run, made at the first call."""
    global _world
    if _world is None:
        _world = World(os.environ.get("PORTCULLIS_TEST_DIR"))
    return _world

"""The life of the package in a Debian without a service manager.

Usage: in_chroot.py OLD.deb NEW.deb  (fresh_debian.py starts it, in namespaces
of its own).  Prints a line for each step that holds, and ends with 1 and a
reason at the first that does not."""

import os
import pathlib
import subprocess
import sys

from steps import (CONFIGURATION, LIMIT, LOG, POLICY, PORT, carries, check,
                   echo_port, hold, listens, processes, raise_loopback, run,
                   ssh, step, wait_for)

PID_FILE = pathlib.Path("/run/portcullisd.pid")
ROOT = pathlib.Path("/run/portcullis")
# Written by dpkg and by tools that maintainer scripts call.
NOT_OURS = ("/proc", "/sys", "/dev", "/tmp", "/var/lib/dpkg", "/var/cache",
            "/var/log", "/root/.ssh", "/var/lib/systemd/deb-systemd-helper")


def files():
    """All that stands in the file system, but for what others keep there."""
    found = set()
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders
                      if os.path.join(folder, name) not in NOT_OURS]
        found.update(os.path.join(folder, name) for name in names + folders)
    return found


def accounts():
    return [pathlib.Path("/etc", name).read_text()
            for name in ("passwd", "group")]


def start_daemon():
    run("portcullisd", "-E", str(LOG))
    wait_for(lambda: listens(PORT), "portcullisd listens")


def stop_daemon():
    os.kill(int(PID_FILE.read_text()), 15)
    wait_for(lambda: not listens(PORT), "portcullisd stops listening")


def prepare_user():
    run("useradd", "--create-home", "--shell", "/bin/sh", "alice")
    run("groupadd", "developers")
    run("usermod", "-aG", "developers", "alice")
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
        "/root/.ssh/id_ed25519")
    keys = pathlib.Path("/home/alice/.ssh")
    keys.mkdir(mode=0o700)
    (keys / "authorized_keys").write_bytes(
        pathlib.Path("/root/.ssh/id_ed25519.pub").read_bytes())
    run("chown", "-R", "alice:alice", str(keys))


def install(package):
    run("dpkg", "-i", package)
    check(run("dpkg", "-s", "portcullis").count("install ok installed") == 1,
          "the package is installed")
    check("/nonexistent:/usr/sbin/nologin" in accounts()[0], "the account")
    seen = ROOT.lstat()
    check((seen.st_mode, seen.st_uid) == (0o40755, 0) and
          not any(ROOT.iterdir()), "the sessions' empty root")
    step("dpkg -i installs it: account, empty directory, no daemon started")


def begin(target):
    check("host" in run("portcullisd", "-t", status=1), "a reason")
    run("ssh-keygen", "-A")
    check(run("portcullisd", "-t") == "", "-t says nothing")
    step("portcullisd -t asks for a host key, and ssh-keygen -A is enough")
    POLICY.write_text("Match Group developers\n"
                      f"    PermitOpen 127.0.0.1:{target}\n")
    check(run("portcullisd", "-t") == "", "-t says nothing")
    start_daemon()
    step("portcullisd starts by hand and listens on port 2222")


def use(target):
    client = hold(8001, target)
    check(carries(8001), "ssh -L carries")
    step("ssh -L carries a megabyte there and back")
    refused = subprocess.run(ssh("-W", "127.0.0.1:1"), text=True,
                             capture_output=True, stdin=subprocess.DEVNULL,
                             timeout=LIMIT)
    check("administratively prohibited" in refused.stderr, refused.stderr)
    check(f"{POLICY}:2" in LOG.read_text(), "the log names the rule")
    step("another target is refused, and the log names file and line")
    return client


def upgrade(package, client, target):
    with CONFIGURATION.open("a") as file:
        file.write("# edited\n")
    before = PID_FILE.read_text().strip()
    out = run("dpkg", "-i", package)
    check(f"process {before}" in out, f"it tells of the old daemon: {out}")
    check("# edited" in CONFIGURATION.read_text(), "the edited file is kept")
    check(carries(8001), "the old connection carries")
    step("dpkg -i upgrades it, tells of the old daemon, keeps the edited file")
    stop_daemon()
    start_daemon()
    check(client.poll() is None and carries(8001), "the old connection lives")
    newer = hold(8002, target)
    check(carries(8002), "a new connection carries")
    newer.terminate()
    newer.wait(LIMIT)
    step("connections from before the upgrade live beside new ones")


def remove(client):
    run("dpkg", "-r", "portcullis")
    check(not PID_FILE.exists() and not listens(PORT), "the daemon stopped")
    check(client.poll() is None and carries(8001), "the connection goes on")
    step("dpkg -r stops the daemon; a connection goes on")


def purge(client):
    run("dpkg", "-P", "portcullis")
    client.wait(LIMIT)
    wait_for(lambda: not processes(), "no process is left")
    step("dpkg -P ends the connection, and no process is left")


def main():
    raise_loopback()
    prepare_user()
    run("ldconfig")
    start = files(), accounts()
    target = echo_port()
    install(sys.argv[1])
    begin(target)
    client = use(target)
    upgrade(sys.argv[2], client, target)
    remove(client)
    purge(client)
    POLICY.unlink()
    for folder in (POLICY.parent, CONFIGURATION.parent):
        if folder.exists():
            folder.rmdir()
    for key in pathlib.Path("/etc/ssh").glob("ssh_host_*"):
        key.unlink()
    LOG.unlink()
    left = files() - start[0]
    check(not left, f"left behind: {sorted(left)}")
    check(accounts() == start[1], "the accounts are as before")
    step("no file and no account is left")


main()

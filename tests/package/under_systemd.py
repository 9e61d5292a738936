"""The installed service under a real systemd: started, reloaded, restarted,
upgraded, activated by its socket, purged, each with a connection that lives.

Usage: under_systemd.py OLD.deb NEW.deb  (fresh_debian.py starts it beside the
systemd that it has booted, after in_chroot.py has made the users)."""

import pathlib
import subprocess
import sys

from steps import (LIMIT, POLICY, PORT, carries, check, echo_port, hold,
                   listens, processes, raise_loopback, run, ssh, step,
                   wait_for)

SERVICE, SOCKET = "portcullis.service", "portcullis.socket"


def main_process():
    return run("systemctl", "show", "-p", "MainPID", "--value",
               SERVICE).strip()


def is_active():
    return subprocess.run(["systemctl", "is-active", "--quiet", SERVICE],
                          timeout=LIMIT).returncode == 0


def install(package):
    run("dpkg", "-i", package)
    check(is_active(), "the service is active")
    step("the installation starts the service, confined as its unit says")


def use(target):
    POLICY.write_text("Match Group developers\n"
                      f"    PermitOpen 127.0.0.1:{target}\n"
                      "    AllowTcpForwarding yes\n"
                      "    AllowStreamLocalForwarding yes\n")
    run("systemctl", "reload", SERVICE)
    client = hold(8101, target)
    check(carries(8101), "ssh -L carries")
    step("systemctl reload brings a policy into force, and ssh -L carries")
    return client


def listen(target):
    """What the confinement must not take from the user's dialer."""
    path = pathlib.Path("/tmp/alice.sock")
    client = subprocess.Popen(ssh("-N", "-R", f"{path}:127.0.0.1:{target}"),
                              stdin=subprocess.DEVNULL)
    wait_for(lambda: path.exists() or client.poll() is not None, "ssh -R")
    check(path.exists() and path.owner() == "alice", "the user's socket")
    client.terminate()
    client.wait(LIMIT)
    path.unlink()
    step("ssh -R makes a Unix socket in /tmp, as the user")


def keep_policy(target):
    good, before = POLICY.read_text(), main_process()
    POLICY.write_text(good + "PermitOpne none\n")
    run("systemctl", "reload", SERVICE, status=1)
    check(is_active() and main_process() == before, "the service goes on")
    newer = hold(8102, target)
    check(carries(8102), "the old policy is in force")
    newer.terminate()
    newer.wait(LIMIT)
    POLICY.write_text(good)
    step("a reload with a mistake fails, and the old policy stays")


def restart(client, target):
    before = main_process()
    run("systemctl", "restart", SERVICE)
    check(main_process() != before, "another process serves")
    check(client.poll() is None and carries(8101), "the connection lives")
    step("systemctl restart leaves a connection alone")


def upgrade(package, client):
    before = main_process()
    run("dpkg", "-i", package)
    check(is_active() and main_process() != before, "the new one serves")
    check(client.poll() is None and carries(8101), "the connection lives")
    step("an upgrade starts the new daemon and leaves a connection alone")


def activate(target):
    run("systemctl", "disable", "--now", SERVICE)
    check(not listens(PORT), "the service stopped")
    run("systemctl", "enable", "--now", SOCKET)
    newer = hold(8103, target)
    check(is_active() and carries(8103), "socket activation")
    newer.terminate()
    newer.wait(LIMIT)
    step("portcullis.socket starts the service for the first client")


def purge(client):
    run("dpkg", "-r", "portcullis")
    check(client.poll() is None and carries(8101), "the connection goes on")
    check(not listens(PORT), "neither service nor socket is left")
    run("dpkg", "-P", "portcullis")
    client.wait(LIMIT)
    wait_for(lambda: not processes(), "no process is left")
    step("removed the connection goes on, purged it ends")


def main():
    raise_loopback()
    run("ssh-keygen", "-A")
    pathlib.Path("/root/.ssh/known_hosts").unlink(missing_ok=True)
    target = echo_port()
    install(sys.argv[1])
    client = use(target)
    listen(target)
    keep_policy(target)
    restart(client, target)
    upgrade(sys.argv[2], client)
    activate(target)
    purge(client)


try:
    main()
except SystemExit:
    print(run("journalctl", "--no-pager", "--lines=40", "-u", SERVICE))
    raise

#!/usr/bin/python3
"""Makes two versions of the package and has them installed, used, upgraded,
removed and purged in a new Debian: by in_chroot.py without a service manager,
then by under_systemd.py with one.

Usage: fresh_debian.py BUILD_FOLDER  (as root; it ends with 77 where it cannot
be done).  Nothing outside a temporary folder is touched, but for a cgroup
while it runs."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = ("debootstrap", "unshare", "dpkg-deb", "cpack")
CLIENT = ["openssh-client", "python3-minimal"]
SKIPPED = 77
BOOTSTRAP_LIMIT, BOOT_LIMIT, LIMIT = 900, 60, 300  # seconds
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
               "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
# In Python, like all that in_chroot() runs.
APT = """import subprocess, sys
done = subprocess.run(
    ["apt-get", "-qq", "install", "--no-install-recommends", "-y", "systemd",
     "systemd-sysv", "dbus"], capture_output=True, text=True)
sys.exit(done.returncode and done.stderr)"""
# The shell is process 1 there, and waits for whatever loses its parent.
FIRST_PROCESS = 'python3 "$@"; exit $?'


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def make_package(build, place, release):
    subprocess.run(["cpack", "--config", str(build / "CPackConfig.cmake"),
                    "-B", str(place), "-D",
                    f"CPACK_DEBIAN_PACKAGE_RELEASE={release}"], check=True,
                   capture_output=True, timeout=LIMIT)
    package, = place.glob("*.deb")
    return package


def needed(package):
    """The names of the packages that it depends on."""
    field = subprocess.run(["dpkg-deb", "-f", str(package), "Depends"],
                           check=True, capture_output=True, text=True,
                           timeout=LIMIT).stdout
    return [words.split()[0] for words in field.split(",")]


def bootstrap(root, packages):
    release = dict(line.split("=", 1) for line in
                   pathlib.Path("/etc/os-release").read_text().splitlines()
                   if "=" in line)
    if release.get("ID") != "debian":
        skip("needs a Debian, for debootstrap to make another")
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=" + ",".join(packages),
         release["VERSION_CODENAME"], str(root)],
        capture_output=True, text=True, timeout=BOOTSTRAP_LIMIT)
    if done.returncode != 0:
        print(done.stdout[-2000:], done.stderr[-2000:])
        skip("debootstrap cannot make a Debian here; is there a mirror?")


def words_for(root, script, packages):
    """The command that runs one of our scripts, once it is inside."""
    for path in (*packages, HERE / "steps.py", HERE / script):
        shutil.copy(path, root / "root")
    return ["python3", f"/root/{script}",
            *(f"/root/{path.name}" for path in packages)]


def in_chroot(root, *words, net=True):
    return subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child",
         *(["--net"] if net else []), f"--mount-proc={root}/proc",
         "chroot", str(root), "/bin/sh", "-c", FIRST_PROCESS, "sh", *words],
        stdin=subprocess.DEVNULL, timeout=LIMIT, env=ENVIRONMENT)


def own_cgroup():
    """A new cgroup of the second version, or None."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 "):
            group = pathlib.Path(fields.split()[4],
                                 f"portcullis-test.{os.getpid()}")
            try:
                group.mkdir()
                return group
            except OSError:
                return None
    return None


def remove_cgroup(group):
    """Its processes were killed; it can go when the last has ended."""
    end = time.monotonic() + BOOT_LIMIT
    while "populated 1" in (group / "cgroup.events").read_text() and \
            time.monotonic() < end:
        time.sleep(0.05)
    for folder, _, _ in os.walk(group, topdown=False):
        os.rmdir(folder)


def child_of(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return (path.read_text().split() or [None])[0]


def has_booted(init):
    """Is systemd far enough to be asked, and done with what it starts?"""
    return init is not None and subprocess.run(
        ["nsenter", "-t", init, "-a", "-r", "-w", "systemctl",
         "is-system-running", "--wait"], capture_output=True, text=True,
        timeout=LIMIT).stdout.strip() in ("running", "degraded")


def boot(root, group):
    """Returns the process that holds the namespaces, and systemd's id."""
    def enter():
        (group / "cgroup.procs").write_text(str(os.getpid()))

    holder = subprocess.Popen(
        ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup",
         "--fork", "--kill-child", "/bin/sh", str(HERE / "boot.sh"),
         str(root)], preexec_fn=enter, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL)
    end = time.monotonic() + BOOT_LIMIT
    while holder.poll() is None and time.monotonic() < end:
        init = child_of(holder.pid)
        if has_booted(init):
            return holder, init
        time.sleep(0.2)
    holder.kill()
    holder.wait()
    return None, None


def under_systemd(root, packages):
    """Returns the exit status of under_systemd.py, or SKIPPED."""
    if in_chroot(root, "-c", APT, net=False).returncode != 0:
        print("skipped: systemd cannot be installed")
        return SKIPPED
    group = own_cgroup()
    holder, init = boot(root, group) if group else (None, None)
    if holder is None:
        print("skipped: systemd does not start in namespaces here")
        status = SKIPPED
    else:
        status = subprocess.run(
            ["nsenter", "-t", init, "-a", "-r", "-w",
             *words_for(root, "under_systemd.py", packages)],
            stdin=subprocess.DEVNULL, timeout=LIMIT,
            env=ENVIRONMENT).returncode
        holder.kill()
        holder.wait()
    if group:
        remove_cgroup(group)
    return status


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    for tool in TOOLS:
        if not shutil.which(tool):
            skip(f"needs {tool}")
    if os.geteuid() != 0:
        skip("needs root")
    with tempfile.TemporaryDirectory(prefix="portcullis-debian.") as folder:
        place = pathlib.Path(folder)
        packages = [make_package(build, place / str(release), release)
                    for release in (1, 2)]
        root = place / "root"
        bootstrap(root, needed(packages[0]) + CLIENT)
        status = in_chroot(
            root, *words_for(root, "in_chroot.py", packages)[1:]).returncode
        sys.exit(status or under_systemd(root, packages))


main()

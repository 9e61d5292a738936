"""Servers that see files of their own in /etc, by a private mount namespace.

The words returned here go in front of the server's program."""

import os
import subprocess
import unittest

from world import ROOT


def _works():
    if not ROOT:
        return False
    try:
        return subprocess.run(["unshare", "-m", "true"], timeout=10,
                              capture_output=True).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


needs_mounts = unittest.skipUnless(_works(), "needs a mount namespace")

SCRIPT = """
while [ "$1" != -- ]; do
    mount --bind "$1" "$2" || exit 99
    shift 2
done
shift
exec "$@"
"""


def overlay(files):
    """Words that run a program with each target path showing the source."""
    words = ["unshare", "-m", "--", "/bin/sh", "-c", SCRIPT, "sh"]
    for target, source in files.items():
        words += [str(source), os.path.realpath(target)]
    return words + ["--"]


def pam_folder(place, text):
    """A folder that can stand for /etc/pam.d; both services say `text`."""
    folder = place / "pam.d"
    folder.mkdir(mode=0o755)
    for service in ("sshd", "portcullis", "other"):
        path = folder / service
        path.write_text(text)
        path.chmod(0o644)
    return overlay({"/etc/pam.d": folder})

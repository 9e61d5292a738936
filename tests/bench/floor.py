"""What nobody can go below: the cryptography alone, and plain forwarding.

A server of SSH that forwards has to encrypt or decrypt each byte once, read it
once and write it once.  openssl speed tells what the first costs, a relay that
does nothing else (load_pass.c) what the others do.
"""

import contextlib
import subprocess

from bench import Portcullis, Sshd
from table import number
from topic_bulk import CIPHERS, DOWN, UP
from usage import own_seconds

PACKET = 32768      # bytes, as large as stock clients make them
NAMES = {"aes128-gcm@openssh.com": "aes-128-gcm",
         "aes256-gcm@openssh.com": "aes-256-gcm",
         "chacha20-poly1305@openssh.com": "chacha20-poly1305"}
HEAD = ("cipher, -L", "openssl speed", "plain relay", "both", "Portcullis",
        "of both", "sshd", "of both")


def crypto(name, seconds):
    """CPU seconds a GB of OpenSSL's own implementation, which takes as long
    for either direction."""
    done = subprocess.run(
        ["openssl", "speed", "-mr", "-seconds", str(seconds), "-bytes",
         str(PACKET), "-evp", name], text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return 1e9 / float(done.stdout.split("+F:")[1].split(":")[2])


def relay(bench, way):
    """CPU seconds a GB of reading and writing and nothing else."""
    size = bench.pick(1000, 500, 10) * 10**6
    with contextlib.ExitStack() as stack:
        job = bench.start(stack, "pass", bench.service)
        port = int(job.stdout.readline())
        before = own_seconds(job.pid)
        bench.load("put" if way == UP else "get", port, size)
        return (own_seconds(job.pid) - before) / size * 1e9


def measure(bench):
    """CPU seconds a GB: of each cipher, and of plain forwarding each way."""
    return {**{cipher: crypto(NAMES[cipher], bench.pick(3, 1, 1))
               for cipher in CIPHERS},
            **{way: relay(bench, way) for way in (DOWN, UP)}}


def lines(floor, results):
    """The table's lines, in CPU seconds a GB."""
    bulk = {r.row.key: r for r in results if r.topic == "bulk"}
    made = []
    for cipher, words in CIPHERS.items():
        for way in (DOWN, UP):
            result = bulk["-L", way, cipher]
            least = floor[cipher] + floor[way]
            line = [f"{words}, {way}", number(floor[cipher]),
                    number(floor[way]), number(least)]
            for cls in (Portcullis, Sshd):
                used = result.median(cls)
                line += [number(used), f"{used / least:.1f}x"]
            made.append(line)
    return made

"""What in_chroot.py and under_systemd.py have in common: steps that hold or
end the program, an echo server, and ssh as alice through port 2222."""

import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

PORT = 2222  # the installed configuration's
LOG = pathlib.Path("/var/log/portcullis.log")
CONFIGURATION = pathlib.Path("/etc/portcullis/sshd_config")
POLICY = CONFIGURATION.parent / "sshd_config.d/bastion.conf"
LIMIT = 60  # seconds that anything may take


def step(text):
    print("ok  ", text, flush=True)


def check(holds, text):
    if not holds:
        log = LOG.read_text() if LOG.exists() else ""
        sys.exit(f"FAIL {text}\n{log}")


def run(*words, status=0):
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT)
    out = done.stdout + done.stderr
    check(done.returncode == status,
          f"{' '.join(words)} ended with {done.returncode}: {out}")
    return out


def wait_for(holds, text):
    end = time.monotonic() + LIMIT
    while not holds():
        check(time.monotonic() < end, f"in {LIMIT} seconds not: {text}")
        time.sleep(0.05)


def raise_loopback():
    """A network namespace of its own begins with lo down."""
    siocsifflags, up = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocsifflags,
                    struct.pack("16sh14x", b"lo", up))


def listens(port):
    """Not by connecting: a daemon holds that against the client."""
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines():
            words = line.split()
            if words[1].endswith(f":{port:04X}") and words[3] == "0A":
                return True
    return False


def echo_port():
    """Starts an echo server."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve(sock):
        while chunk := sock.recv(65536):
            sock.sendall(chunk)
        sock.close()

    def accept():
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],),
                             daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def carries(port):
    """A megabyte there and back through a forward's port."""
    data = os.urandom(1 << 20)
    got = bytearray()
    try:
        with socket.create_connection(("127.0.0.1", port), LIMIT) as sock:
            sender = threading.Thread(target=lambda: (
                sock.sendall(data), sock.shutdown(socket.SHUT_WR)))
            sender.start()
            while chunk := sock.recv(65536):
                got += chunk
            sender.join()
    except OSError:
        return False
    return got == data


def ssh(*words):
    return ["ssh", "-p", str(PORT), "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=accept-new",
            "-o", "ExitOnForwardFailure=yes", *words, "alice@127.0.0.1"]


def hold(port, target):
    """ssh -N -L, until its port is open."""
    client = subprocess.Popen(ssh("-N", "-L", f"{port}:127.0.0.1:{target}"),
                              stdin=subprocess.DEVNULL)
    wait_for(lambda: listens(port) or client.poll() is not None, "ssh -L")
    check(client.poll() is None, "ssh -L ended")
    return client


def processes():
    """The living processes of Portcullis, by what they execute."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name = os.path.basename(os.readlink(folder / "exe"))
        except OSError:
            continue  # ended, or it waits for its parent
        if name.startswith("portcullis"):
            found.append((int(folder.name), name))
    return found

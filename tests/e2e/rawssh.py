"""A client that can break every rule: bytes before the key exchange, and
messages of its own making after the login (by paramiko)."""

import logging
import os
import socket
import struct

import paramiko
from paramiko.message import Message

from targets import LIMIT, read_all
from world import world

logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)

BANNER = b"SSH-2.0-PortcullisTest_1\r\n"
CHANNEL_OPEN, GLOBAL_REQUEST = 90, 80
WINDOW_ADJUST, CHANNEL_DATA, CHANNEL_EOF, CHANNEL_CLOSE = 93, 94, 96, 97


def packet(payload, padding=None, length=None):
    """One unencrypted packet; length and padding may lie."""
    fill = 8 - (5 + len(payload)) % 8
    fill += 8 if fill < 4 else 0
    said = fill if padding is None else padding
    size = 1 + len(payload) + fill if length is None else length
    return struct.pack(">IB", size, said) + payload + os.urandom(fill)


def kexinit(names):
    """A key exchange offer with the same list everywhere."""
    text = names.encode()
    lists = (struct.pack(">I", len(text)) + text) * 10
    return b"\x14" + os.urandom(16) + lists + b"\0" * 5


def login(server, user=None):
    """A paramiko transport that has logged in."""
    sock = socket.create_connection(("127.0.0.1", server.port), LIMIT)
    transport = paramiko.Transport(sock)
    transport.start_client(timeout=LIMIT)
    key = paramiko.Ed25519Key.from_private_key_file(str(world().dir / "key"))
    transport.auth_publickey(user or world().account().name, key)
    return transport


def message(kind, *fields):
    """A message: int is uint32, bool is a byte, str and bytes are strings."""
    made = Message()
    made.add_byte(bytes([kind]))
    for field in fields:
        if isinstance(field, bool):
            made.add_boolean(field)
        elif isinstance(field, int):
            made.add_int(field)
        else:
            made.add_string(field)
    return made


def send(transport, kind, *fields):
    """Send one message of our own making, whatever the state."""
    transport._send_message(message(kind, *fields))


def try_direct(transport, host, port, originator=("127.0.0.1", 4321),
               kind="direct-tcpip"):
    """Open a channel: None when granted, else (code, text) or 'ended'."""
    try:
        transport.open_channel(kind, (host, port), originator,
                               timeout=10).close()
    except paramiko.ChannelException as error:
        return error.code, error.text
    except (paramiko.SSHException, EOFError, OSError):
        return "ended"
    return None


def try_listen(transport, host, port):
    """Ask for a listener: the port that the server gave, else None."""
    answer = transport.global_request("tcpip-forward", (host, port))
    if answer is None:
        return None
    return port or answer.get_int()


def throw(port, data, limit=LIMIT, reset=False):
    """Send bytes to a server and read until it ends the connection: our
    port, and whether the server ended it within the limit."""
    with socket.create_connection(("127.0.0.1", port), limit) as sock:
        ours = sock.getsockname()[1]
        try:
            sock.sendall(data)
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
                return ours, True
            read_all(sock, limit)
        except TimeoutError:
            return ours, False
        except OSError:
            pass
    return ours, True

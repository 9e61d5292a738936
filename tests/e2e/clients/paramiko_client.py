"""A client around paramiko: -L, -R, -W (see README)."""

import base64
import socket
import sys
import threading

import paramiko

import words


def login(args):
    """A transport that has logged in by the one method asked for."""
    transport = paramiko.Transport(("127.0.0.1", args.port))
    transport.start_client(timeout=15)
    expected = base64.b64decode(args.host_key.split()[1])
    if transport.get_remote_server_key().asbytes() != expected:
        raise SystemExit("wrong host key")
    if args.method == "key":
        key = paramiko.Ed25519Key.from_private_key_file(args.key)
        transport.auth_publickey(args.user, key)
    elif args.method == "password":
        transport.auth_password(args.user, args.password, fallback=False)
    else:
        transport.auth_interactive(
            args.user, lambda title, text, prompts:
            [args.password for _ in prompts])
    return transport


def copy(take, give, end):
    """One direction until its end, then the half-close."""
    try:
        while chunk := take(65536):
            give(chunk)
        end()
    except OSError:
        pass


def join(channel, sock):
    """Both directions of a forward; both sides are closed after that."""
    up = threading.Thread(target=copy, args=(
        sock.recv, channel.sendall, channel.shutdown_write), daemon=True)
    up.start()
    copy(channel.recv, sock.sendall, lambda: sock.shutdown(socket.SHUT_WR))
    up.join()
    channel.close()
    sock.close()


def spawn(function, *args):
    """Run it beside the rest."""
    threading.Thread(target=function, args=args, daemon=True).start()


def local(transport, near, near_port, host, port):
    """-L: a listener here, a direct-tcpip for each connection."""
    def one(sock, peer):
        try:
            channel = transport.open_channel("direct-tcpip", (host, port),
                                             peer)
        except paramiko.SSHException as error:
            print(error, file=sys.stderr, flush=True)
            sock.close()
            return
        join(channel, sock)

    with socket.create_server((near, near_port)) as listener:
        while True:
            spawn(one, *listener.accept())


def remote(transport, asked, asked_port, host, port):
    """-R: a listener there, a connection here for each channel."""
    def one(channel):
        with socket.create_connection((host, port)) as sock:
            join(channel, sock)

    given = transport.request_port_forward(
        asked, asked_port, lambda channel, *_: spawn(one, channel))
    print(f"allocated {given}", flush=True)
    for line in sys.stdin:
        if line.strip() == "cancel":
            transport.cancel_port_forward(asked, given)
            print("cancelled", flush=True)
    transport.join()


def stdio(transport, host, port):
    """-W: standard input and output."""
    channel = transport.open_channel("direct-tcpip", (host, port),
                                     ("127.0.0.1", 0))
    up = threading.Thread(target=copy, args=(
        sys.stdin.buffer.read1, channel.sendall, channel.shutdown_write))
    up.start()
    copy(channel.recv, sys.stdout.buffer.write, sys.stdout.buffer.flush)
    up.join(60)


def main():
    """Log in, then the one forward."""
    args = words.parse()
    transport = login(args)
    if args.local:
        local(transport, *args.local)
    elif args.remote:
        remote(transport, *args.remote)
    else:
        stdio(transport, *args.stdio)
    transport.close()


main()

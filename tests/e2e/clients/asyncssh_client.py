"""A client around AsyncSSH: -L, -R, -D, -W (see README)."""

import asyncio
import sys

import asyncssh

import words


class Answers(asyncssh.SSHClient):
    """Answers every keyboard-interactive prompt with the password."""

    def __init__(self, password):
        self.password = password

    def kbdint_auth_requested(self):
        return ""

    def kbdint_challenge_received(self, name, instructions, lang, prompts):
        return [self.password for _ in prompts]


async def login(args):
    """A connection that has logged in by the one method asked for."""
    hosts = asyncssh.import_known_hosts(
        f"[127.0.0.1]:{args.port} {args.host_key}\n")
    chosen = {"key": {"client_keys": [args.key]},
              "password": {"password": args.password, "client_keys": None},
              "keyboard": {"client_keys": None, "client_factory":
                           lambda: Answers(args.password)}}[args.method]
    return await asyncssh.connect(
        "127.0.0.1", args.port, username=args.user, known_hosts=hosts,
        config=None, agent_path=None, **chosen)


async def wait_for_cancel(connection, listener):
    """Take the listener back when told to; then until the connection ends."""
    loop = asyncio.get_running_loop()
    line = await loop.run_in_executor(None, sys.stdin.readline)
    if line.strip() == "cancel":
        listener.close()
        await listener.wait_closed()
        print("cancelled", flush=True)
    await connection.wait_closed()


async def stdio(connection, host, port):
    """-W: standard input and output."""
    loop = asyncio.get_running_loop()
    reader, writer = await connection.open_connection(host, port)

    async def upwards():
        while chunk := await loop.run_in_executor(
                None, sys.stdin.buffer.read1, 65536):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()

    task = asyncio.create_task(upwards())
    while chunk := await reader.read(65536):
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
    await task


async def main():
    """Log in, then the one forward."""
    args = words.parse()
    async with await login(args) as connection:
        if args.stdio:
            await stdio(connection, *args.stdio)
        elif args.remote:
            listener = await connection.forward_remote_port(*args.remote)
            print(f"allocated {listener.get_port()}", flush=True)
            await wait_for_cancel(connection, listener)
        elif args.socks:
            await connection.forward_socks(*args.socks)
            await connection.wait_closed()
        else:
            await connection.forward_local_port(*args.local)
            await connection.wait_closed()


asyncio.run(main())

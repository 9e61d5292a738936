"""What Portcullis says: status, policy, help, the lines on the screen, hints
for programs that wanted to copy or to run, and words of refusal."""

import json
import shlex
import subprocess
import unittest

from clients import client_env
from harness import (Case, ask, dial, free_port, listening, needs_root,
                     on_portcullis, read_some, ssh_argv, wait_for)


class Spoken(Case):
    """A test that reads what one connection says."""

    def master(self, server, *args, **kw):
        """A connection that others share: the path of its socket."""
        control = f"{server.dir}/ctl"
        self.hold(server, "-M", "-S", control, *args, **kw)
        wait_for(lambda: (server.dir / "ctl").exists(), "the socket")
        return control

    def say(self, server, control, word):
        """What a word answers over the shared connection."""
        got = self.ssh(server, "-S", control, "--", word)
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        return got.stdout.decode()


@on_portcullis
class Status(Spoken):
    """`status`: the whole connection, for people and for programs."""

    def test_own_connection(self):
        """`ssh host status` tells who, and that nothing is open."""
        got = self.ssh(self.serve(), "--", "status")
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        self.assertIn(f"You are {self.user.name}, from 127.0.0.1",
                      got.stdout.decode())

    def test_shared_connection(self):
        """Over a master: its listeners and each forward, with the address
        that was dialled."""
        server, target = self.serve(), self.target()
        port, back = free_port(), free_port()
        control = self.master(
            server, "-L", f"{port}:localhost:{target.port}",
            "-R", f"{back}:127.0.0.1:{target.port}", ready=port)
        wait_for(lambda: listening(back), "the listener")
        with dial(port) as one, dial(back) as two:
            for sock in (one, two):
                sock.sendall(b"ping")
                self.assertEqual(read_some(sock, 4), b"ping")
            got = json.loads(self.say(server, control, "status --json"))
            text = self.say(server, control, "status")
        self.assertEqual((got["user"], got["ip"]),
                         (self.user.name, "127.0.0.1"))
        self.assertEqual((got["forward_count"], got["listener_count"],
                          got["left_out"]), (2, 1, 0))
        opened = {f["kind"]: f for f in got["forwards"]}
        direct = opened["direct-tcpip"]
        self.assertEqual((direct["host"], direct["port"], direct["state"]),
                         ("localhost", target.port, "open"))
        self.assertIn(direct["address"], ("127.0.0.1", "::1"))
        self.assertEqual(opened["forwarded-tcpip"]["port"], back)
        listener = got["listeners"][0]
        self.assertEqual((listener["host"], listener["port"],
                          listener["bound_port"]), ("localhost", back, back))
        self.assertIn("127.0.0.1", listener["addresses"])
        self.assertIn(f"direct-tcpip localhost port {target.port} at", text)
        self.assertIn(f"localhost port {back}, live on", text)

    def test_allocated_port(self):
        """-R 0 shows both: what was asked and what was bound."""
        server = self.serve()
        control = f"{server.dir}/ctl"
        client = self.client(server, "-N", "-M", "-S", control,
                             "-R", "0:127.0.0.1:9")
        client.wait_err("Allocated port ")
        got = json.loads(self.say(server, control, "status --json"))
        listener = got["listeners"][0]
        self.assertEqual(listener["port"], 0)
        self.assertIn(f"Allocated port {listener['bound_port']} ",
                      client.err())

    def test_hundreds_of_forwards(self):
        """The object is whole whatever there is, and ids are in order."""
        server, target, port = self.serve(), self.target(), free_port()
        control = self.master(
            server, "-L", f"{port}:127.0.0.1:{target.port}", ready=port)
        socks = [dial(port) for _ in range(200)]
        for sock in socks:
            self.addCleanup(sock.close)
            sock.sendall(b"x")
            self.assertEqual(read_some(sock, 1), b"x")
        got = json.loads(self.say(server, control, "status --json"))
        ids = [f["id"] for f in got["forwards"]]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(len(ids) + got["left_out"], 200)
        self.assertEqual(got["left_out"], 0)

    def test_hostile_names_are_escaped(self):
        """A listener's name with quotes and escapes stays inside its
        string."""
        server, port = self.serve("GatewayPorts no"), free_port()
        name = 'a"},{\\x\x1b[2J\x07'
        control = self.master(server, "-R", f"{port}:127.0.0.1:9")
        self.ssh(server, "-S", control, "-O", "forward", "-R",
                 f"{name}:{free_port()}:127.0.0.1:9")
        raw = self.say(server, control, "status --json")
        self.assertNotIn("\x1b", raw)
        self.assertNotIn("\x07", raw)
        self.assertEqual(json.loads(raw)["listener_count"], 2)
        self.assertNotIn("\x1b", self.say(server, control, "status"))


@on_portcullis
class Policy(Spoken):
    """`policy` and the greeting: one sentence a rule."""

    def policy(self, conf, keys=None):
        """What `ssh host policy` says under a configuration."""
        got = self.ssh(self.serve(conf, keys=keys), "--", "policy")
        self.assertEqual((got.returncode, got.stderr), (0, b""))
        return got.stdout.decode()

    def test_rules(self):
        """Each entry has its sentence; lines of the file are not named."""
        text = self.policy("PermitOpen db.test:5432 *:443\n"
                           "AllowTcpForwarding local")
        self.assertIn("  This host allows db.test:5432.\n", text)
        self.assertIn("  This host allows *:443.\n", text)
        self.assertIn("You may not listen on", text)
        self.assertNotIn("/conf", text)

    def test_lines_are_named_when_asked_for(self):
        """ExplainDenials full: with file and line."""
        text = self.policy("ExplainDenials full\nPermitOpen db.test:5432")
        self.assertRegex(text, r"allows db\.test:5432\. \(.*/conf:2\)\n")

    def test_the_key_is_told(self):
        """What the key narrows is told, too."""
        key = f'permitopen="db.test:1" {self.world.public()}'
        self.assertIn("Your key allows db.test:1.", self.policy("", key))

    def test_help(self):
        """`help` has a line for each word."""
        got = self.ssh(self.serve(), "--", "help").stdout.decode()
        for word in ("help", "policy", "status", "status --json", "sleep N",
                     "true"):
            self.assertIn(f"\n  {word} ", got)


# ExplainDenials: the client's words, the screen's, the debug message's.
LEVELS = {
    "none": ("open failed", r"refused: 127.0.0.1 port 9\n",
             r"port forwarding refused\n"),
    "brief": ("not permitted", r"refused: 127.0.0.1 port 9, not-permitted\n",
              r"port forwarding refused: not-permitted\n"),
    "full": (r"not permitted: not-permitted by /.*/conf:2",
             r"refused: 127.0.0.1 port 9, not-permitted by /.*/conf:2\n",
             r"port forwarding refused: not-permitted by /.*/conf:3\n"),
}


@on_portcullis
class Refusals(Spoken):
    """How much the client is told follows ExplainDenials."""

    def test_levels(self):
        """The channel's answer, the screen and the debug message."""
        for level, (answer, line, debug) in LEVELS.items():
            with self.subTest(level):
                server, port = self._server(level), free_port()
                client = self.client(
                    server, "-v", "-L", f"{port}:127.0.0.1:9",
                    "-R", f"{free_port()}:127.0.0.1:9",
                    stdin=subprocess.PIPE)
                client.wait_listening(port)
                ask(port)
                said = client.wait_err("administratively prohibited")
                self.assertRegex(said, "open failed: administratively "
                                       f"prohibited: {answer}\r?\n")
                self.assertRegex(said, f"Remote: {debug}")
                client.process.stdin.close()
                shown = client.process.stdout.read().decode()
                self.assertRegex(shown, line)
                client.wait()
                server.wait_log(r"not-permitted by .*/conf:2")

    def _server(self, level):
        return self.serve(f"ExplainDenials {level}\n"
                          "PermitOpen db.test:1\nPermitListen 1")

    def test_lines_of_a_forward(self):
        """Opened; closed with bytes and seconds."""
        server, target, port = self.serve(), self.target(), free_port()
        client = self.client(server, "-L",
                             f"{port}:127.0.0.1:{target.port}",
                             stdin=subprocess.PIPE)
        client.wait_listening(port)
        self.assertEqual(ask(port), b"ping")
        server.wait_log("forward 1 closed")
        client.process.stdin.close()
        shown = client.process.stdout.read().decode()
        self.assertIn(f"opened: 127.0.0.1 port {target.port}\n", shown)
        self.assertRegex(shown, f"closed: 127.0.0.1 port {target.port}, "
                                r"4 bytes up, 4 bytes down, \d+\.\d+ seconds")

    def test_switched_off(self):
        """A refused -R names the switch as sshd does."""
        server = self.serve("AllowTcpForwarding local")
        got = self.ssh(server, "-v", "-R", f"{free_port()}:127.0.0.1:9",
                       "--", "true")
        self.assertIn(b"Server has disabled port forwarding.", got.stderr)

    def test_too_many_attempts(self):
        """The client shows why the login ended."""
        server = self.serve("MaxAuthTries 1\nPasswordAuthentication yes",
                            keys="")
        got = self.ssh(server, "--", "true")
        self.assertIn(b"Too many authentication failures", got.stderr)


@on_portcullis
class Limits(Spoken):
    """The client shows which limit it met."""

    def test_listeners(self):
        """The listener that is one too many, and the others stay."""
        words = [w for n in range(257) for w in ("-R", f"0:127.0.0.1:{n + 1}")]
        server = self.serve()
        client = self.client(server, "-N", "-v", "-M", "-S",
                             f"{server.dir}/ctl", *words)
        client.wait_err("port forwarding refused: too-many-listeners")
        got = json.loads(self.say(server, f"{server.dir}/ctl",
                                  "status --json"))
        self.assertEqual(got["listener_count"], 256)

    def test_forwards(self):
        """The forward that is one too many, and the others live."""
        server, target, port = self.serve(), self.target(), free_port()
        client = self.hold(server, "-L", f"{port}:127.0.0.1:{target.port}",
                           ready=port)
        socks = [dial(port) for _ in range(515)]
        for sock in socks:
            self.addCleanup(sock.close)
        said = client.wait_err("open failed: resource shortage", 3)
        self.assertRegex(said, "too many (channels|forwards)")
        socks[0].sendall(b"ping")
        self.assertEqual(read_some(socks[0], 4), b"ping")


@needs_root
@on_portcullis
class Goodbyes(Case):
    """Why an account that could prove who it is does not get in."""

    def login(self, name, *chage):
        """What the client of a changed account shows."""
        who = self.world.add_user(name)
        subprocess.run(["chage", *chage, who.name], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = self.serve("UsePAM yes")
        server.authorize(who.name, self.world.public())
        got = self.ssh(server, "--", "true", user=who.name)
        self.assertEqual(got.returncode, 255)
        return got.stderr.decode()

    def test_expired_account(self):
        """PAM's own words, and the disconnect message."""
        self.assertIn("access denied by the account's configuration",
                      self.login("v", "-E", "0"))

    def test_expired_password(self):
        """What is wrong, and what one can do."""
        said = self.login("w", "-d", "0")
        self.assertIn("log in with keyboard-interactive", said)
        self.assertIn("your password has expired", said)


@on_portcullis
class Hints(Case):
    """Programs that wanted more than forwards are told what to do."""

    def wrapper(self):
        """A program that is ssh with all the options of these tests."""
        server = self.serve()
        argv = ssh_argv(server, [])
        path = server.dir / "wrap"
        path.write_text(f'#!/bin/sh\nexec {shlex.join(argv[:-1])} "$@"\n')
        path.chmod(0o755)
        return server.dir, str(path)

    def run_tool(self, *argv, **env):
        """Run a tool to its end: its status and what it showed."""
        try:
            got = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=30,
                env={**client_env(), **env})
        except FileNotFoundError:
            self.skipTest(f"needs {argv[0]}")
        return got.returncode, got.stdout.decode()

    def test_copying(self):
        """sftp and scp, in both of its modes, show the hint."""
        where, wrap = self.wrapper()
        (where / "file").write_text("x")
        for argv in (["sftp", "-S", wrap, "127.0.0.1"],
                     ["scp", "-S", wrap, where / "file", "127.0.0.1:"],
                     ["scp", "-O", "-S", wrap, where / "file", "127.0.0.1:"],
                     ["scp", "-O", "-S", wrap, "127.0.0.1:/etc/passwd",
                      where / "got"]):
            with self.subTest(argv[:2]):
                status, shown = self.run_tool(*map(str, argv))
                self.assertNotEqual(status, 0)
                self.assertIn("use sftp -J or scp -J", shown)
        self.assertFalse((where / "got").exists())

    def test_rsync(self):
        """rsync shows the hint."""
        where, wrap = self.wrapper()
        status, shown = self.run_tool("rsync", "-e", wrap, "127.0.0.1:x",
                                      str(where / "got"))
        self.assertNotEqual(status, 0)
        self.assertIn('use rsync -e "ssh -J', shown)

    def test_git(self):
        """git shows the hint for what it calls fetching and archiving."""
        where, wrap = self.wrapper()
        for argv in (["clone", "127.0.0.1:x.git", where / "clone"],
                     ["archive", "--remote=127.0.0.1:x.git", "HEAD"],
                     ["ls-remote", "127.0.0.1:x.git"]):
            with self.subTest(argv[0]):
                status, shown = self.run_tool("git", *map(str, argv),
                                              GIT_SSH_COMMAND=wrap)
                self.assertNotEqual(status, 0)
                self.assertIn("use GIT_SSH_COMMAND=", shown)

    def test_editor(self):
        """A shell that wants a script on its input."""
        got = self.ssh(self.serve(), "-T", "--", "bash",
                       send=b"touch /tmp/x; uname -a\n")
        self.assertEqual((got.returncode, got.stdout), (127, b""))
        self.assertIn(b"with ProxyJump", got.stderr)

    def test_x11(self):
        """-X is refused with a hint, and the command goes on."""
        _, wrap = self.wrapper()
        status, shown = self.run_tool(wrap, "-Y", "127.0.0.1", "true",
                                      DISPLAY=":7")
        self.assertEqual(status, 0)
        self.assertIn("X11 forwarding request failed", shown)
        self.assertIn("use ssh -X -J", shown)


if __name__ == "__main__":
    unittest.main()

"""The same command line against sshd and against Portcullis: exit status,
the client's words, its output and the sockets that stand open are equal.

What may differ is listed in KNOWN, with the reason; nothing else may."""

import re
import time
import unittest

from harness import (CHOSEN, Case, Portcullis, Sshd, ask, dial, free_port,
                     listening, read_all, wait_for)

both = unittest.skipUnless({"sshd", "portcullis"} <= set(CHOSEN),
                           "compares the two servers")

# Words that may differ: ours says why it refuses.
KNOWN = [
    # sshd's text is "open failed" whatever the reason was.
    (r"(administratively prohibited): (open failed|not permitted.*)",
     r"\1: (text)"),
    # Where there would have been a program, a hint stands before the error.
    (r"This host only forwards.*\n", ""),
]
FAIL = ["ExitOnForwardFailure=yes"]

# sentence, configuration, arguments; {free}, {taken}, {echo} are ports.
LOCAL = [
    ("a target that answers", "", ["-W", "127.0.0.1:{echo}"]),
    ("a target by name", "", ["-W", "localhost:{echo}"]),
    ("a target that refuses", "", ["-W", "127.0.0.1:{free}"]),
    ("port 0", "", ["-W", "127.0.0.1:0"]),
    ("an empty port list", "PermitOpen none", ["-W", "127.0.0.1:{echo}"]),
    ("another port", "PermitOpen 127.0.0.1:1", ["-W", "127.0.0.1:{echo}"]),
    ("another host", "PermitOpen 127.0.0.2:*", ["-W", "127.0.0.1:{echo}"]),
    ("a permitted port", "PermitOpen 127.0.0.1:{echo}",
     ["-W", "127.0.0.1:{echo}"]),
    ("no forwards", "AllowTcpForwarding no", ["-W", "127.0.0.1:{echo}"]),
    ("remote only", "AllowTcpForwarding remote", ["-W", "127.0.0.1:{echo}"]),
    ("local only", "AllowTcpForwarding local", ["-W", "127.0.0.1:{echo}"]),
    ("all off", "DisableForwarding yes", ["-W", "127.0.0.1:{echo}"]),
    ("a name of nothing", "", ["-W", "no-such-name.invalid:{echo}"]),
    ("an address of nowhere", "", ["-W", "999.1.1.1:{echo}"]),
]
REMOTE = [
    ("a taken port", "", ["-R", "127.0.0.1:{taken}:127.0.0.1:9"]),
    ("a low port", "", ["-R", "127.0.0.1:1:127.0.0.1:9"]),
    ("none permitted", "PermitListen none", ["-R", "{free}:127.0.0.1:9"]),
    ("another permitted", "PermitListen 1", ["-R", "{free}:127.0.0.1:9"]),
    ("another host permitted", "PermitListen 127.0.0.2:{free}",
     ["-R", "127.0.0.1:{free}:127.0.0.1:9"]),
    ("no forwards", "AllowTcpForwarding no", ["-R", "{free}:127.0.0.1:9"]),
    ("local only", "AllowTcpForwarding local", ["-R", "{free}:127.0.0.1:9"]),
    ("all off", "DisableForwarding yes", ["-R", "{free}:127.0.0.1:9"]),
    ("an address of nowhere", "GatewayPorts clientspecified",
     ["-R", "192.0.2.77:{free}:127.0.0.1:9"]),
    ("a name of nothing", "GatewayPorts clientspecified",
     ["-R", "no-such-name.invalid:{free}:127.0.0.1:9"]),
    ("twice the same", "", ["-R", "{free}:127.0.0.1:9", "-R",
                            "{free}:127.0.0.1:10"]),
    ("one of two refused", "PermitListen localhost:{free}",
     ["-R", "{free}:127.0.0.1:9", "-R", "{other}:127.0.0.1:9"]),
    ("a dynamic one refused", "PermitListen none", ["-R", "{free}"]),
]
# Listeners that stand: sentence, configuration, -R argument.
STANDING = [
    ("a fixed port", "", "{free}:127.0.0.1:9"),
    ("a dynamic one", "", "{free}"),
    ("a permitted port", "PermitListen {free}", "{free}:127.0.0.1:9"),
    ("a permitted host", "PermitListen localhost:{free}",
     "{free}:127.0.0.1:9"),
    *((f"{asked or 'nothing'} with GatewayPorts {word}",
       f"GatewayPorts {word}", asked + ":{free}:127.0.0.1:9")
      for word in ("no", "yes", "clientspecified")
      for asked in ("", "*", "localhost", "127.0.0.1", "0.0.0.0", "[::]",
                    "127.0.0.2")),
]
SESSIONS = [
    ("true", "", ["--", "true"]),
    ("true without input to send", "", ["-n", "--", "true"]),
    ("a sleep", "", ["--", "sleep", "1"]),
    ("a subsystem of no name", "", ["-s", "--", "no-such"]),
    ("no sessions", "MaxSessions 0", ["--", "true"]),
    ("one session", "MaxSessions 1", ["--", "true"]),
    ("an agent that does not exist", "", ["-A", "--", "true"]),
    ("an environment", "", ["-o", "SetEnv=A=b", "--", "true"]),
    ("a banner", "Banner {dir}/banner", ["--", "true"]),
    ("a wrong user", "DenyUsers *", ["--", "true"]),
    ("no method left", "PubkeyAuthentication no", ["--", "true"]),
]
# Behind Portcullis there is no shell and no terminal: configuration,
# arguments, and what sshd and Portcullis end with.
NO_SHELL = [
    ("a program", "", ["--", "id", "-u"], 0, 127),
    ("sftp", "Subsystem sftp internal-sftp", ["-s", "--", "sftp"], 0, 255),
    ("an unknown program", "", ["--", "pct-no-such-program"], 127, 127),
]


class Pair(Case):
    """Runs a row against both and compares."""

    def compare(self, rows, run):
        """One subtest a row; run(server, conf, args) gives what was seen."""
        for sentence, conf, args in rows:
            with self.subTest(sentence):
                ports = {"free": free_port(), "other": free_port(),
                         "echo": self.target().port,
                         "taken": self.target().port}
                seen = [self._one(kind, conf, args, ports, run)
                        for kind in (Sshd, Portcullis)]
                self.assertEqual(seen[0], seen[1])

    def _one(self, kind, conf, args, ports, run):
        server = self.prepare(cls=kind)
        (server.dir / "banner").write_text("Be welcome.\n")
        server.write_conf(conf.format(dir=server.dir, **ports))
        server.start()
        args = [a.format(**ports) for a in ([args] if isinstance(args, str)
                                            else args)]
        try:
            seen = run(server, args, ports)
        finally:
            server.stop()
        return seen

    def words(self, text, server):
        """What the client said, without what differs from run to run."""
        text = text.decode(errors="replace").replace("\r\n", "\n")
        text = text.replace(str(server.port), "PORT")
        text = text.replace(str(server.dir), "DIR")
        for pattern, instead in KNOWN:
            text = re.sub(pattern, instead, text)
        return sorted(text.splitlines())

    def once(self, server, args, ports):
        """Run the client to its end."""
        del ports
        got = self.ssh(server, *args, send=b"ping")
        return got.returncode, got.stdout, self.words(got.stderr, server)


@both
class SideBySide(Pair):
    """Rows that end by themselves, and listeners that stand."""

    def test_local(self):
        """Opens: permitted, refused and failing."""
        self.compare(LOCAL, self.once)

    def test_remote_refused(self):
        """Listeners that are refused end the client in the same way."""
        def run(server, args, ports):
            got = self.ssh(server, "-N", *args, options=FAIL)
            # Listeners go with the connection, a moment after the client.
            wait_for(lambda: not listening(ports["free"]), "it to close", 5)
            return (got.returncode, got.stdout,
                    self.words(got.stderr, server))
        self.compare(REMOTE, run)

    def test_remote_refused_and_staying(self):
        """Without ExitOnForwardFailure the client warns and stays; what was
        granted stands."""
        def run(server, args, ports):
            client = self.client(server, "-N", *args)
            client.wait_err("port forwarding failed")
            time.sleep(0.3)
            seen = (client.process.poll(), listening(ports["free"]),
                    self.words(client.err().encode(), server))
            client.stop()
            return seen
        self.compare([r for r in REMOTE if "twice" not in r[0]], run)

    def test_remote_standing(self):
        """Which sockets stand open for a request, and until when."""
        def run(server, args, ports):
            client = self.hold(server, "-R", *args, ready=ports["free"])
            found = listening(ports["free"])
            client.stop()
            wait_for(lambda: not listening(ports["free"]), "it to close")
            return found, self.words(client.err().encode(), server)
        self.compare(STANDING, run)

    def test_sessions(self):
        """Session requests that a forwarding client makes."""
        self.compare(SESSIONS, self.once)

    def test_no_shell(self):
        """Where there would have been a shell the exit status says so."""
        for sentence, conf, args, *want in NO_SHELL:
            with self.subTest(sentence):
                got = []
                for kind in (Sshd, Portcullis):
                    server = self.serve(conf, cls=kind)
                    got.append(self.ssh(server, *args).returncode)
                    server.stop()
                self.assertEqual(got, want)


CONTROL = [
    ("check", [["-O", "check"]]),
    ("stop", [["-O", "stop"]]),
    ("exit", [["-O", "exit"]]),
    ("cancel what stands", [["-O", "cancel", "-R", "{spec}"]]),
    ("cancel twice", [["-O", "cancel", "-R", "{spec}"]] * 2),
    ("cancel what never was", [["-O", "cancel", "-R", "{other}:127.0.0.1:9"]]),
    ("cancel another target", [["-O", "cancel", "-R", "{free}:127.0.0.1:9"]]),
    ("cancel by another address",
     [["-O", "cancel", "-R", "127.0.0.1:{free}:127.0.0.1:{echo}"]]),
    ("cancel and ask again", [["-O", "cancel", "-R", "{spec}"],
                              ["-O", "forward", "-R", "{spec}"]]),
    ("ask for the same again", [["-O", "forward", "-R", "{spec}"]]),
    ("ask for a taken port",
     [["-O", "forward", "-R", "127.0.0.1:{taken}:127.0.0.1:9"]]),
    ("ask for another", [["-O", "forward", "-R", "{other}:127.0.0.1:9"],
                         ["-O", "cancel", "-R", "{other}:127.0.0.1:9"]]),
    ("a dynamic one and back", [["-O", "forward", "-R", "{other}"],
                                ["-O", "cancel", "-R", "{other}"]]),
    ("a local one and back",
     [["-O", "forward", "-L", "{other}:127.0.0.1:{echo}"],
      ["-O", "cancel", "-L", "{other}:127.0.0.1:{echo}"]]),
    ("a session beside it", [["--", "true"], ["-W", "127.0.0.1:{echo}"]]),
]


@both
class ControlSideBySide(Pair):
    """Commands to a running connection (ssh -O)."""

    def test_commands(self):
        """Each command's exit status, words and open sockets after it."""
        rows = [(sentence, "", [" ".join(c) for c in commands])
                for sentence, commands in CONTROL]
        self.compare([(s, c, [a.replace("{spec}",
                                        "{free}:127.0.0.1:{echo}")
                              for a in args]) for s, c, args in rows],
                     self._commands)

    def _commands(self, server, args, ports):
        control, free = f"{server.dir}/ctl", ports["free"]
        master = self.hold(
            server, "-M", "-S", control, "-R",
            f"{free}:127.0.0.1:{ports['echo']}", ready=free)
        self.assertEqual(ask(free), b"ping")
        seen = []
        for line in args:
            got = self.ssh(server, "-S", control, *line.split(), send=b"ping")
            time.sleep(0.3)
            said = self.words(got.stderr, server)
            seen.append((line.split()[:2], got.returncode, got.stdout,
                         [re.sub(r"pid=\d+", "pid=N", s) for s in said],
                         listening(free), listening(ports["other"])))
        seen.append(self.words(master.err().encode(), server))
        master.stop()
        return seen


@both
class TrafficSideBySide(Pair):
    """What the two ends of a forward see."""

    def test_ends(self):
        """Half-closes, targets that refuse and targets that vanish."""
        def run(server, args, ports):
            port = free_port()
            kind, = args
            client = self.hold(server, "-L", f"{port}:127.0.0.1:{ports[kind]}",
                               ready=port)
            with dial(port) as sock:
                try:
                    sock.sendall(b"ping")
                    sock.shutdown(1)
                except OSError:
                    pass
                got = read_all(sock)
            time.sleep(0.2)
            alive = client.process.poll()
            client.stop()
            words = [re.sub(r"port \d+|:\d+", "port N", w)
                     for w in self.words(client.err().encode(), server)]
            return got, alive, words
        self.compare([("an echo", "", "echo"),
                      ("a target that refuses", "", "free"),
                      ("one that is not permitted", "PermitOpen none",
                       "echo")], run)


del Pair  # only its subclasses run

if __name__ == "__main__":
    unittest.main()

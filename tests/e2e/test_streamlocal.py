"""Forwards of Unix sockets in both directions and all mixtures: bytes, ends,
failures, cancel."""

import os
import pathlib
import re
import socket
import time
import unittest

import rawssh
from harness import (LIGHT, Bulk, EarlyEnd, Late, Recorder, Target, ask,
                     dial, exchange, free_port, needs_root, on_both,
                     read_all, read_some, wait_for)
from paths import STRICT, Paths, ask_path, dial_end, dial_path, is_listening

SIZE = (4 if LIGHT else 20) << 20


@on_both
class StreamLocalMixtures(Paths):
    """Every form of -L and -R with a socket on a side or on both."""

    def ends(self, cls, **kw):
        """For each form: its words, and a target and what to dial."""
        for way in ("-L", "-R"):
            for form in ("path:path", "port:path", "path:port"):
                near, far = form.split(":")
                name = way[1] + near[1] + far[1]
                path = self.dir / f"t{name}" if far == "path" else None
                target = self.target(cls, path=path, **kw)
                end = self.dir / f"e{name}" if near == "path" else free_port()
                yield (way, form, target, end,
                       f"{end}:{path or f'127.0.0.1:{target.port}'}")

    def check(self, use, cls=Target, **kw):
        """Run use(target, end) through each form, all on one connection."""
        forms = list(self.ends(cls, **kw))
        argv = [word for way, *_, spec in forms for word in (way, spec)]
        client = self.client(self.serve(), "-v", "-N", *argv, options=STRICT)
        client.wait_err("remote forward success for", 3)
        for way, form, target, end, _ in forms:
            with self.subTest(way=way, form=form):
                use(target, end)

    def test_echo(self):
        """Bytes go and come back."""
        def use(_, end):
            for word in (b"one", b"two"):
                self.assertEqual((ask_path if isinstance(end, pathlib.Path)
                                  else ask)(end, word), word)
        self.check(use)

    def test_bulk(self):
        """Much in both directions at once arrives unchanged."""
        def use(target, end):
            with dial_end(end) as sock:
                sent, got = exchange(sock, SIZE)
            wait_for(lambda: target.got, "the target's digest")
            self.assertEqual((sent, got), (target.got[0], target.sent[0]))
        self.check(use, Bulk, size=SIZE)

    def test_near_side_ends_first(self):
        """Late data reaches a side that has ended its own direction."""
        def use(_, end):
            with dial_end(end) as sock:
                sock.sendall(b"question")
                sock.shutdown(socket.SHUT_WR)
                self.assertEqual(read_all(sock), b"late:question")
        self.check(use, Late)

    def test_target_ends_first(self):
        """Data for a target that has ended its own direction arrives."""
        def use(target, end):
            with dial_end(end) as sock:
                self.assertEqual(read_all(sock), b"hello")
                time.sleep(0.2)
                sock.sendall(b"still here")
            wait_for(lambda: target.received, "the late data")
            self.assertEqual(target.received, [b"still here"])
        self.check(use, EarlyEnd)

    def test_vanished_client_is_seen_by_the_target(self):
        """When the client is killed, the target sees the end."""
        target = self.target(Recorder, path=self.dir / "t")
        port, client = self.local(self.serve(), self.dir / "t")
        with dial(port) as sock:
            sock.sendall(b"here")
            wait_for(lambda: target.received == [b"here"], "the bytes")
            client.stop(9)
            wait_for(lambda: target.open == 0, "the target's end")


@on_both
class StreamLocalOpens(Paths):
    """-L to a path on the server that cannot be connected to."""

    def open_words(self, path):
        """What the client says about an -L to this path."""
        port, client = self.local(self.serve(), path)
        with dial(port) as sock:
            self.assertEqual(read_all(sock), b"")
        said = client.wait_err("open failed")
        return re.search(r"open failed: (.*)", said)[1].strip()

    def test_failures_carry_the_code_of_sshd(self):
        """What is not there, does not listen or may not be reached fails
        with "connect failed"; Portcullis adds why."""
        self.dead(self.dir / "dead")
        (self.dir / "file").write_text("")
        (self.dir / "file").chmod(0o777)
        for name, why in (("none", "No such file or directory"),
                          ("dead", "Connection refused"),
                          ("file", "Connection refused")):
            with self.subTest(name):
                said = self.open_words(self.dir / name)
                self.assertEqual(said, "connect failed: "
                                 + (why if self.ours else "open failed"))

    @needs_root
    def test_the_user_connects_and_not_root(self):
        """A socket that the user may not open cannot be reached."""
        self.target(path=self.dir / "t")
        os.chown(self.dir / "t", 0, 0)
        os.chmod(self.dir / "t", 0o600)
        said = self.open_words(self.dir / "t")
        why = "Permission denied" if self.ours else "open failed"
        self.assertEqual(said, f"connect failed: {why}")

    def test_relative_path_starts_at_the_root(self):
        """A path without a leading slash is one below /."""
        self.target(path=self.dir / "t")
        port, _ = self.local(self.serve(), str(self.dir / "t")[1:])
        self.assertEqual(ask(port), b"ping")

    def test_full_queue_is_waited_for_or_refused(self):
        """A service that accepts late is reached, or refused with words;
        the connection lives on."""
        path = self.dir / "t"
        with socket.socket(socket.AF_UNIX) as busy:
            busy.bind(str(path))
            os.chmod(path, 0o777)
            busy.listen(0)
            with dial_path(path):
                port, client = self.local(self.serve(), path)
                with dial(port) as sock:
                    if self.ours:
                        time.sleep(0.1)
                        busy.accept()[0].close()
                        served = busy.accept()[0]
                        served.sendall(b"late")
                        self.assertEqual(read_some(sock, 4), b"late")
                        served.close()
                    else:
                        client.wait_err("open failed")
                self.assertIsNone(client.process.poll())


@on_both
class StreamLocalCancel(Paths):
    """-O cancel and -O forward of paths on a connection that goes on."""

    def setUp(self):
        super().setUp()
        self.server, self.echo = self.serve(), self.target()
        self.spec = f"{self.dir / 'x'}:127.0.0.1:{self.echo.port}"
        self.control = f"{self.server.dir}/ctl"
        self.remote(self.server, *self.spec.split(":", 1), "-M", "-S",
                    self.control)
        # An echo: the client has its answer, and the control socket stands.
        self.assertEqual(ask_path(self.dir / "x"), b"ping")

    def order(self, word, way, spec):
        """An -O order to the running client."""
        return self.ssh(self.server, "-S", self.control, "-O", word, way,
                        spec)

    def test_cancel(self):
        """The listener ends, its file and its connections stay."""
        with dial_path(self.dir / "x") as sock:
            sock.sendall(b"one!")
            self.assertEqual(read_some(sock, 4), b"one!")
            got = self.order("cancel", "-R", self.spec)
            self.assertEqual(got.returncode, 0, got.stderr)
            wait_for(lambda: not is_listening(self.dir / "x"), "the end")
            self.assertTrue((self.dir / "x").is_socket())
            sock.sendall(b"two!")
            self.assertEqual(read_some(sock, 4), b"two!")

    def test_cancel_is_of_the_exact_path(self):
        """Another spelling of the path, or the path again, is not found."""
        path = str(self.dir / "y")
        transport = rawssh.login(self.server)
        self.addCleanup(transport.close)

        def request(word, path):
            name = f"{word}streamlocal-forward@openssh.com"
            return transport.global_request(name, (path,)) is not None

        self.assertTrue(request("", path))
        for other in (path + "y", path.replace("/y", "/./y"), path[1:],
                      str(self.dir / "x"), ""):
            with self.subTest(other):
                self.assertFalse(request("cancel-", other))
        self.assertTrue(is_listening(path))
        self.assertTrue(request("cancel-", path))
        wait_for(lambda: not is_listening(path), "the listener to end")
        self.assertFalse(request("cancel-", path))

    def test_forward_again(self):
        """A cancelled path whose file was removed can be had again."""
        self.order("cancel", "-R", self.spec)
        wait_for(lambda: not is_listening(self.dir / "x"), "the end")
        (self.dir / "x").unlink()
        got = self.order("forward", "-R", self.spec)
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(ask_path(self.dir / "x"), b"ping")

    def test_local_forward_added_later(self):
        """-O forward of an -L to a path works on a running connection."""
        self.target(path=self.dir / "t")
        port = free_port()
        got = self.order("forward", "-L", f"{port}:{self.dir / 't'}")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(ask(port), b"ping")


if __name__ == "__main__":
    unittest.main()

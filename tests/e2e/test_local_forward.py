"""ssh -L, -D, -W and -J with the stock client: names, IPv4, IPv6, halves that
end early, and what the client is told when an open is refused."""

import re
import socket
import subprocess
import time
import unittest

from clients import client_env
from harness import (Case, EarlyEnd, Late, Recorder, ask, dial, free_port,
                     needs_ipv6, on_both, on_portcullis, read_all, read_some,
                     wait_for, world)


@on_both
class LocalForward(Case):
    """Everything that is direct-tcpip on the wire."""

    def test_ipv4_target_echoes(self):
        """-L to an IPv4 address carries bytes both ways."""
        port = self.local(self.serve(), self.target())
        self.assertEqual(ask(port, b"through the gate"), b"through the gate")

    @needs_ipv6
    def test_ipv6_target_echoes(self):
        """-L to an IPv6 address carries bytes both ways."""
        port = self.local(self.serve(), self.target(host="::1"))
        self.assertEqual(ask(port), b"ping")

    def test_name_target_echoes(self):
        """-L to a name resolves it at the server."""
        target, port = self.target(), free_port()
        self.hold(self.serve(), "-L", f"{port}:localhost:{target.port}",
                  ready=port)
        self.assertEqual(ask(port), b"ping")

    def test_name_tries_every_address(self):
        """A name whose first address refuses is tried at the next one."""
        target, port = self.target(host="127.0.0.1"), free_port()
        self.hold(self.serve(), "-L", f"{port}:localhost:{target.port}",
                  ready=port)
        for _ in range(3):
            self.assertEqual(ask(port), b"ping")
        self.assertEqual(len(target.peers), 3)

    def test_many_connections_through_one_forward(self):
        """Connections through one -L do not mix."""
        port = self.local(self.serve(), self.target())
        socks = [dial(port) for _ in range(20)]
        for number, sock in enumerate(socks):
            sock.sendall(b"%04d" % number)
        for number, sock in enumerate(socks):
            self.assertEqual(read_some(sock, 4), b"%04d" % number)
            sock.close()

    def test_stdio_forward(self):
        """-W joins the client's stdin and stdout to the target."""
        target = self.target()
        got = self.ssh(self.serve(), "-W", f"127.0.0.1:{target.port}",
                       send=b"over stdio")
        self.assertEqual((got.returncode, got.stdout), (0, b"over stdio"))

    def test_dynamic_forward(self):
        """-D opens what each SOCKS request names."""
        one, two = self.target(), self.target()
        socks = self.socks(self.serve())
        self.assertEqual(socks.try_open("127.0.0.1", one.port), "")
        self.assertEqual(socks.try_open("localhost", two.port), "")
        self.assertEqual((len(one.peers), len(two.peers)), (1, 1))

    def test_jump_through_one_server_to_another(self):
        """-J reaches a second server through the first."""
        first, second, target = self.serve(), self.serve(), self.target()
        got = self._jump(first, second, "-W", f"127.0.0.1:{target.port}")
        self.assertEqual((got.returncode, got.stdout), (0, b"far away"),
                         got.stderr)
        self.assert_log(second, r"Accepted publickey for .* from 127\.0\.0\.1")

    def _jump(self, first, second, *args):
        """ssh -J first second, with a file that gives both their settings."""
        here, conf = world().dir, first.dir / "jump.conf"
        conf.write_text(
            f"Host *\n  User {self.user.name}\n  HostName 127.0.0.1\n"
            f"  IdentityFile {here}/key\n  IdentitiesOnly yes\n"
            f"  BatchMode yes\n  HostKeyAlias pct\n"
            f"  UserKnownHostsFile {here}/known_hosts\n"
            f"Host first\n  Port {first.port}\n"
            f"Host second\n  Port {second.port}\n")
        return subprocess.run(
            ["ssh", "-F", conf, "-J", "first", *args, "second"],
            input=b"far away", capture_output=True, timeout=20,
            env=client_env())

    def test_client_ends_first_and_gets_late_data(self):
        """Data sent after the client's end of file still arrives."""
        port = self.local(self.serve(), self.target(Late))
        with dial(port) as sock:
            sock.sendall(b"question")
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(sock), b"late:question")

    def test_stdin_ends_first_and_gets_late_data(self):
        """-W delivers what comes after stdin has ended."""
        target = self.target(Late)
        got = self.ssh(self.serve(), "-W", f"127.0.0.1:{target.port}",
                       send=b"question")
        self.assertEqual(got.stdout, b"late:question")

    def test_target_ends_first_and_gets_late_data(self):
        """Data the client sends after the target's end of file arrives."""
        target = self.target(EarlyEnd)
        port = self.local(self.serve(), target)
        with dial(port) as sock:
            self.assertEqual(read_all(sock), b"hello")
            time.sleep(0.3)
            sock.sendall(b"still here")
        wait_for(lambda: target.received, "the late data")
        self.assertEqual(target.received, [b"still here"])

    def test_target_that_resets_closes_the_connection(self):
        """A reset from the target ends that connection and no other."""
        def reset(sock):
            read_some(sock, 4)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            b"\1\0\0\0\0\0\0\0")
        bad, good = self.target(handle=reset), self.target()
        socks = self.socks(self.serve())
        with socks.dial("127.0.0.1", good.port) as steady:
            steady.sendall(b"one!")
            self.assertEqual(read_some(steady, 4), b"one!")
            with socks.dial("127.0.0.1", bad.port) as sock:
                sock.sendall(b"ping")
                self.assertEqual(read_all(sock), b"")
            steady.sendall(b"two!")
            self.assertEqual(read_some(steady, 4), b"two!")

    def test_refused_connection_is_named(self):
        """A closed target port gives the client 'Connection refused'."""
        got = self.ssh(self.serve(), "-W", f"127.0.0.1:{free_port()}")
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"connect failed: Connection refused", got.stderr)

    def test_resolver_failure_is_named(self):
        """A name that does not exist gives the client the resolver's words."""
        got = self.ssh(self.serve(), "-W", "x" * 64 + ".invalid:80")
        self.assertEqual(got.returncode, 255)
        self.assertIn(b"connect failed: Name or service not known",
                      got.stderr)

    def test_refused_target_leaves_the_connection_alive(self):
        """After a refused open the connection still forwards."""
        target = self.target()
        socks = self.socks(self.serve())
        self.assertIn("Connection refused",
                      socks.try_open("127.0.0.1", free_port()))
        self.assertEqual(socks.try_open("127.0.0.1", target.port), "")

    def test_connections_to_the_target_end_with_the_client(self):
        """When the client goes, the target sees the end."""
        target, server = self.target(Recorder), self.serve()
        port = free_port()
        client = self.hold(server, "-L", f"{port}:127.0.0.1:{target.port}",
                           ready=port)
        with dial(port) as sock:
            sock.sendall(b"last words")
            wait_for(lambda: target.received == [b"last words"], "data")
            client.stop(9)
            wait_for(lambda: target.open == 0, "the target to see the end")


@on_portcullis
class LocalForwardLog(Case):
    """The lines Portcullis writes about each forward."""

    def test_open_and_close_are_logged_with_bytes(self):
        """A forward has an opened and a closed line with the byte counts."""
        target, server = self.target(), self.serve()
        self.ssh(server, "-W", f"127.0.0.1:{target.port}", send=b"x" * 1000)
        what = (rf"user {self.user.name} from 127\.0\.0\.1 port \d+, "
                rf"direct-tcpip to 127\.0\.0\.1 port {target.port}")
        opened = self.assert_log(
            server, rf"forward (\d+) opened: {what} at 127\.0\.0\.1 port "
            rf"{target.port}, unrestricted by default$")
        self.assert_log(server, rf"forward {opened[1]} closed: {what}, 1000 "
                        r"bytes up, 1000 bytes down, \d+\.\d{3} seconds$")

    def test_permitted_open_names_its_rule(self):
        """The opened line names the PermitOpen line that granted it."""
        target = self.target()
        server = self.serve(f"# first\nPermitOpen 127.0.0.1:{target.port}\n")
        self.ssh(server, "-W", f"127.0.0.1:{target.port}", send=b"x")
        self.assert_log(server, rf"opened: .* permitted by "
                        rf"{re.escape(str(server.conf))}:2$")

    def test_name_is_logged_with_the_address_dialled(self):
        """A name is logged as asked for, with the address that was used."""
        target, server = self.target(), self.serve()
        self.ssh(server, "-W", f"localhost:{target.port}", send=b"x")
        self.assert_log(server, rf"direct-tcpip to localhost port "
                        rf"{target.port} at 127\.0\.0\.1 port {target.port}")

    def test_failed_connect_is_logged(self):
        """A target that refuses is logged with the reason."""
        server, port = self.serve(), free_port()
        self.ssh(server, "-W", f"127.0.0.1:{port}")
        self.assert_log(server, rf"forward \d+ failed: user {self.user.name} "
                        rf"from 127\.0\.0\.1 port \d+, direct-tcpip to "
                        rf"127\.0\.0\.1 port {port}: Connection refused$")


if __name__ == "__main__":
    unittest.main()

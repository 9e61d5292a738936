"""Real programs through Portcullis: PostgreSQL, Redis, HTTP/2 and SOCKS, each
compared with the same program through sshd.  Heavy: tests/run --full."""

import hashlib
import http.server
import os
import re
import subprocess
import threading
import unittest

import services
from harness import FULL, Case, free_port, on_both

SIZE = 8 << 20


@unittest.skipUnless(FULL, "heavy: set PORTCULLIS_FULL=1 (tests/run --full)")
class Heavy(Case):
    """A test with real services."""

    def run_tool(self, *argv, send=None, limit=90):
        """Run a program to its end; its output."""
        done = subprocess.run(
            [str(a) for a in argv], input=send, capture_output=True,
            timeout=limit, check=False, cwd=self.world.dir,
            env=services.environment(self.world.dir))
        self.assertEqual(done.returncode, 0, (argv, done.stderr))
        return done.stdout

    def service(self, service):
        """A service that ends with the test."""
        self.addCleanup(service.stop)
        return service

    def through(self, service):
        """The port of a -L to a service."""
        port, server = free_port(), self.serve()
        self.hold(server, "-L", f"127.0.0.1:{port}:127.0.0.1:{service.port}",
                  ready=port)
        return port


@on_both
class RealServices(Heavy):
    """Programs people forward to every day."""

    def test_psql(self):
        """psql loads 200,000 rows, reads them back and reports an error."""
        psql = services.find("psql", "postgresql",
                             "/usr/lib/postgresql/*/bin/psql")
        port = self.through(self.service(services.postgres()))
        base = [psql, "-X", "-At", "-h", "127.0.0.1", "-p", port, "-U",
                "tester", "-d", "postgres"]
        rows = "".join(f"{n}\tword {n}\n" for n in range(200000))
        out = self.run_tool(*base, send=(
            "create table t (n int, w text);\ncopy t from stdin;\n" + rows
            + "\\.\nselect count(*), sum(n) from t;\n").encode())
        self.assertTrue(out.endswith(b"200000|19999900000\n"), out[-200:])
        out = self.run_tool(*base, "-c", "copy t to stdout")
        self.assertEqual(out, rows.encode())
        # Cancelling opens a second connection beside the first.
        out = self.run_tool(*base, "-c", "set statement_timeout=300", "-c",
                            "do $$ begin perform pg_sleep(5); exception when "
                            "query_canceled then null; end $$", "-c",
                            "select 'after'")
        self.assertIn(b"after", out)

    def test_redis_cli(self):
        """redis-cli: a value of 1 MB, a pipeline of 20,000 commands, a
        subscriber that hears a publisher."""
        cli = services.find("redis-cli", "redis-tools")
        port = self.through(self.service(services.redis()))
        base = [cli, "-h", "127.0.0.1", "-p", port]
        value = os.urandom(500000).hex().encode()
        self.assertEqual(self.run_tool(*base, "-x", "set", "k", send=value),
                         b"OK\n")
        self.assertEqual(self.run_tool(*base, "get", "k"), value + b"\n")
        pipe = b"".join(b"INCR n\r\n" for _ in range(20000))
        self.assertIn(b"replies: 20000",
                      self.run_tool(*base, "--pipe", send=pipe))
        self.assertEqual(self.run_tool(*base, "get", "n"), b"20000\n")
        with subprocess.Popen([*map(str, base), "subscribe", "c"],
                              stdout=subprocess.PIPE) as listener:
            try:
                for _ in range(3):      # that it has subscribed
                    listener.stdout.readline()
                self.assertEqual(self.run_tool(*base, "publish", "c", "hey"),
                                 b"1\n")
                said = [listener.stdout.readline() for _ in range(3)]
                self.assertEqual(said[2], b"hey\n")
            finally:
                listener.terminate()

    def test_curl_http2(self):
        """curl over HTTP/2: fifty files at once on one connection."""
        curl = services.find("curl", "curl")
        root = services.place_for("files")
        root.chmod(0o755)
        files = {f"f{n}": os.urandom(SIZE // 50) for n in range(50)}
        for name, data in files.items():
            (root / name).write_bytes(data)
        port = self.through(self.service(services.http2(root)))
        got = self.world.dir / f"got-{port}"
        out = self.run_tool(
            curl, "-sSk", "--fail", "--http2", "-Z", "--parallel-max", "50",
            "--create-dirs", "-o", f"{got}/#1", "-w",
            "%{http_version} %{num_connects}\n",
            f"https://127.0.0.1:{port}/{{{','.join(files)}}}")
        lines = out.decode().split("\n")[:-1]
        self.assertEqual({line.split()[0] for line in lines}, {"2"})
        self.assertEqual(sum(int(line.split()[1]) for line in lines), 1)
        for name, data in files.items():
            self.assertEqual((got / name).read_bytes(), data, name)

    def test_curl_through_socks(self):
        """curl with socks5h: the name is resolved by the server, and a large
        upload and download arrive whole."""
        curl = services.find("curl", "curl")
        data, seen = os.urandom(SIZE), []

        class Handler(http.server.BaseHTTPRequestHandler):
            """Gives the data and takes an upload."""

            def do_GET(self):
                """The data."""
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_PUT(self):
                """Remember the upload's digest."""
                size = int(self.headers["Content-Length"])
                seen.append(hashlib.sha256(self.rfile.read(size)).digest())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        port = self.socks(self.serve()).port
        base = [curl, "-sS", "--fail", "-x", f"socks5h://127.0.0.1:{port}"]
        url = f"http://localhost:{web.server_address[1]}/"
        self.assertEqual(self.run_tool(*base, url), data)
        self.run_tool(*base, "-T", "-", "-H", f"Content-Length: {len(data)}",
                      "-H", "Transfer-Encoding:", url, send=data)
        self.assertEqual(seen, [hashlib.sha256(data).digest()])


@on_both
class RealJumps(Heavy):
    """git and rsync to a real sshd behind the server (ssh -J)."""

    def setUp(self):
        super().setUp()
        from servers import Sshd
        inner = self.prepare(cls=Sshd, host_key="other_host_key").start()
        outer = self.serve(f"PermitOpen 127.0.0.1:{inner.port}")
        hosts = self.world.dir / "jump_hosts"
        hosts.write_text(
            "outer " + self.world.public("host_key") + "\n"
            "inner " + self.world.public("other_host_key") + "\n")
        common = (f"  HostName 127.0.0.1\n  User {self.user.name}\n"
                  f"  IdentityFile {self.world.dir}/key\n"
                  "  IdentitiesOnly yes\n  IdentityAgent none\n"
                  "  BatchMode yes\n  StrictHostKeyChecking yes\n"
                  f"  UserKnownHostsFile {hosts}\n"
                  "  GlobalKnownHostsFile /dev/null\n")
        self.config = outer.dir / "config"
        self.config.write_text(
            f"Host outer\n  HostKeyAlias outer\n  Port {outer.port}\n{common}"
            f"Host inner\n  HostKeyAlias inner\n  Port {inner.port}\n"
            f"  ProxyJump outer\n{common}")
        self.place = self.user.home / f"jump-{outer.port}"
        self.place.mkdir()
        os.chown(self.place, self.user.uid, self.user.gid)

    def test_ssh(self):
        """ssh -J runs a command behind and brings its exit status."""
        done = subprocess.run(
            ["ssh", "-F", self.config, "inner", "cat; exit 7"], input=b"hey",
            capture_output=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stdout), (7, b"hey"),
                         done.stderr)

    def test_git(self):
        """git pushes 4 MB, clones it again, and fetches."""
        git = services.find("git", "git")
        there, here = self.place / "repo.git", self.world.dir / "work"
        here = here.with_name(f"work-{self.place.name}")
        subprocess.run(services.as_user([git, "init", "-q", "--bare", there],
                                        "a"), check=True, timeout=20,
                       env=services.environment(self.place), cwd=self.place)
        ssh = f"core.sshCommand=ssh -F {self.config}"
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        self.run_tool(git, "init", "-q", "-b", "main", here)
        (here / "blob").write_bytes(os.urandom(4 << 20))
        self.run_tool(git, "-C", here, "add", "blob")
        self.run_tool(git, "-C", here, *who, "commit", "-q", "-m", "one")
        url = f"inner:{there}"
        self.run_tool(git, "-C", here, "-c", ssh, "push", "-q", url, "main")
        copy = here.with_name(here.name + "-copy")
        self.run_tool(git, "-c", ssh, "clone", "-q", "-b", "main", url, copy)
        self.assertEqual((copy / "blob").read_bytes(),
                         (here / "blob").read_bytes())
        self.run_tool(git, "-C", copy, "-c", ssh, "fetch", "-q", url, "main")

    def test_rsync(self):
        """rsync copies 300 files and 8 MB there and back; the second time
        only what changed travels."""
        rsync = services.find("rsync", "rsync")
        here = self.world.dir / f"tree-{self.place.name}"
        (here / "sub").mkdir(parents=True)
        for number in range(300):
            (here / "sub" / f"{number}").write_text(f"file {number}\n")
        (here / "large").write_bytes(os.urandom(SIZE))
        base = [rsync, "-a", "--no-owner", "--no-group", "--stats", "-e",
                f"ssh -F {self.config}"]
        there = f"inner:{self.place}/tree/"
        self.run_tool(*base, f"{here}/", there)
        (here / "sub" / "7").write_text("changed!\n")
        out = self.run_tool(*base, f"{here}/", there).decode()
        self.assertEqual(re.search(r"files transferred: (\d+)", out)[1], "1")
        back = here.with_name(here.name + "-back")
        self.run_tool(*base, there, f"{back}/")
        for path in here.rglob("*"):
            if path.is_file():
                self.assertEqual((back / path.relative_to(here)).read_bytes(),
                                 path.read_bytes(), path)


del Heavy  # only its subclasses run

if __name__ == "__main__":
    unittest.main()

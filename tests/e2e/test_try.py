"""config/try, the first thing a newcomer runs."""

import os
import re
import signal
import socket
import subprocess
import unittest

from harness import BIN_IS_REPO, Case, on_portcullis, wait_for
from world import REPO


@on_portcullis
class Try(Case):
    """Run it as people do."""

    def start(self, *args, **kw):
        """Start config/try without building again."""
        env = dict(os.environ, PORTCULLIS_TRY_NO_BUILD="1")
        return subprocess.Popen(
            [REPO / "config" / "try", *args], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=env, start_new_session=True, **kw)

    def test_once(self):
        """It carries bytes each way, cleans up and ends with 0."""
        process = self.start("--once", stdin=subprocess.DEVNULL)
        said, _ = process.communicate(timeout=60)
        said = said.decode()
        self.assertEqual(process.returncode, 0, said)
        for word in ("-L", "-R", "-D", "-W", "-J"):
            self.assertRegex(said, rf"ok .*{word}\b")
        place = re.search(r"/\S*portcullis-try\.\w+", said)[0]
        self.assertFalse(os.path.exists(place))

    def test_printed_commands_work(self):
        """The ssh line that it prints works while it waits, and a signal
        ends everything."""
        process = self.start("--wait", stdin=subprocess.PIPE)
        said = b""
        while b"Press Enter" not in said:
            line = process.stdout.readline()
            self.assertTrue(line, said)
            said += line
        line = re.search(r"^ *(ssh .*-W .*)$", said.decode(), re.M)[1]
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            line = re.sub(r"-W \S+", f"-W 127.0.0.1:{port}", line)
            client = subprocess.Popen(line, shell=True,
                                      stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
            listener.settimeout(20)
            sock, _ = listener.accept()
            with sock:
                sock.sendall(b"it works")
            self.assertEqual(client.stdout.read(), b"it works")
            client.stdin.close()
            client.wait(20)
            client.stdout.close()
        place = re.search(r"/\S*portcullis-try\.\w+", said.decode())[0]
        process.send_signal(signal.SIGTERM)  # INT may be ignored
        process.wait(20)
        process.stdout.close()
        process.stdin.close()
        wait_for(lambda: not os.path.exists(place), "the folder to go")


if not BIN_IS_REPO:  # config/try knows only the build in the tree
    Try = None


if __name__ == "__main__":
    unittest.main()

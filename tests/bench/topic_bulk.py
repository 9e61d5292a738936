"""Much data through one forward, by cipher and direction."""

from bench import Row, Topic

CIPHERS = {"aes128-gcm@openssh.com": "AES-128-GCM",
           "aes256-gcm@openssh.com": "AES-256-GCM",
           "chacha20-poly1305@openssh.com": "ChaCha20-Poly1305"}


class Bulk(Topic):
    """Stock ssh -L; the forward's setting up is not measured."""

    name = "bulk"

    def __init__(self, bench):
        super().__init__(bench)
        self.bytes = bench.pick(400, 200, 2) * 10**6
        for cipher, words in CIPHERS.items():
            self.rows += [
                Row(f"get {cipher}", f"download, {words}: server CPU",
                    "s/GB", at_most=1.0),
                Row(f"put {cipher}", f"upload, {words}: server CPU", "s/GB",
                    at_most=1.25, aim=1.0)]
        self.rows += [Row("get rate", "download, AES-128-GCM: rate", "MB/s"),
                      Row("put rate", "upload, AES-128-GCM: rate", "MB/s")]

    def transfer(self, server, port, job):
        """CPU seconds a GB, MB a second."""
        before = self.bench.cpu(server)
        seconds = self.bench.load(job, port, self.bytes)["seconds"]
        self.bench.rest(server, 1)
        used = self.bench.cpu(server) - before
        return used / self.bytes * 1e9, self.bytes / seconds / 1e6

    def measure(self, server):
        got = {}
        for cipher in reversed(CIPHERS):
            with self.bench.forward(server, cipher) as port:
                self.bench.load("ping", port, 1, 5, 0)
                for job in ("get", "put"):
                    got[f"{job} {cipher}"], got[f"{job} rate"] = \
                        self.transfer(server, port, job)
            self.bench.settle(server)
        return got

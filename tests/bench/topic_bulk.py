"""Much data through one forward, by cipher and direction."""

from bench import CIPHER, Row, Topic

CIPHERS = {"aes128-gcm@openssh.com": "AES-128-GCM",
           "aes256-gcm@openssh.com": "AES-256-GCM",
           "chacha20-poly1305@openssh.com": "ChaCha20-Poly1305"}
# The job that makes the bytes go to the client, and the one that makes them
# come from it: with -R we connect at the server's side.
DOWN, UP = "download", "upload"
JOBS = {"-L": {DOWN: "get", UP: "put"}, "-R": {DOWN: "put", UP: "get"}}
GOALS = {DOWN: {"at_most": 1.0, "aim": 0.8}, UP: {"at_most": 1.25, "aim": 1.0}}


class Bulk(Topic):
    """Stock ssh; the forward's setting up is not measured."""

    name = "bulk"
    rounds = 4

    def __init__(self, bench):
        super().__init__(bench)
        self.bytes = bench.pick(250, 150, 2) * 10**6
        self.rows = [Row((kind, way, cipher),
                         f"{kind} {way}, {words}: server CPU", "s/GB",
                         **GOALS[way])
                     for kind in JOBS for cipher, words in CIPHERS.items()
                     for way in JOBS[kind]]
        self.rows += [Row((kind, way, "rate"),
                          f"{kind} {way}, {CIPHERS[CIPHER]}: rate", "MB/s")
                      for kind in JOBS for way in JOBS[kind]]

    def forward(self, server, kind, cipher):
        """The port of a forward of this kind to the service."""
        words = [kind, "127.0.0.1:{port}:127.0.0.1:" f"{self.bench.service}"]
        return self.bench.forward(server, cipher, words=words)

    def transfer(self, server, port, job):
        """CPU seconds a GB, MB a second."""
        before = self.bench.cpu(server)
        seconds = self.bench.load(job, port, self.bytes)["seconds"]
        self.bench.rest(server, 1)
        used = self.bench.cpu(server) - before
        return used / self.bytes * 1e9, self.bytes / seconds / 1e6

    def measure(self, server):
        got = {}
        for kind, jobs in JOBS.items():
            for cipher in CIPHERS:
                with self.forward(server, kind, cipher) as port:
                    self.bench.load("ping", port, 1, 5, 0)
                    for way, job in jobs.items():
                        cpu, rate = self.transfer(server, port, job)
                        got[kind, way, cipher] = cpu
                        if cipher == CIPHER:
                            got[kind, way, "rate"] = rate
                self.bench.settle(server)
        return got

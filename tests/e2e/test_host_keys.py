"""Several host keys: all are announced, and a client that asks is shown that
the server holds them, so that it learns the new ones."""

import unittest

from harness import Case, on_both

KEYS = ("host_key", "ecdsa_key", "rsa_key")


def words(line):
    """Type and key of a public key line, without name and comment."""
    found = line.split()
    start = next(i for i, w in enumerate(found) if w.startswith(("ssh-",
                                                                 "ecdsa-")))
    return tuple(found[start:start + 2])


@on_both
class HostKeys(Case):
    """hostkeys-00 and hostkeys-prove-00, seen through UpdateHostKeys."""

    def known(self, server, *names):
        """A file of known hosts with these of the keys."""
        path = server.dir / "known_hosts"
        path.write_text("".join(f"pct {self.world.public(n)}\n"
                                for n in names))
        return path

    def learn(self, server, known, *options):
        """Log in with UpdateHostKeys; the keys known afterwards."""
        got = self.ssh(server, "--", "sleep", "1", options=[
            f"UserKnownHostsFile={known}", "UpdateHostKeys=yes", *options])
        self.assertEqual(got.returncode, 0, got.stderr)
        return {words(line) for line in known.read_text().splitlines()}

    def serve_keys(self, *names):
        """A server with these keys and the usual one."""
        return self.serve("\n".join(f"HostKey {self.world.dir / n}"
                                    for n in names))

    def all_keys(self):
        """What a client should know in the end."""
        return {words(self.world.public(n)) for n in KEYS}

    def test_new_keys_are_learned(self):
        """From any known key a client gets to know the others."""
        server = self.serve_keys(*KEYS[1:])
        for name in KEYS:
            with self.subTest(name):
                self.assertEqual(self.learn(server, self.known(server, name)),
                                 self.all_keys())

    def test_after_either_hash_of_rsa(self):
        """The key exchange may have signed with RSA and either hash."""
        server = self.serve_keys(*KEYS[1:])
        for name in ("rsa-sha2-256", "rsa-sha2-512"):
            with self.subTest(name):
                found = self.learn(
                    server, self.known(server, "rsa_key"), "HostKeyAlgorithms="
                    f"{name},ssh-ed25519,ecdsa-sha2-nistp256")
                self.assertEqual(found, self.all_keys())

    def test_old_keys_are_forgotten(self):
        """A key that the server no longer has is removed."""
        server = self.serve_keys("rsa_key")
        known = self.known(server, "host_key", "other_host_key")
        self.assertEqual(self.learn(server, known),
                         {words(self.world.public(n))
                          for n in ("host_key", "rsa_key")})

    def test_learned_keys_are_used(self):
        """What was learned is what the server shows next time."""
        server = self.serve_keys("ecdsa_key")
        known = self.known(server, "host_key")
        self.learn(server, known)
        got = self.ssh(server, "--", "true", options=[
            f"UserKnownHostsFile={known}",
            "HostKeyAlgorithms=ecdsa-sha2-nistp256"])
        self.assertEqual(got.returncode, 0, got.stderr)


if __name__ == "__main__":
    unittest.main()

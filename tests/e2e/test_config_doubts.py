"""portcullisd -t -v: what is allowed and probably not meant."""

from harness import Case, on_portcullis

DOUBTFUL = """\
GrantOpen 10.1.0.0/16:443
DenyOpen 10.0.0.0/8:*
Match User !bob
  GrantOpen *:*
"""


@on_portcullis
class Doubts(Case):
    """With -v they are told, and the exit status stays."""

    def told(self, *flags):
        """Our words about a doubtful file."""
        server = self.prepare()
        server.conf.write_text(DOUBTFUL)
        got = server.run("-t", "-h", self.world.dir / "host_key", *flags)
        self.assertEqual(got.returncode, 0, got.stderr)
        return got.stderr

    def test_doubts_name_their_lines(self):
        """A grant that is denied, and a Match that nobody can match."""
        said = self.told("-v")
        self.assertIn("line 1: GrantOpen 10.1.0.0/16:443 grants nothing", said)
        self.assertIn("line 3: this Match never holds", said)

    def test_without_v_there_is_silence(self):
        """-t alone says nothing about a file that parses."""
        self.assertNotIn("grants nothing", self.told())

"""The bench: a number for every row with tiny counts, which times nothing,
and the words of its table."""

import json
import os
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from harness import BIN, CHOSEN, REPO, Case

BENCH = REPO / "tests" / "bench"
sys.path.append(str(BENCH))

import plot                             # noqa: E402
import table                            # noqa: E402
from bench import Result, Row           # noqa: E402


def beside_sshd(cls):
    """The bench compares, so these need both servers."""
    return cls if {"sshd", "portcullis"} <= set(CHOSEN) else None


# ours and sshd's of three rounds, the row's limits, what the table says
WORDS = [
    ("equal", [2, 2, 2], [2, 2, 2], {"at_most": 1}, "1.00", "met"),
    ("better than the aim", [1, 1, 1], [4, 2, 4], {"at_most": 1, "aim": .5},
     "0.25", "met, the aim too"),
    ("between goal and aim", [3, 3, 3], [4, 4, 4],
     {"at_most": 1, "aim": .5}, "0.75", "met"),
    ("too much", [5, 5, 6], [4, 4, 4], {"at_most": 1}, "1.25", "missed"),
    ("too much but once", [5, 5, 1], [4, 4, 4], {"at_most": 1}, "1.25",
     "missed, not in every round"),
    ("not enough", [5, 5, 9], [4, 4, 4], {"at_least": 4}, "1.25", "missed"),
    ("enough", [16, 16, 32], [4, 4, 4], {"at_least": 4}, "4.00", "met"),
    ("enough but once", [16, 16, 1], [4, 4, 4], {"at_least": 4}, "4.00",
     "met, not in every round"),
    ("as good as the goal", [1003] * 3, [1000] * 3, {"at_most": 1}, "1.00",
     "met"),
    ("a limit of our own", [4, 4, 4], [1, 1, 1],
     {"at_most": 5, "absolute": True}, "4.00", "met"),
    ("no goal", [4, 4, 4], [1, 1, 1], {}, "4.00", ""),
    ("a round without a number", [4, None, 4], [1, 1, 1], {"at_most": 1},
     "?", "no number"),
]


@beside_sshd
class BenchTable(unittest.TestCase):
    """Medians, ratios and verdicts."""

    def test_words(self):
        """Each kind of goal is judged by the ratio of the medians."""
        for what, ours, theirs, limits, ratio, verdict in WORDS:
            with self.subTest(what):
                result = Result("topic", Row("key", "work", "ms", **limits))
                result.values["portcullis"] += ours
                result.values["sshd"] += theirs
                cells = table.cells(result)
                self.assertEqual((cells[3], cells[6]), (ratio, verdict))


# the largest value, the lines of a plot
TICKS = [(1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (7, [0, 2, 4, 6, 8]),
         (100, [0, 20, 40, 60, 80, 100]), (250, [0, 50, 100, 150, 200, 250])]
# the smallest, the largest, and the lines where each is a factor
DECADES = [(5, 100, [5, 10, 20, 50, 100]), (6, 7, [5, 10]),
           (0.3, 0.9, [0.2, 0.5, 1])]


@beside_sshd
class BenchPlot(unittest.TestCase):
    """The plots' axes."""

    def test_lines(self):
        """They have round numbers and hold every value."""
        for top, lines in TICKS:
            with self.subTest(top):
                self.assertEqual(
                    [round(n, 6) for n in plot.ticks(top)], lines)
        for low, high, lines in DECADES:
            with self.subTest((low, high)):
                self.assertEqual(
                    [round(n, 6) for n in plot.decades(low, high)], lines)


@beside_sshd
class BenchSmoke(Case):
    """tests/bench/run --smoke."""

    def test_every_row_has_a_number(self):
        """Every topic runs against both servers and fills its rows."""
        place = self.world.dir / "bench.json"
        done = subprocess.run(
            ["timeout", "-s", "INT", "280",     # it ends its daemons then
             BENCH / "run", "--smoke", "--json", place, "--plots",
             self.world.dir / "plots"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300, check=False,
            env={**os.environ, "PORTCULLIS_BIN": str(BIN)})
        self.assertEqual(done.returncode, 0,
                         done.stdout.decode(errors="replace")[-4000:])
        got = json.loads(place.read_text(encoding="utf-8"))
        rows = got["rows"]
        self.assertGreater(len(rows), 50)
        self.assertEqual(len(got["floor"]), 5)
        for row in rows:
            for server, values in row["values"].items():
                self.assertEqual([type(v) in (int, float) for v in values],
                                 [True], (row["work"], server))
        pictures = list((self.world.dir / "plots").glob("*.svg"))
        self.assertEqual(len(pictures), 2)
        for picture in pictures:
            drawn = xml.etree.ElementTree.parse(picture).getroot()
            self.assertIn("path", {e.tag.rpartition("}")[2] for e in drawn})


if __name__ == "__main__":
    unittest.main()

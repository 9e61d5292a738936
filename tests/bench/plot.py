"""Curves as SVG: thin lines, a mark a point, the name at each curve's end.

Both servers are in every picture: Portcullis solid, sshd dashed.  Colours
follow the reader's preference for a light or a dark page.
"""

import math
from xml.sax.saxutils import escape

from servers import Portcullis, Sshd

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 48, 56
LINE = 18   # between two names
NAMES = {Portcullis.name: "Portcullis", Sshd.name: "sshd"}
STYLE = """
    text { font: 13px "DejaVu Sans", Helvetica, Arial, sans-serif;
           fill: #3a3f47 }
    .title { font-size: 16px; font-weight: bold }
    .paper { fill: #ffffff }
    .grid { stroke: #d9dde2 }
    .axis { stroke: #7a828c }
    .c0 { color: #1f6fb2 }
    .c1 { color: #b5541d }
    path { stroke: currentColor; stroke-width: 2; fill: none }
    path.sshd { stroke-dasharray: 6 6 }
    circle { stroke: currentColor; stroke-width: 2; fill: currentColor }
    circle.sshd { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
        text { fill: #c9d1d9 }
        .paper, circle.sshd { fill: #15191f }
        .grid { stroke: #2e353d }
        .axis { stroke: #8b949e }
        .c0 { color: #5aa9e6 }
        .c1 { color: #e8935a }
    }
"""


def ticks(top, most=6):
    """Round numbers from 0 to at least top."""
    step = 10 ** math.floor(math.log10(top / most))
    step = next(step * n for n in (1, 2, 2.5, 5, 10) if step * n * most >= top)
    return [step * n for n in range(math.ceil(top / step - 1e-9) + 1)]


def decades(bottom, top):
    """1, 2 and 5 of every power of ten, from below bottom to above top."""
    every = [n * 10.0 ** power for power in range(
        math.floor(math.log10(bottom)), math.ceil(math.log10(top)) + 1)
        for n in (1, 2, 5)]
    low = max(n for n in every if n <= bottom)
    high = min(n for n in every if n >= top)
    return [n for n in every if low <= n <= high]


class Plot:
    """A picture's words.  Curves are {(name, server): [(x, y), ...]}."""

    def __init__(self, file, title, across, up, logarithmic=False):
        self.file, self.title = file, title
        self.across, self.up, self.logarithmic = across, up, logarithmic

    def svg(self, curves):
        """The picture as text."""
        points = [point for curve in curves.values() for point in curve]
        columns = ticks(max(x for x, _ in points), 8)
        values = [y for _, y in points]
        lines = decades(min(values), max(values)) if self.logarithmic \
            else ticks(max(values))
        scale = _Scale(columns, lines, self.logarithmic)
        names = list(dict.fromkeys(name for name, _ in curves))
        kinds = {key: f"{key[1]} c{names.index(key[0])}" for key in curves}
        body = [*_frame(self, scale), *_legend(scale, curves, kinds)]
        # Where curves meet, each can be seen: dashes over lines, small marks
        # over large ones.
        for key in sorted(curves, key=lambda k: (k[1] == Sshd.name,
                                                 -names.index(k[0]))):
            body += _curve(scale, kinds[key], curves[key],
                           3 + 2 * names.index(key[0]))
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH}'
                f' {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">\n'
                f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>"
                "\n" + "\n".join(body) + "\n</svg>\n")


def curves(results):
    """The curves of results whose rows have one: the medians."""
    made = {}
    for result in filter(lambda r: r.row.curve, results):
        name, x = result.row.curve
        for cls in (Portcullis, Sshd):
            made.setdefault((name, cls.name), []).append(
                (x, result.median(cls)))
    return made


class _Scale:
    """From values to places in the picture."""

    def __init__(self, columns, lines, logarithmic):
        self.columns, self.lines = columns, lines
        self.form = math.log10 if logarithmic else float

    def across(self, x):
        """Pixels from the left."""
        part = x / self.columns[-1]
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def down(self, y):
        """Pixels from the top."""
        low, high = self.form(self.lines[0]), self.form(self.lines[-1])
        part = (self.form(y) - low) / (high - low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _text(x, y, words, anchor="middle", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>'
            f"{escape(words)}</text>")


def _stroke(kind, x1, y1, x2, y2):
    return (f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
            f'y2="{y2:.1f}"/>')


def _frame(plot, scale):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    yield f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
    yield _text(LEFT, 28, plot.title, "start", ' class="title"')
    for y in scale.lines:
        at = scale.down(y)
        yield _stroke("grid", LEFT, at, right, at)
        yield _text(LEFT - 8, at + 4, f"{y:g}", anchor="end")
    for x in scale.columns:
        at = scale.across(x)
        yield _stroke("axis", at, bottom, at, bottom + 5)
        yield _text(at, bottom + 20, f"{x:g}")
    yield _stroke("axis", LEFT, bottom, right, bottom)
    yield _text((LEFT + right) / 2, HEIGHT - 14, plot.across)
    middle = (TOP + bottom) / 2
    yield _text(20, middle, plot.up,
                more=f' transform="rotate(-90 20 {middle:.1f})"')


def _curve(scale, kind, curve, size):
    places = [(scale.across(x), scale.down(y)) for x, y in curve]
    yield (f'<path class="{kind}" d="M' +
           " L".join(f"{x:.1f} {y:.1f}" for x, y in places) + '"/>')
    for x, y in places:
        yield (f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" '
               f'r="{size}"/>')


def _legend(scale, curves, kinds):
    """Each curve's name beside its end, none upon another."""
    ends = sorted((scale.down(curve[-1][1]), key)
                  for key, curve in curves.items())
    at = TOP
    for left, (wanted, key) in zip(range(len(ends), 0, -1), ends):
        at = max(at, min(wanted, HEIGHT - BOTTOM - LINE * left))
        x, words = WIDTH - RIGHT + 14, ", ".join(
            filter(None, (key[0], NAMES[key[1]])))
        yield f'<path class="{kinds[key]}" d="M{x} {at:.1f} h24"/>'
        yield _text(x + 32, at + 4, words, "start")
        at += LINE

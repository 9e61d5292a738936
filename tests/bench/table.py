"""The results as a table, for a terminal and for docs/performance.md."""

import statistics

from bench import Portcullis, Sshd

BEGIN = "<!-- written by tests/bench/run --markdown -->"
END = "<!-- end of what tests/bench/run writes -->"
HEAD = ("work", "Portcullis", "sshd", "ratio", "lowest-highest", "goal",
        "verdict")


def number(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def ratios(result):
    """Ours over sshd's, a number a round."""
    pairs = zip(result.values[Portcullis.name], result.values[Sshd.name])
    return [ours / theirs if theirs else float("inf")
            for ours, theirs in pairs]


def _fulfils(row, value, limit):
    return value <= limit if row.at_most is not None else value >= limit


def goal(row):
    """The goal in words."""
    if row.at_most is None and row.at_least is None:
        return ""
    sign, limit = ("<=", row.at_most) if row.at_most is not None \
        else (">=", row.at_least)
    unit = f" {row.unit}" if row.absolute else ""
    aim = f", aim {row.aim:g}" if row.aim is not None else ""
    return f"{sign} {limit:g}{unit}{aim}"


def verdict(row, value, each):
    """Met, missed, or nothing to be met; each is the same of every round."""
    limit = row.at_most if row.at_most is not None else row.at_least
    if limit is None:
        return ""
    met = _fulfils(row, value, limit)
    word = "met" if met else "missed"
    if any(_fulfils(row, one, limit) != met for one in each):
        return f"{word}, not in every round"
    if met and row.aim is not None and _fulfils(row, value, row.aim):
        return "met, the aim too"
    return word


def cells(result):
    """A line of the table."""
    row = result.row
    if not result.complete():
        return [row.work, "?", "?", "?", "?", goal(row), "no number"]
    ours = statistics.median(result.values[Portcullis.name])
    theirs = statistics.median(result.values[Sshd.name])
    ratio = ours / theirs if theirs else float("inf")
    each = ratios(result)
    return [row.work, f"{number(ours)} {row.unit}",
            f"{number(theirs)} {row.unit}", f"{ratio:.2f}",
            f"{min(each):.2f}-{max(each):.2f}", goal(row),
            verdict(row, *((ours, result.values[Portcullis.name])
                           if row.absolute else (ratio, each)))]


def text(facts, results):
    """For a terminal."""
    lines = [HEAD, *map(cells, results)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    out = [f"{name}: {value}" for name, value in facts.items()] + [""]
    out += ["  ".join(cell.ljust(width) for cell, width in
                      zip(line, widths)).rstrip() for line in lines]
    return "\n".join(out)


def markdown(facts, results):
    """For the page."""
    rounds = sorted({len(v) for r in results for v in r.values.values()})
    said = (f"{facts['date']}; {facts['cpu']}; {facts['system']}; "
            f"{facts['sshd']}; {facts['portcullis']}; UsePAM "
            f"{facts['UsePAM']}; {' or '.join(map(str, rounds))} rounds in "
            f"{facts['seconds']} s; load of the machine {facts['load']} "
            f"before, {facts['load after']} after.")
    lines = [HEAD, ["---"] * len(HEAD), *map(cells, results)]
    return "\n".join([said, "", *("| " + " | ".join(line) + " |"
                                  for line in lines)])


def replace(page, facts, results):
    """Put the table between the two marks of the page."""
    old = page.read_text(encoding="utf-8")
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: the marks of the table are missing")
    page.write_text(f"{head}{begin}\n\n{markdown(facts, results)}\n\n"
                    f"{end}{tail}", encoding="utf-8")

"""The results as a table, for a terminal and for docs/performance.md."""

from bench import Portcullis, Sshd

BEGIN = "<!-- {}: written by tests/bench/run --markdown -->"
END = "<!-- end of {} -->"
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
    value, *each = (round(one, 2) for one in (value, *each))
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
    ours, theirs = result.median(Portcullis), result.median(Sshd)
    ratio = ours / theirs if theirs else float("inf")
    each = ratios(result)
    return [row.work, f"{number(ours)} {row.unit}",
            f"{number(theirs)} {row.unit}", f"{ratio:.2f}",
            f"{min(each):.2f}-{max(each):.2f}", goal(row),
            verdict(row, *((ours, result.values[Portcullis.name])
                           if row.absolute else (ratio, each)))]


def aligned(lines):
    """Lines of cells for a terminal."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return ["  ".join(cell.ljust(width) for cell, width in
                      zip(line, widths)).rstrip() for line in lines]


def markdown(head, lines):
    """Lines of cells for a page."""
    return "\n".join("| " + " | ".join(line) + " |" for line in
                     [head, ["---"] * len(head), *lines])


def conditions(facts, results):
    """On what, when, and how it was measured, in a sentence."""
    rounds = sorted({len(v) for r in results for v in r.values.values()})
    return (f"{facts['date']}; {facts['cpu']}; {facts['system']}; "
            f"{facts['sshd']}; {facts['portcullis']}; UsePAM "
            f"{facts['UsePAM']}; {rounds[0]} to {rounds[-1]} rounds in "
            f"{facts['seconds']} s; load of the machine {facts['load']} "
            f"before, {facts['load after']} after.")


def replace(page, name, text):
    """Put a text between the two marks of this name on the page."""
    old = page.read_text(encoding="utf-8")
    begin, end = BEGIN.format(name), END.format(name)
    head, found, rest = old.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found or not found_end:
        raise ValueError(f"{page}: no {begin}")
    page.write_text(f"{head}{begin}\n\n{text}\n\n{end}{tail}",
                    encoding="utf-8")

"""Hold the tables of docs/limits.md against server/limits.h: the same names,
the same values, and tests that exist.  Prints what is wrong."""

import pathlib
import re
import sys

HEADER = pathlib.Path("server/limits.h")
PAGE = pathlib.Path("docs/limits.md")
DEFINE = re.compile(r"^#define +([A-Z0-9_]+) +(\S.*)$", re.M)
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| ([\d,]+) \| .+ \|(.*)\|$", re.M)


def header_values():
    """Every name of the header and its number, in the header's order."""
    values = {}
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
    for name, value in DEFINE.findall(text.replace("\\\n", " ")):
        plain = re.sub(r"\(size_t\)|(?<=\d)U\b", "", value)
        values[name] = eval(plain, {"__builtins__": {}}, values)
    return values


def complaints():
    """What is wrong, one sentence each."""
    values, text = header_values(), PAGE.read_text()
    rows = {name: value for name, value, _ in ROW.findall(text)}
    for name in values.keys() - rows.keys():
        yield f"{PAGE}: {name} has no row"
    for name in rows.keys() - values.keys():
        yield f"{PAGE}: {HEADER} does not define {name}"
    for name in values.keys() & rows.keys():
        if rows[name] != f"{values[name]:,}":
            yield f"{PAGE}: {name} is {values[name]:,}"
    tests = {p.stem for p in pathlib.Path("tests").rglob("test_*")}
    for name in sorted(set(re.findall(r"`(test_\w+)`", text)) - tests):
        yield f"{PAGE}: there is no {name}"


def main():
    """0, or 1 after the complaints."""
    found = sorted(complaints())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

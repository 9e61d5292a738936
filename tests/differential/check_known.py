#!/usr/bin/python3
"""Every rule of known.py is told in docs/compatibility.md."""

import pathlib
import sys

import known

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    page = " ".join((ROOT / "docs/compatibility.md").read_text().split())
    missing = [name for name in known.RULES if name not in page]
    for name in missing:
        print(f"docs/compatibility.md does not tell of: {name}")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())

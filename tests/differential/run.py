#!/usr/bin/python3
"""Asks sshd and portcullisd the same questions about made-up configurations.

Usage: run.py [-n COUNT] [-s SEED] [-j WORKERS] [--seconds TIME]
              [--sshd PROGRAM] [-o RESULT.json]

Seed N always makes the same configuration; a disagreement is printed with its
seed and with the fewest lines that still show it.  Both programs must agree on
acceptance, exit status, the lines blamed, the words and every value of -T;
the exceptions are the rules of known.py.  The last line is
`N passed, N failed, N skipped`.  PORTCULLIS_BIN names our programs.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import answers
import compare
import generate
import known
import values

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("PORTCULLIS_BIN", HERE / "../../build/bin"))
SHOWN = 10  # disagreements that are reduced and printed


class Arena:
    """Two programs, and a folder for what they read."""

    def __init__(self, sshd, ours, folder):
        self.sshd, self.ours, self.folder = sshd, ours, folder
        self.host_key = folder / "host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        str(self.host_key)], check=True)
        said = subprocess.run([sshd, "-V"], capture_output=True, text=True)
        self.release = tuple(int(n) for n in re.search(
            r"OpenSSH_(\d+)\.(\d+)", said.stderr).groups())
        self.classes = collections.Counter()
        self.defaults = self.find_defaults()

    def write(self, case, folder):
        folder.mkdir(exist_ok=True)
        for name in case.files():
            text = case.text(name).replace("{dir}", str(folder))
            (folder / name).write_bytes(text.encode())

    def ask(self, case, folder):
        self.write(case, folder)
        return [answers.ask(program, case, folder, self.host_key)
                for program in (self.sshd, self.ours)]

    def find_defaults(self):
        """What an empty file means, and which algorithms we provide."""
        folder = self.folder / "defaults"
        theirs, ours = self.ask(generate.Case([("main", "")]), folder)
        if theirs.status != 0 or ours.status != 0:
            sys.exit(f"an empty file: {theirs.complaints} {ours.complaints}")
        provided = {k: ours.values[k][0].split(",")
                    for k in compare.ALGORITHMS}
        for keyword, names in (("kexalgorithms", values.KEX),
                               ("ciphers", values.CIPHERS),
                               ("macs", values.MACS)):
            case = generate.Case([("main", f"{keyword} {','.join(names)}")])
            got = self.ask(case, folder)[1]
            provided[keyword] = got.values[keyword][0].split(",")
        return compare.Defaults(theirs, ours, provided)

    def differences(self, case, folder, count=True):
        """What nobody meant."""
        theirs, ours = self.ask(case, folder)
        found = []
        for d in compare.compare(theirs, ours, self.defaults):
            name = known.find(d, theirs, ours, case, self.release)
            if name is None:
                found.append(d)
            elif count:
                self.classes[name] += 1
        return found

    def reduce(self, case, folder, wanted):
        """Leave out every line without which wanted still shows."""
        lines, at = list(case.lines), 0
        while at < len(lines):
            less = dataclasses.replace(case, lines=lines[:at] + lines[at + 1:])
            if any((d.kind, d.what) == wanted
                   for d in self.differences(less, folder, False)):
                lines = less.lines
            else:
                at += 1
        return dataclasses.replace(case, lines=lines)

    def check(self, seed):
        case = generate.generate(seed, self.release)
        folder = self.folder / str(seed)
        found = self.differences(case, folder)
        if found:
            first = found[0]
            case = self.reduce(case, folder, (first.kind, first.what))
        shutil.rmtree(folder)
        return seed, case, found


def show(seed, case, found):
    print(f"FAIL seed {seed}: {case.mode} {case.spec or ''} "
          f"{case.options or ''}")
    for name, text in case.lines:
        print(f"    {name}: {text[:300]!r}")
    for d in found[:3]:
        print(f"    {str(d)[:600]}")


def without_grammar(defaults):
    """Keywords that both print and that no grammar is for."""
    named = {name.lower() for name in values.KEYWORDS}
    return sorted((set(defaults.theirs.values) & set(defaults.ours.values)) -
                  named)


def seeds(options):
    end = time.monotonic() + options.seconds
    seed = options.seed
    while (seed < options.seed + options.count if not options.seconds
           else time.monotonic() < end):
        yield seed
        seed += 1


def compete(arena, options):
    """Numbers of what passed and what failed."""
    passed, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        waiting = collections.deque()
        source = seeds(options)
        for seed in source:
            waiting.append(pool.submit(arena.check, seed))
            if len(waiting) < 4 * options.workers:
                continue
            passed, failed = take(waiting.popleft(), passed, failed)
        while waiting:
            passed, failed = take(waiting.popleft(), passed, failed)
    return passed, failed


def take(future, passed, failed):
    seed, case, found = future.result()
    if not found:
        return passed + 1, failed
    if failed < SHOWN:
        show(seed, case, found)
    return passed, failed + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=1500, dest="count")
    parser.add_argument("-s", type=int, default=1, dest="seed")
    parser.add_argument("-j", type=int, default=3, dest="workers")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--sshd", default="/usr/sbin/sshd")
    parser.add_argument("-o", dest="out")
    options = parser.parse_args()
    if not os.access(options.sshd, os.X_OK):
        sys.exit(f"{options.sshd} is not there")
    separation = pathlib.Path("/run/sshd")  # sshd wants it even for -T
    if os.geteuid() == 0 and not separation.exists():
        separation.mkdir(mode=0o755)
    with tempfile.TemporaryDirectory(prefix="differential.") as place:
        print(f"seeds from {options.seed}", flush=True)
        arena = Arena(options.sshd, (BIN / "portcullisd").resolve(),
                      pathlib.Path(place))
        passed, failed = compete(arena, options)
        for keyword in without_grammar(arena.defaults):
            print(f"FAIL {keyword} has no grammar in values.py")
            failed += 1
    known_ones = ", ".join(f"{name} {n}" for name, n in
                           sorted(arena.classes.items()))
    print(f"differences that are meant: {known_ones or 'none'}")
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(
            {"passed": passed, "failed": failed, "skipped": 0}))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())

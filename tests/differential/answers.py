"""Asks one program about a configuration, and reads its answer."""

import dataclasses
import re
import subprocess

WHERE = re.compile(r"^(.*?):? line (\d+): (.*)$")
BAD_ADDRESS = re.compile(r"^(Invalid Match \w+ argument '.*') at line (\d+)$")
ENDING = re.compile(r"^(\S+): (terminating, .*)$")
# What is no complaint about the configuration.
NOTES = re.compile(r"left out, not provided here|(Deprecated|Unsupported|"
                   r"Ignored) option|Unable to load host key|"
                   r"^$|No such file or directory$|Could not load host")


@dataclasses.dataclass
class Answer:
    status: int
    values: dict  # keyword in lower case: lines
    complaints: list  # (file, line, text) in order


def visible(text):
    """Our log writes control characters as numbers, so that a line is one."""
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), text)


def read_complaints(text, folder):
    """Every line that is no note.  sshd says of a bad address only the line:
    it is read as the two complaints that all other criteria make."""
    found = []
    for line in visible(text.replace(f"{folder}/", "")).split("\n"):
        line = line.rstrip("\r")
        where, ending = WHERE.match(line), ENDING.match(line)
        bad = BAD_ADDRESS.match(line)
        if NOTES.search(line):
            continue
        if bad:
            found.append(("", 0, bad[1]))
            found.append(("?", int(bad[2]), "Bad Match condition"))
        elif where:
            found.append((where[1], int(where[2]), where[3]))
        elif ending:
            found.append((ending[1], 0, ending[2]))
        else:
            found.append(("", 0, line))
    return found


def read_values(text):
    found = {}
    for line in text.splitlines():
        keyword, _, value = re.match(r"([^ =]+)([ =]?)(.*)", line,
                                     re.S).groups()
        found.setdefault(keyword.lower(), []).append(value)
    return found


def ask(program, case, folder, host_key):
    command = [str(program), case.mode, "-f", f"{folder}/main"]
    for option in case.options:
        command += ["-o", option]
    for item in case.spec:
        command += ["-C", item]
    command += ["-h", str(host_key)]
    got = subprocess.run(command, stdin=subprocess.DEVNULL, cwd=folder,
                         capture_output=True, timeout=60)
    return Answer(got.returncode,
                  read_values(got.stdout.decode("utf-8", "replace")),
                  read_complaints(got.stderr.decode("utf-8", "replace"),
                                  folder))

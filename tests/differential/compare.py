"""What two answers about one configuration disagree on."""

import dataclasses
import ipaddress
import re
import socket

ALGORITHMS = ("kexalgorithms ciphers macs hostkeyalgorithms "
              "casignaturealgorithms pubkeyacceptedalgorithms "
              "hostbasedacceptedalgorithms").split()
# Printed as written, so that quotes in them are part of the value.
RAW = ("forcecommand authorizedkeyscommand authorizedprincipalscommand "
       "versionaddendum").split()


@dataclasses.dataclass
class Difference:
    kind: str  # status, where, words or value
    what: str  # the keyword, or ""
    theirs: object
    ours: object

    def __str__(self):
        name = f" of {self.what}" if self.what else ""
        return (f"{self.kind}{name}\n      sshd: {self.theirs!r}\n"
                f"      ours: {self.ours!r}")


def words(text):
    """The words of a value as our -T prints them."""
    found = []
    for quoted, bare in re.findall(r'"((?:\\.|[^"\\])*)"|([^\s"]+)', text):
        found.append(bare or re.sub(r'\\(["\\])', r"\1", quoted))
    return found


def port(text):
    """A port as a number: we print what a name of a service stands for."""
    try:
        return str(int(text))
    except ValueError:
        pass
    try:
        return str(socket.getservbyname(text, "tcp"))
    except OSError:
        return text


def endpoint(text):
    """host:port without the brackets, which sshd prints as written."""
    host, colon, last = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return host + colon + port(last)


def listen_address(text):
    """sshd prints what the text of an address came to."""
    host, _, last = text.rpartition(":")
    try:
        host = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        pass
    return f"{host} {port(last)}"


def canonical(keyword, lines, ours):
    """A value as it would be if both printed alike."""
    if keyword in RAW:
        return lines
    if ours or keyword == "subsystem":
        lines = [" ".join(filter(None, words(line))) for line in lines]
    if keyword in ("permitopen", "permitlisten"):
        return [" ".join(endpoint(w) for w in lines[0].split())]
    if keyword == "listenaddress":
        return [listen_address(line) for line in lines]
    if keyword in ("setenv", "channeltimeout", "authorizedkeysfile",
                   "logverbose", "hostcertificate"):
        joined = " ".join(lines)  # none, or one a line, in sshd
        return [] if joined.lower() == "none" else [joined][:bool(lines)]
    return lines


class Defaults:
    """What the two programs say of an empty file, and what we provide."""

    def __init__(self, theirs, ours, provided):
        self.theirs, self.ours, self.provided = theirs, ours, provided

    def relative(self, keyword, line, default):
        """Algorithms are compared by what a line changed, on common ground:
        the names that we provide and that stand in both defaults or none."""
        names = [n for n in line.split(",") if n in self.provided[keyword]]
        default = default.values[keyword][0].split(",")
        one = set(self.theirs.values[keyword][0].split(","))
        two = set(self.ours.values[keyword][0].split(","))
        common = set(self.provided[keyword]) - (one ^ two)
        added = [n for n in names if n in common and n not in default]
        gone = [n for n in default if n in common and n not in names]
        return sorted(added), sorted(gone)


def compare_values(theirs, ours, defaults):
    for keyword in sorted(set(theirs.values) | set(ours.values)):
        one, two = theirs.values.get(keyword), ours.values.get(keyword)
        start = defaults.theirs.values.get(keyword)
        if one == start and two == defaults.ours.values.get(keyword):
            continue
        if (keyword not in defaults.theirs.values and one is None) or (
                keyword not in defaults.ours.values and two is None):
            continue
        if keyword in ALGORITHMS:
            one = defaults.relative(keyword, one[0], defaults.theirs)
            two = defaults.relative(keyword, two[0], defaults.ours)
        else:
            one = canonical(keyword, one or [], False)
            two = canonical(keyword, two or [], True)
        if one != two:
            yield Difference("value", keyword, one, two)


def compare_complaints(theirs, ours):
    if len(theirs.complaints) != len(ours.complaints) or not all(
            one[1] == two[1] and one[0] in ("?", two[0])
            for one, two in zip(theirs.complaints, ours.complaints)):
        yield Difference("where", "", theirs.complaints, ours.complaints)
        return
    for one, two in zip(theirs.complaints, ours.complaints):
        if not two[2].startswith(one[2].rstrip(".")):
            yield Difference("words", "", one[2], two[2])


def compare(theirs, ours, defaults):
    """Every Difference between two answers."""
    found = []
    if theirs.status != ours.status:
        found.append(Difference("status", "", theirs.status, ours.status))
    elif theirs.status == 0:
        found += compare_values(theirs, ours, defaults)
    return found + list(compare_complaints(theirs, ours))

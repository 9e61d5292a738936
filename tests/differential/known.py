"""Differences that are meant to be.  docs/compatibility.md has a row for each
under "The same answers"; a test compares the names.

A rule looks at one difference, at both answers and at the case; what no rule
knows is a failure.  A rule with `until` is for an sshd older than that: it
stands for something that sshd itself changed.
"""

import re

RULES = {}  # name: (function, release)


def rule(name, until=(99, 0)):
    def keep(function):
        RULES[name] = (function, until)
        return function
    return keep


def find(difference, theirs, ours, case, release):
    """The name of the rule that knows it, or None."""
    for name, (function, until) in RULES.items():
        if release < until and function(difference, theirs, ours, case):
            return name
    return None


def said(answer, pattern):
    return next((c for c in answer.complaints
                 if re.search(pattern, c[2], re.I)), None)


def has_line(case, pattern):
    return any(re.search(pattern, text, re.I) for _, text in case.lines)


@rule("not implemented")
def not_implemented(d, theirs, ours, case):
    return said(ours, r"is supported so far$")


@rule("algorithms")
def algorithms(d, theirs, ours, case):
    return (said(ours, r"^none of the names in|^Bad key types|^Bad SSH2") or
            said(theirs, r"assemble_algorithms|^kex_assemble_names|"
                 r"^Bad SSH2 (mac|cipher) spec '[+^]?,") or
            has_line(case, r"^\W*\w+\W+(?<=[ =\t'\"])[+^-]?,"))


# "300.0.0.0/8", "10/8", "10.0.0.0/", "192.0.2.0/+24", "10.0.0.0/8/8" ...
NO_NETWORK = re.compile(
    r"/\D|/$|/[^,/]*/|/0\d|300\.|(^|[\s'@,!])\d*/|[^\d.:a-fA-F][^,'@]*/")


@rule("networks")
def networks(d, theirs, ours, case):
    c = said(ours, r"^Invalid Match (local)?address|^invalid \w+ pattern")
    return c and c not in theirs.complaints and NO_NETWORK.search(c[2])


@rule("places")
def places(d, theirs, ours, case):
    last = theirs.complaints[-1:]
    if said(theirs, r"^bad addr or host") and said(ours, r"^bad address:port"):
        return True
    return (d.kind == "where" and last and last[0][:2] == ("", 0) and
            ours.complaints and last[0][2][:20] in ours.complaints[-1][2])


@rule("host key none")
def host_key_none(d, theirs, ours, case):
    return d.what == "hostkey" and "(null)" in d.theirs


@rule("words of distributions")
def distributions(d, theirs, ours, case):
    return (said(theirs, r"DebianBanner|GSSAPI|Kerberos") or
            has_line(case, r"^\W*DebianBanner"))


@rule("home directories of others")
def home_directories(d, theirs, ours, case):
    return said(ours, r"^cannot expand ")


@rule("quotes that stay open")
def open_quotes(d, theirs, ours, case):
    return said(ours, r"^invalid quotes") and not said(theirs, "^invalid q")


@rule("UnusedConnectionTimeout none")
def unused_connection(d, theirs, ours, case):
    return (d.what == "unusedconnectiontimeout" and d.theirs == ["none"] and
            has_line(case, r"^\W*UnusedConnectionTimeout\W+none"))


@rule("order of the command line")
def order(d, theirs, ours, case):
    return said(ours, r"test mode specification") and any(
        c[0] == "command-line" for c in theirs.complaints)


@rule("quiet from the command line")
def quiet(d, theirs, ours, case):
    return d.kind == "where" and any(
        re.match(r"\W*loglevel\W+(quiet|silent|fatal)", o, re.I)
        for o in case.options)


@rule("Port as an option")
def port_option(d, theirs, ours, case):
    return d.what in ("port", "listenaddress") and any(
        re.match(r"\W*port\b", o, re.I) for o in case.options)


@rule("PAMServiceName without a name")
def pam_service_name(d, theirs, ours, case):
    return d.kind == "words" and d.ours.lower() == (
        "pamservicename missing argument.")


@rule("any and none")
def any_and_none(d, theirs, ours, case):
    return said(ours, r"^(any|none) must appear alone on a ")


@rule("traffic classes in hexadecimal")
def hexadecimal(d, theirs, ours, case):
    return said(theirs, r"^Bad IPQoS value: 0x[0-9a-f][0-9a-f]?$")


@rule("quotes on Match lines", until=(10, 0))
def match_quotes(d, theirs, ours, case):
    return has_line(case, r"^\W*Match\b.*(['\"\\\\]|\s=)")


@rule("invalid-user", until=(9, 9))
def invalid_user(d, theirs, ours, case):
    return has_line(case, r"invalid-user")


@rule("Subsystem", until=(10, 0))
def subsystem(d, theirs, ours, case):
    return (said(theirs, r"Directive 'Subsystem'|^Subsystem .* already|"
                 r"^Missing subsystem command") or
            (said(ours, r"^Subsystem missing argument")))


@rule("none alone in AuthorizedKeysFile", until=(10, 3))
def none_alone(d, theirs, ours, case):
    return said(ours, r'keyword AuthorizedKeysFile "none" argument')


@rule("lists of nothing", until=(10, 3))
def lists_of_nothing(d, theirs, ours, case):
    return said(ours, r"^no \w+ specified$")


@rule("words of PermitOpen", until=(10, 3))
def permit_open(d, theirs, ours, case):
    return (said(ours, r"^Permit(Open|Listen) bad port number: \"\"") and
            said(theirs, r"^Permit(Open|Listen) missing arg|extra arguments"))


@rule("IPQoS", until=(10, 1))
def ip_qos(d, theirs, ours, case):
    return d.what == "ipqos"


@rule("limits at the door", until=(10, 3))
def last_at_the_door(d, theirs, ours, case):
    lines = [text for _, text in case.lines if d.what in text.lower()]
    return (d.what in ("maxstartups", "persourcenetblocksize",
                       "persourcemaxstartups") and len(lines) > 1)


@rule("times", until=(10, 3))
def times(d, theirs, ours, case):
    return (said(theirs, r"^invalid (time value|channel timeout)") or
            said(ours, r"^invalid (time value|channel timeout)"))


@rule("none in capitals")
def none_in_capitals(d, theirs, ours, case):
    return (d.kind == "value" and d.ours == ["none"] and
            str(d.theirs[0]).lower() == "none")


@rule("SILENT", until=(10, 0))
def silent(d, theirs, ours, case):
    return d.what == "loglevel" and d.theirs == ["SILENT"]

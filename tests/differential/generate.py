"""Makes configurations and connection specifications out of a seed."""

import dataclasses
import random

import values

MATCH = {
    "User": values.commas(values.pick(values.USERS)),
    "Group": values.commas(values.pick(values.GROUPS)),
    "Host": values.commas(values.pick(values.HOSTS)),
    "Address": values.commas(values.pick(values.ADDRESSES, (),
                                         values.BAD_ADDRESSES)),
    "LocalAddress": values.commas(values.pick(values.ADDRESSES, (),
                                              values.BAD_ADDRESSES)),
    "LocalPort": values.pick(["22", "2222", "ssh"], ["022", "0", "+22"],
                             ["x", "22,23", "65536", "-1"]),
    "RDomain": values.commas(values.pick(["vrf0", "*", "!x"])),
}

# sshd may read these only outside of Match; known from its manual page.
GLOBAL_ONLY = {name.lower() for name in (
    "Port AddressFamily ListenAddress PidFile HostKey HostKeyAgent "
    "HostCertificate HostKeyAlgorithms KexAlgorithms Ciphers MACs "
    "Compression VersionAddendum LoginGraceTime MaxStartups "
    "PerSourceMaxStartups PerSourceNetBlockSize UseDNS TCPKeepAlive "
    "SyslogFacility UsePAM StrictModes FingerprintHash ModuliFile "
    "XAuthLocation PermitUserEnvironment PrintMotd PrintLastLog "
    "IgnoreUserKnownHosts SecurityKeyProvider SshdSessionPath SshdAuthPath "
    "PerSourcePenalties PerSourcePenaltyExemptList").split()}

# Refused by us at most values: rarely written, since reading ends there.
SELDOM = {name.lower() for name in (
    "RDomain HostKeyAgent HostCertificate AuthorizedKeysCommand "
    "AuthorizedKeysCommandUser TrustedUserCAKeys AuthorizedPrincipalsFile "
    "AuthorizedPrincipalsCommand AuthorizedPrincipalsCommandUser RevokedKeys "
    "AuthenticationMethods FingerprintHash PermitEmptyPasswords "
    "HostbasedAuthentication ChrootDirectory CASignatureAlgorithms "
    "RequiredRSASize PAMServiceName").split()}


@dataclasses.dataclass
class Case:
    """One configuration, as lines of files, and one question about it."""
    lines: list  # (file, text)
    spec: list = dataclasses.field(default_factory=list)  # after -C
    mode: str = "-T"
    options: list = dataclasses.field(default_factory=list)  # after -o

    def text(self, name):
        return "\n".join(t for f, t in self.lines if f == name) + "\n"

    def files(self):
        return sorted({"main"} | {f for f, _ in self.lines})


def spelled(r, word):
    roll = r.random()
    if roll < 0.7:
        return word
    if roll < 0.8:
        return word.lower()
    if roll < 0.9:
        return word.upper()
    return "".join(r.choice([c.lower(), c.upper()]) for c in word)


def between(r):
    """What stands between a keyword and its value."""
    if r.random() < 0.7:
        return " "
    return r.choice(["\t", "  ", "=", " = ", " =", "= ", " \t"])


def decorated(r, keyword, value):
    if r.random() < 0.1 and value and not any(c in value for c in "\"' \\#"):
        value = r.choice(['"%s"', "'%s'"]) % value
    line = spelled(r, keyword) + between(r) + value
    roll = r.random()
    if roll < 0.04:
        line += r.choice([" # why", "\t#why", " #"])
    elif roll < 0.08:
        line += r.choice([" ", "\t", "\r", " \f", "  \r"])
    if r.random() < 0.1:
        line = r.choice([" ", "\t", "    "]) + line
    return line


ODD_LINES = [
    "", "#", "# a comment", "   # Port 1", "\t", '"Port" 22', '"PermitTTY"no',
    "PermitTTY == no", "PermitTTY", "PermitTTY ", "PermitTTY=", 'PermitTTY ""',
    "PermitTTY #", "PermitTTY no#", "PermitTTY 'no", 'PermitTTY "no',
    "PermitTTY no extra", "PermitTTY\\", "PermitTTY no \\", "NoSuchKeyword x",
    "NoSuchKeyword", "nosuch=yes", "=PermitTTY no", "PermitTTY n\\o",
    "PermitTTY 'n''o'", 'PermitTTY n"o"', "PermitTTY\rno", "PermitTTY\fno",
    "PermitTTY no\f", "PermitTTY\vno", "Port=22", "Match", "Match all",
    "Match All", "Match all all", "Match user", "Match user root all",
    "Match nosuch x", "Match user root nosuch", "Match user=root",
    "Match user = root", "Match all # x", "Match user root # x",
    'Match user "root"', 'Match user ""', "Match address 10.0.0.0/8,",
    "Match user root,", "Match user ,root", "Match final", "Match exec x",
    "Match user a, root", "Include", 'Include ""', "Include /nosuch/*",
    "Match localport 22 user root", "AllowUsers # x", "AcceptEnv # x",
    "AllowUsers root#x", "ForceCommand # x", "SetEnv # x", "PermitOpen # x",
    "Match group root user root", "Match user=", "Match user root host",
    "\\", "'", '"', "x", "PermitTTY" + " no" * 20, "Banner " + "x" * 3000,
    "AllowUsers " + "u" * 1500, "Match all\r", "Match user 'root'",
    "Match Address !10.0.0.0/8,*", "Match user !games", "Match user *,!games",
    "Match user root\tgroup root", "DebianBanner no", "DebianBanner maybe",
    "Include {dir}/main",
]


def value_line(r, inside):
    roll = r.random()
    if roll < 0.06:
        name = r.choice(r.keywords)
        return decorated(r, name, values.KEYWORDS[name](r))
    if roll < 0.09:
        return decorated(r, r.choice(values.SILENT), r.choice(["x", "1 2"]))
    if roll < 0.13:
        alias = r.choice(list(values.ALIASES))
        if not inside or values.ALIASES[alias].lower() not in GLOBAL_ONLY:
            return decorated(r, alias,
                             values.KEYWORDS[values.ALIASES[alias]](r))
    if roll < 0.13 + r.wrong / 3:
        return r.choice(ODD_LINES)
    name = r.choice(r.inside if inside else r.often)
    return decorated(r, name, values.KEYWORDS[name](r))


def match_line(r):
    if r.random() < 0.08:
        return decorated(r, "Match", "all")
    text = []
    for name in r.sample(list(MATCH), r.choice([1, 1, 1, 2, 3])):
        if name == "LocalPort" and r.random() < 0.5:
            name = "User"
        text.append(spelled(r, name) + r.choice([" ", " ", "\t", "="]) +
                    MATCH[name](r))
    return decorated(r, "Match", " ".join(text))


def block(r, inside, depth, files):
    """Lines of one file; files counts the included ones."""
    lines = []
    for _ in range(r.randint(1, 8)):
        roll = r.random()
        if roll < 0.07 and depth < 3 and len(files) < 5:
            name = f"inc{len(files)}"
            files[name] = None
            files[name] = block(r, inside, depth + 1, files)
            lines.append(decorated(r, "Include", "{dir}/" + r.choice(
                [name, name + "*", "nosuch* {dir}/" + name])))
        elif roll < 0.20:
            lines.append(match_line(r))
            inside = True
        else:
            lines.append(value_line(r, inside))
    return lines


def specification(r):
    if r.random() < 0.1:
        return []
    pool = {
        "user": ["root", "games", "nobody", "nosuch", "daemon"],
        "host": ["localhost", "db.example.org", "192.0.2.7", "DB.example.org"],
        "addr": ["127.0.0.1", "192.0.2.7", "10.1.2.3", "::1", "2001:db8::7",
                 "192.0.2.200"],
        "laddr": ["127.0.0.1", "192.0.2.7", "::1"],
        "lport": ["22", "2222", "ssh", "0"],
        "rdomain": ["vrf0", "x"],
    }
    items = []
    for name, choices in pool.items():
        if r.random() < 0.75:
            items.append(f"{name}={r.choice(choices)}")
    if r.random() < r.wrong / 4:
        items.append(r.choice(["nosuch=x", "lport=x", "lport=65536", "user",
                               "addr=x", "user=", "addr=", "lport=", "",
                               "lport=22"]))
        r.shuffle(items)
    if r.random() < 0.2 and len(items) > 1:
        return [items[0], ",".join(items[1:])]
    return [",".join(items)] if items else []


def option(r):
    name = r.choice(r.often)
    return r.choice(["%s=%s", "%s %s", " %s = %s"]) % (
        spelled(r, name), values.KEYWORDS[name](r))


def generate(seed, release):
    """The case of a seed, with keywords that this release of sshd has."""
    r = random.Random(seed)
    r.wrong = r.choice([0, 0, 0.02, 0.1])
    r.keywords = [name for name in values.KEYWORDS
                  if values.SINCE.get(name, (0, 0)) <= release]
    r.often = [name for name in r.keywords if name.lower() not in SELDOM]
    r.inside = [name for name in r.often if name.lower() not in GLOBAL_ONLY]
    files = {}
    lines = [("main", text) for text in block(r, False, 0, files)]
    for name, texts in files.items():
        lines += [(name, text) for text in texts]
    case = Case(lines, specification(r))
    if r.random() < 0.05:
        case.options = [option(r) for _ in range(r.randint(1, 2))]
    roll = r.random()
    if roll < 0.05:
        case.mode, case.spec = "-t", []
    elif roll < 0.08 and release >= (9, 3):
        case.mode, case.spec = "-G", []
    return case

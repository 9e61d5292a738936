"""What may stand behind each keyword of sshd: right, borderline and wrong.

A grammar is a function of a random generator that returns the text behind the
keyword.  KEYWORDS has every keyword that sshd and we print with -T.
"""

USERS = ["root", "games", "daemon", "nobody", "nosuch", "Root", "al*", "r??t",
         "*", "!root", "sync", "[root]", "a.b", "a-b$"]
GROUPS = ["root", "games", "daemon", "nogroup", "nosuch", "ro*", "*", "!root",
          "?ames"]
HOSTS = ["localhost", "db.example.org", "*.example.org", "DB.Example.org",
         "127.0.0.1", "192.0.2.7", "192.0.2.?", "10.*", "*", "!10.*"]
ADDRESSES = ["127.0.0.1", "192.0.2.7", "192.0.2.0/24", "10.0.0.0/8", "::1",
             "2001:db8::/32", "2001:db8::7", "*", "192.0.2.*", "0.0.0.0/0",
             "::/0", "192.0.2.7/32", "192.0.2.128/25", "::ffff:192.0.2.7",
             "fe80::1", "db.example.org", "2001:DB8::7", "10.0.0.1/32"]
BAD_ADDRESSES = ["192.0.2.7/24", "10.0.0.0/33", "10.0.0.0/", "/8", "10/8",
                 "10.0.0.0/x", "::/129", "192.0.2.0/-1", "300.0.0.0/8",
                 "192.0.2.0/ 24", "10.0.0.0/08", "2001:db8::1/32", "",
                 "10.0.0.0/8/8", "192.0.2.0/+24"]
KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org",
       "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
       "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
       "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha1",
       "sntrup761x25519-sha512@openssh.com"]
CIPHERS = ["chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com",
           "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr",
           "aes256-ctr", "aes128-cbc", "3des-cbc"]
MACS = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "umac-64@openssh.com",
        "umac-128-etm@openssh.com", "hmac-md5"]
KEYS = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa",
        "ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com"]


def pick(good, odd=(), bad=()):
    """Mostly from good, sometimes from odd, rarely from bad."""
    def grammar(r):
        roll = r.random()
        if bad and roll > 1 - r.wrong:
            return r.choice(bad)
        if odd and roll > 0.75:
            return r.choice(odd)
        return r.choice(good)
    return grammar


def words(item, most=3, alone=()):
    """Several of item, or one of the words that stand alone."""
    def grammar(r):
        if alone and r.random() < 0.2:
            return r.choice(alone)
        return " ".join(item(r) for _ in range(r.randint(1, most)))
    return grammar


def commas(item, most=3):
    def grammar(r):
        return ",".join(item(r) for _ in range(r.randint(1, most)))
    return grammar


def choice(*names):
    odd = [name.upper() for name in names] + [name.title() for name in names]
    return pick(list(names), odd, ["true", "on", "1", '""', names[0] + "x",
                                   names[0] + " " + names[-1], "#", "0"])


def algorithms(names, globs):
    name = pick(names, names, ["nosuch", "", "!" + names[0], names[0] + "x"])
    glob = pick(names, [names[0][:4] + "*", "*", "*-sha2-*", "?" +
                        names[0][1:]], ["nosuch*", "!*"])

    def grammar(r):
        sign = r.choice(["", "", "", "+", "-", "^"])
        use = glob if globs or sign == "-" else name
        return sign + commas(use, 4)(r)
    return grammar


def endpoint(r):
    host = pick(["db", "127.0.0.1", "[::1]", "*", "[2001:db8::7]", "DB.x",
                 "localhost"],
                ["[db]", "[/run/x.sock]", "", "[*]", "a*b"],
                ["10.0.0.0/8", "::1", "[::1", "/run/x"])(r)
    port = pick(["22", "5432", "*", "65535", "1", "ssh", "http"],
                ["+22", "022", "0022"],
                ["0", "65536", "-1", "x", "", "22x", "2 2"])(r)
    return host + ":" + port


def listen_endpoint(r):
    return endpoint(r) if r.random() < 0.6 else endpoint(r).split(":")[-1]


def subsystem(r):
    name = r.choice(["sftp", "netconf", "X", "a.b"])
    return name + " " + pick(
        ["/usr/lib/sftp-server", "internal-sftp", "/usr/lib/x -l INFO"],
        ["'/a b' c", '"/a b"', "/x  -f   y", "/x -f '' z", r"/x a\ b"],
        ["", '""'])(r)


def user_at_host(r):
    user = r.choice(USERS)
    if r.random() < 0.4:
        user += "@" + commas(pick(HOSTS + ADDRESSES, ["!10.0.0.1"],
                                  BAD_ADDRESSES))(r)
    return user


NUMBERS = pick(["0", "1", "3", "10", "64", "2147483647"],
               ["+5", "007", "00", '" 5"', "'7'"],
               ["-1", "2147483648", "x", "5x", "0x10", '""', "1.5", "1 2",
                "99999999999999999999", "-", "+", "-99999999999999999999",
                '"5 "', "1e3"])
TIMES = pick(["0", "30", "90s", "5m", "1h30m", "2d", "1w", "1H", "3M"],
             ["1h30", "1m1m", "007", "0s", "3500w"],
             ["x", "-5", "5y", "m", "1hm", '""', "99999w", "2147483648",
              "1h -5m", "0x10", "5mm", "1h 30m", "4294967296"])
PATHS = pick(["/etc/x", "none", "/var/lib/a.b", "/x/%u"],
             ["relative", "NONE", "None", "'/a b'", "./x", "~/x", "~",
              '"/a\\"b"', "a/../b", "/a\\b"],
             ['""', "/a /b"])
FLAG = choice("yes", "no")
WORD = pick(["abc", "/x/y", "nobody", "none"], ["NONE", "'a b'", "a=b", "%u"],
            ['""', "a b"])
FILES = words(PATHS, 3, ["none", "NONE", ".ssh/authorized_keys"])
TIMEOUTS = words(pick(["session=5m", "direct-tcpip=0", "*=1h",
                       "session:*=30s", "agent-connection=1d"],
                      ["x=y", "a=1h30m", "==5"][1:2],
                      ["session", "=5", "session=", "session=x", '""',
                       "session=-1"]), 3, ["none", "NONE", "none none"])
VARIABLES = words(pick(["LANG=C", "A=b", "X="], ["'A=b c'", "A=b=c"],
                       ["A", '""']), 3)
NAMES = words(pick(["LANG", "LC_*", "X?"], ["'A B'", "a-b"], ["A=b", '""']), 3)
GROUP_LIST = words(pick(GROUPS, ["'a b'", "a,b"], ['""']), 3)
USER_LIST = words(user_at_host, 3)

KEYWORDS = {
    "Port": pick(["22", "2222", "65535"], ["+22", "022", "ssh", "http"],
                 ["0", "-1", "65536", "x", '""', "22x", "22 23"]),
    "AddressFamily": choice("any", "inet", "inet6"),
    "ListenAddress": pick(
        ["127.0.0.1", "127.0.0.1:2222", "[::1]:22", "::1", "0.0.0.0",
         "[::]:2222", "192.0.2.7:ssh"],
        ["[::1]", "[127.0.0.1]:22", "0:0::1", "[0::0001]:22", "::"],
        ["127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:", "[::1", ":22", '""',
         "127.0.0.1:65536", "a/b:22", "127.0.0.1 x", "[::1]x:22"]),
    "PidFile": PATHS,
    "HostKey": pick(["/etc/ssh/nosuch_key", "/x/key"],
                    ["relative_key", "~/key", "none"], ['""', "/a /b"]),
    "HostKeyAgent": pick(["none"], ["NONE"], ['""', "none x"]),
    "HostCertificate": pick(["/x/cert"], ["cert"], ['""']),
    "HostKeyAlgorithms": algorithms(KEYS, True),
    "KexAlgorithms": algorithms(KEX, False),
    "Ciphers": algorithms(CIPHERS, False),
    "MACs": algorithms(MACS, False),
    "CASignatureAlgorithms": algorithms(KEYS, True),
    "PubkeyAcceptedAlgorithms": algorithms(KEYS, True),
    "HostbasedAcceptedAlgorithms": algorithms(KEYS, True),
    "RequiredRSASize": NUMBERS,
    "RekeyLimit": pick(
        ["default none", "1G 1h", "512M", "0", "default 30m", "1k", "16"],
        ["1.5G", "0 none", "+1G", "1.25K", "100b", "0017", ".5K", "1g 0"],
        ["15", "x", "-1", '""', "1Z", "1G x", "Default", "1G NONE", "1GB",
         "9E", "8E", "1.2.3", "1G 1h x", "99999999999999999999", "-1G",
         "0x10", "1 G"]),
    "Compression": choice("yes", "delayed", "no"),
    "VersionAddendum": pick(["none", "abc", "Debian 12"],
                            ["NONE", "abc # x", "#x", "'a b'", "a  b", '"a"',
                             "a\\b"], ['"a']),
    "LoginGraceTime": TIMES,
    "MaxStartups": pick(["10:30:100"], ["5:50:60"]),
    "PerSourceMaxStartups": pick(["none", "5"]),
    "PerSourceNetBlockSize": pick(["32:128", "24:64"]),
    "MaxAuthTries": NUMBERS,
    "MaxSessions": NUMBERS,
    "UseDNS": FLAG,
    "TCPKeepAlive": FLAG,
    "IPQoS": pick(["af21 cs1", "ef", "none", "cs0 cs0", "AF11 CS7", "32"],
                  ["0x20", "lowdelay", "0", "255", "le", "007", "+8"],
                  ["x", "256", "-1", '""', "ef ef ef", "ef x", "0x100"]),
    "SyslogFacility": pick(["AUTH", "DAEMON", "LOCAL7", "AUTHPRIV", "USER"],
                           ["auth", "Local0"],
                           ["LOCAL8", "KERN", '""', "AUTH x"]),
    "LogLevel": pick(["QUIET", "FATAL", "ERROR", "INFO", "VERBOSE"],
                     ["info", "Verbose"], ["LOUD", '""', "DEBUG4", "5"]),
    "LogVerbose": words(pick(["*", "kex.c:*:1000", "auth*"], ["'a b'"],
                             ['""', "none"]), 2, ["none", "NONE"]),
    "Banner": PATHS,
    "UsePAM": FLAG,
    "PasswordAuthentication": FLAG,
    "KbdInteractiveAuthentication": FLAG,
    "PubkeyAuthentication": FLAG,
    "HostbasedAuthentication": FLAG,
    "PermitEmptyPasswords": FLAG,
    "PermitRootLogin": choice("yes", "no", "prohibit-password",
                              "without-password", "forced-commands-only"),
    "AuthenticationMethods": words(
        pick(["publickey", "publickey,password", "password",
              "keyboard-interactive:pam", "publickey,publickey"],
             ["publickey,keyboard-interactive"],
             ["nosuch", "", "any", "password:x", "PublicKey", '""', ","]),
        2, ["any"]),
    "AllowUsers": USER_LIST,
    "DenyUsers": USER_LIST,
    "AllowGroups": GROUP_LIST,
    "DenyGroups": GROUP_LIST,
    "AuthorizedKeysFile": FILES,
    "AuthorizedKeysCommand": pick(["none", "/x/y %u", "NONE"],
                                  ["/x # y", "none x", '"/x"'],
                                  ["x/y", '"none"']),
    "AuthorizedKeysCommandUser": WORD,
    "TrustedUserCAKeys": PATHS,
    "AuthorizedPrincipalsFile": PATHS,
    "AuthorizedPrincipalsCommand": pick(["none", "/x/y"], ["NONE"],
                                        ["x", '""']),
    "AuthorizedPrincipalsCommandUser": WORD,
    "RevokedKeys": PATHS,
    "StrictModes": FLAG,
    "PubkeyAuthOptions": words(
        pick(["touch-required", "verify-required"],
             ["TOUCH-REQUIRED"], ["x", "none", '""']), 2, ["none"]),
    "DisableForwarding": FLAG,
    "AllowTcpForwarding": choice("yes", "all", "no", "local", "remote"),
    "AllowStreamLocalForwarding": choice("yes", "all", "no", "local",
                                         "remote"),
    "PermitOpen": words(endpoint, 3, ["any", "none", "ANY", "none x:1",
                                      "any any", '""']),
    "PermitListen": words(listen_endpoint, 3,
                          ["any", "none", "NONE", "*", "x:1 any", "any 80"]),
    "GatewayPorts": choice("yes", "no", "clientspecified"),
    "StreamLocalBindMask": pick(["0177", "0", "777", "000077"],
                                ["0x1", "0177x", "+17", '" 17"', "08"],
                                ["1000", "-1", "x", '""', "8", "0177 1"]),
    "StreamLocalBindUnlink": FLAG,
    "ClientAliveInterval": TIMES,
    "ClientAliveCountMax": NUMBERS,
    "ChannelTimeout": TIMEOUTS,
    "UnusedConnectionTimeout": pick(["none", "30", "1h"], ["NONE", "0"],
                                    ["x", '""', "none x"]),
    "FingerprintHash": pick(["sha256"], ["SHA256", "md5"],
                            ["sha3", '""', "sha256 x"]),
    "ModuliFile": PATHS,
    "ExposeAuthInfo": FLAG,
    "ChrootDirectory": pick(["none", "/jail"], ["NONE", "rel", "/%u"],
                            ['""', "a b"]),
    "ForceCommand": pick(["none", "/bin/true", "echo 'a b' # c"],
                         ["NONE", "a  b", '"x"', "a\\b", "none x", "'#'"],
                         ['"x', "# y", "'"]),
    "AcceptEnv": NAMES,
    "SetEnv": VARIABLES,
    "AllowAgentForwarding": FLAG,
    "X11Forwarding": FLAG,
    "X11DisplayOffset": NUMBERS,
    "X11UseLocalhost": FLAG,
    "XAuthLocation": PATHS,
    "PermitTTY": FLAG,
    "PermitTunnel": pick(["yes", "no", "point-to-point", "ethernet"], [],
                         ["YES", "Ethernet", '""', "x"]),
    "PermitUserRC": FLAG,
    "PermitUserEnvironment": pick(["yes", "no", "LANG,LC_*"],
                                  ["YES", "none", "'a b'"], ['""', "a b"]),
    "PrintMotd": FLAG,
    "PrintLastLog": FLAG,
    "Subsystem": subsystem,
    "IgnoreRhosts": choice("yes", "no", "shosts-only"),
    "IgnoreUserKnownHosts": FLAG,
    "HostbasedUsesNameFromPacketOnly": FLAG,
    "SecurityKeyProvider": pick(["internal", "/x/sk.so"],
                                ["INTERNAL", "none", "sk.so"], ['""']),
    "RDomain": pick(["none", "%D", "vrf0"], [], ['""']),
    "PAMServiceName": pick(["sshd"], ["x"], ['""']),
    "PerSourcePenalties": pick(["yes"], ["no"], ["x"]),
    "PerSourcePenaltyExemptList": pick(["10.0.0.0/8"], ["::1"], ["10.0.0.1/8"]),
    "RefuseConnection": FLAG,
    "SshdSessionPath": PATHS,
    "SshdAuthPath": PATHS,
}

# The release of sshd that brought a keyword; all others are older than 9.2.
SINCE = {"PAMServiceName": (9, 8), "PerSourcePenalties": (9, 8),
         "PerSourcePenaltyExemptList": (9, 8), "RefuseConnection": (9, 9),
         "SshdSessionPath": (9, 8), "SshdAuthPath": (10, 0)}

# Words that sshd knows and does not print.
SILENT = ["ServerKeyBits", "KeyRegenerationInterval", "RhostsAuthentication",
          "RhostsRSAAuthentication", "RSAAuthentication", "CheckMail",
          "UseLogin", "VerifyReverseMapping", "ReverseMappingCheck",
          "AuthorizedKeysFile2", "UsePrivilegeSeparation", "Protocol",
          "KerberosTgtPassing", "AFSTokenPassing", "KerberosGetAFSToken"]

# Another name of the same keyword.
ALIASES = {
    "HostDSAKey": "HostKey", "KeepAlive": "TCPKeepAlive",
    "ChallengeResponseAuthentication": "KbdInteractiveAuthentication",
    "SKeyAuthentication": "KbdInteractiveAuthentication",
    "DSAAuthentication": "PubkeyAuthentication",
    "PubkeyAcceptedKeyTypes": "PubkeyAcceptedAlgorithms",
    "HostbasedAcceptedKeyTypes": "HostbasedAcceptedAlgorithms",
}

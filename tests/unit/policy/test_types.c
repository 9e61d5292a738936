#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define PENALTIES(crash, authfail, sources4, overflow)                         \
    "PerSourcePenalties crash:" crash ".000000 authfail:" authfail             \
    ".000000 noauth:1.000000 invaliduser:5.000000 grace-exceeded:10.000000 "   \
    "refuseconnection:10.000000 max:600.000000 min:15.000000 "                 \
    "max-sources4:" sources4 " max-sources6:65536 overflow:" overflow          \
    " overflow6:" overflow

/*
 * What a text is printed as by -T, or (said not NULL) what is said to it.
 * The words are sshd's where sshd has any.
 */
static const struct row {
    const char *text;
    const char *dump;
    const char *said;
} rows[] = {
    /* Choices. */
    {"UsePAM yes", "UsePAM yes", NULL},
    {"UsePAM YES", "UsePAM yes", NULL},
    {"UsePAM true", NULL, "f line 1: unsupported option \"true\".\n"},
    {"UsePAM \"\"", NULL, "f line 1: missing argument.\n"},
    {"AllowTcpForwarding all", "AllowTcpForwarding yes", NULL},
    {"AllowTcpForwarding LOCAL", "AllowTcpForwarding local", NULL},
    {"AllowTcpForwarding maybe", NULL,
     "f line 1: unsupported option \"maybe\".\n"},
    {"PermitRootLogin prohibit-password", "PermitRootLogin without-password",
     NULL},
    {"PermitRootLogin forced-commands-only",
     "PermitRootLogin forced-commands-only", NULL},
    {"GatewayPorts clientspecified", "GatewayPorts clientspecified", NULL},
    {"AddressFamily inet6", "AddressFamily inet6", NULL},
    {"LogLevel debug1", "LogLevel DEBUG", NULL},
    {"LogLevel loud", NULL, "f line 1: unsupported log level 'loud'\n"},
    {"LogLevel # x", NULL, "f line 1: unsupported log level '<NONE>'\n"},
    {"SyslogFacility local7", "SyslogFacility LOCAL7", NULL},
    {"SyslogFacility x", NULL, "f line 1: unsupported log facility 'x'\n"},
    {"FingerprintHash sha256", "FingerprintHash SHA256", NULL},
    {"FingerprintHash sha3", NULL,
     "f line 1: Invalid FingerprintHash algorithm \"sha3\".\n"},
    {"FingerprintHash \"\"", NULL,
     "f line 1: FingerprintHash missing argument.\n"},
    {"LogLevel silent", "LogLevel QUIET", NULL},
    {"PermitTunnel ethernet", "PermitTunnel ethernet", NULL},
    {"PermitTunnel YES", NULL, "f line 1: bad PermitTunnel argument YES\n"},
    {"PermitTunnel \"\"", NULL, "f line 1: PermitTunnel missing argument.\n"},
    {"Compression delayed", "Compression yes", NULL},

    /* Numbers. */
    {"MaxAuthTries 0", "MaxAuthTries 0", NULL},
    {"MaxAuthTries 010", "MaxAuthTries 10", NULL},
    {"MaxAuthTries 2147483647", "MaxAuthTries 2147483647", NULL},
    {"MaxAuthTries 2147483648", NULL,
     "f line 1: MaxAuthTries integer value too large.\n"},
    {"MaxAuthTries 99999999999999999999999", NULL,
     "f line 1: MaxAuthTries integer value too large.\n"},
    {"MaxAuthTries -1", NULL,
     "f line 1: MaxAuthTries integer value too small.\n"},
    {"MaxAuthTries 1x", NULL,
     "f line 1: MaxAuthTries integer value invalid.\n"},
    {"MaxAuthTries \"\"", NULL,
     "f line 1: MaxAuthTries integer value missing.\n"},
    {"MaxAuthTries \" +5\"", "MaxAuthTries 5", NULL},
    {"MaxAuthTries -0", "MaxAuthTries 0", NULL},
    {"MaxAuthTries +", NULL, "f line 1: MaxAuthTries integer value invalid.\n"},
    {"MaxAuthTries \"5 \"", NULL,
     "f line 1: MaxAuthTries integer value invalid.\n"},
    {"maxAUTHtries x", NULL, "f line 1: maxAUTHtries integer value invalid.\n"},
    {"StreamLocalBindMask \" +17\"", "StreamLocalBindMask 017", NULL},
    {"StreamLocalBindMask 0x1", "StreamLocalBindMask 00", NULL},
    {"StreamLocalBindMask -1", NULL,
     "f line 1: Invalid StreamLocalBindMask.\n"},
    {"StreamLocalBindMask \"\"", NULL,
     "f line 1: StreamLocalBindMask missing argument.\n"},
    {"StreamLocalBindMask 077", "StreamLocalBindMask 077", NULL},
    {"StreamLocalBindMask 1777", NULL,
     "f line 1: Invalid StreamLocalBindMask.\n"},
    {"StreamLocalBindMask 9", NULL, "f line 1: Invalid StreamLocalBindMask.\n"},

    /* Times. */
    {"LoginGraceTime 0", "LoginGraceTime 0", NULL},
    {"LoginGraceTime 1h30m", "LoginGraceTime 5400", NULL},
    {"LoginGraceTime 1W2D3H4M5S", "LoginGraceTime 788645", NULL},
    {"LoginGraceTime 90", "LoginGraceTime 90", NULL},
    {"LoginGraceTime 1m30", "LoginGraceTime 90", NULL},
    {"LoginGraceTime 2.9", "LoginGraceTime 2", NULL},
    {"LoginGraceTime 2.9s", "LoginGraceTime 2", NULL},
    {"LoginGraceTime .5", "LoginGraceTime 0", NULL},
    {"LoginGraceTime 1m1m", "LoginGraceTime 120", NULL},
    {"LoginGraceTime 1s1s", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime 1.5.5", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime 2.5m", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime 2.", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime -3", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime m", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime 1y", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime 2147483648", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime 3550w4d", NULL, NULL},
    {"LoginGraceTime 3551w", NULL, "f line 1: invalid time value.\n"},
    {"LoginGraceTime \"\"", NULL, "f line 1: missing time value.\n"},

    {"LoginGraceTime 2147483647.5", NULL, "f line 1: invalid time value.\n"},

    /* Limits at the door; the words and the triple are sshd's. */
    {"MaxStartups 5:40:60", "MaxStartups 5:40:60", NULL},
    {"MaxStartups 7", "MaxStartups 7:30:7", NULL},
    {"MaxStartups 1:100:1", "MaxStartups 1:100:1", NULL},
    {"MaxStartups 2147483647", "MaxStartups 2147483647:30:2147483647", NULL},
    {"MaxStartups 2147483648", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 0", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups -1", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 10:30", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 10:30:100:1", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 10:0:20", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 10:101:20", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 30:30:20", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 10::20", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups 10x", NULL, "f line 1: Invalid MaxStartups spec.\n"},
    {"MaxStartups \"\"", NULL, "f line 1: MaxStartups missing argument.\n"},
    {"MaxStartups 4 5", NULL,
     "f line 1: keyword MaxStartups extra arguments at end of line\n"
     "f: terminating, 1 bad configuration options\n"},
    {"PerSourceMaxStartups 0", "PerSourceMaxStartups 0", NULL},
    {"PerSourceMaxStartups 3", "PerSourceMaxStartups 3", NULL},
    {"PerSourceMaxStartups none", "PerSourceMaxStartups none", NULL},
    {"PerSourceMaxStartups NONE", NULL,
     "f line 1: PerSourceMaxStartups integer value invalid.\n"},
    {"PerSourceMaxStartups -1", NULL,
     "f line 1: PerSourceMaxStartups integer value too small.\n"},
    {"PerSourceMaxStartups 99999999999", NULL,
     "f line 1: PerSourceMaxStartups integer value too large.\n"},
    {"PerSourceMaxStartups \"\"", NULL,
     "f line 1: PerSourceMaxStartups missing argument.\n"},
    {"PerSourceNetBlockSize 24", "PerSourceNetBlockSize 24:128", NULL},
    {"PerSourceNetBlockSize 0:0", "PerSourceNetBlockSize 0:0", NULL},
    {"PerSourceNetBlockSize 24:48", "PerSourceNetBlockSize 24:48", NULL},
    {"PerSourceNetBlockSize 33", NULL,
     "f line 1: Invalid PerSourceNetBlockSize spec.\n"},
    {"PerSourceNetBlockSize 32:129", NULL,
     "f line 1: Invalid PerSourceNetBlockSize spec.\n"},
    {"PerSourceNetBlockSize 32:64:1", NULL,
     "f line 1: Invalid PerSourceNetBlockSize spec.\n"},
    {"PerSourceNetBlockSize :48", NULL,
     "f line 1: Invalid PerSourceNetBlockSize spec.\n"},
    {"PerSourceNetBlockSize \"\"", NULL,
     "f line 1: PerSourceNetBlockSize missing argument.\n"},
    {"PerSourcePenaltyExemptList 192.0.2.0/24,!10.1.2.3,2001:db8::/32,10.*",
     "PerSourcePenaltyExemptList 192.0.2.0/24,!10.1.2.3,2001:db8::/32,10.*",
     NULL},
    {"PerSourcePenaltyExemptList NONE", "PerSourcePenaltyExemptList none",
     NULL},
    {"PerSourcePenaltyExemptList 192.0.2.0/8", NULL,
     "f line 1: keyword PerSourcePenaltyExemptList invalid address argument: "
     "\"192.0.2.0/8\" has bits set after its prefix\n"},
    {"PerSourcePenaltyExemptList \"\"", NULL, "f line 1: missing argument.\n"},
    {"PerSourcePenalties no", "PerSourcePenalties no", NULL},
    {"PerSourcePenalties NO", "PerSourcePenalties no", NULL},
    {"PerSourcePenalties yes", PENALTIES("90", "5", "65536", "permissive"),
     NULL},
    {"PerSourcePenalties crash:1m30s",
     PENALTIES("90", "5", "65536", "permissive"), NULL},
    {"PerSourcePenalties authfail:2 max-sources4:7 overflow:deny-all crash:0",
     PENALTIES("0", "2", "7", "deny-all"), NULL},
    {"PerSourcePenalties no\nPerSourcePenalties crash:3 no",
     PENALTIES("3", "5", "65536", "permissive"), NULL},
    {"PerSourcePenalties crash:3 authfail:4\n"
     "PerSourcePenalties crash:9 authfail:9 max-sources4:9",
     PENALTIES("3", "4", "9", "permissive"), NULL},
    {"PerSourcePenalties no\nPerSourcePenalties yes", "PerSourcePenalties no",
     NULL},
    {"PerSourcePenalties no crash:3", NULL,
     "f line 1: keyword PerSourcePenalties \"no\" argument must appear "
     "alone.\n"},
    {"PerSourcePenalties crash:x", NULL,
     "f line 1: invalid PerSourcePenalties time value.\n"},
    {"PerSourcePenalties crash", NULL,
     "f line 1: unsupported PerSourcePenalties keyword crash\n"},
    {"PerSourcePenalties Crash:1", NULL,
     "f line 1: unsupported PerSourcePenalties keyword Crash:1\n"},
    {"PerSourcePenalties overflow:Permissive", NULL,
     "f line 1: unsupported PerSourcePenalties keyword "
     "overflow:Permissive\n"},
    {"PerSourcePenalties max-sources6:-1", NULL,
     "f line 1: PerSourcePenalties integer value too small.\n"},
    {"PerSourcePenalties # none", NULL,
     "f line 1: no PerSourcePenalties specified\n"},
    {"RefuseConnection yes", "RefuseConnection yes", NULL},

    {"UnusedConnectionTimeout 1h30m", "UnusedConnectionTimeout 5400", NULL},
    {"UnusedConnectionTimeout 0", "UnusedConnectionTimeout none", NULL},
    {"UnusedConnectionTimeout NONE", "UnusedConnectionTimeout none", NULL},
    {"UnusedConnectionTimeout x", NULL, "f line 1: invalid time value.\n"},
    {"ClientAliveInterval 1h", "ClientAliveInterval 3600", NULL},
    {"ClientAliveInterval none", NULL, "f line 1: invalid time value.\n"},
    {"ChannelTimeout direct-tcpip=1m forwarded*=2h global=5",
     "ChannelTimeout direct-tcpip=1m forwarded*=2h global=5", NULL},
    {"ChannelTimeout NONE", "ChannelTimeout none", NULL},
    {"ChannelTimeout a=0", "ChannelTimeout a=0", NULL},
    {"ChannelTimeout a", NULL, "f line 1: invalid channel timeout a\n"},
    {"ChannelTimeout a=", NULL, "f line 1: invalid channel timeout a=\n"},
    {"ChannelTimeout \"=5\"", NULL, "f line 1: invalid channel timeout =5\n"},
    {"ChannelTimeout a=1=2", NULL, "f line 1: invalid channel timeout a=1=2\n"},
    {"ChannelTimeout none a=1", NULL,
     "f line 1: keyword ChannelTimeout \"none\" argument must appear "
     "alone.\nf: terminating, 1 bad configuration options\n"},

    /* IPQoS. */
    {"IPQoS af11", "IPQoS af11 af11", NULL},
    {"IPQoS EF Cs1", "IPQoS ef cs1", NULL},
    {"IPQoS le va", "IPQoS le va", NULL},
    {"IPQoS 0 255", "IPQoS cs0 0xff", NULL},
    {"IPQoS 0xFf 17", "IPQoS 0xff 0x11", NULL},
    {"IPQoS 184", "IPQoS ef ef", NULL},
    {"IPQoS none ef", "IPQoS none ef", NULL},
    {"IPQoS lowdelay throughput", "IPQoS none none", NULL},
    {"IPQoS 256", NULL, "f line 1: Bad IPQoS value: 256\n"},
    {"IPQoS 0x", NULL, "f line 1: Bad IPQoS value: 0x\n"},
    {"IPQoS 0x100", NULL, "f line 1: Bad IPQoS value: 0x100\n"},
    {"IPQoS 0x1g", NULL, "f line 1: Bad IPQoS value: 0x1g\n"},
    {"IPQoS -1", NULL, "f line 1: Bad IPQoS value: -1\n"},
    {"IPQoS +8", "IPQoS 0x08 0x08", NULL},
    {"IPQoS # x", NULL, "f line 1: IPQoS missing argument.\n"},
    {"IPQoS ef \"\"", NULL, "f line 1: Bad IPQoS value: \n"},

    /* RekeyLimit. */
    {"RekeyLimit default", "RekeyLimit 0 0", NULL},
    {"RekeyLimit default 1h", "RekeyLimit 0 3600", NULL},
    {"RekeyLimit 1G", "RekeyLimit 1073741824 0", NULL},
    {"RekeyLimit 1.5m none", "RekeyLimit 1572864 0", NULL},
    {"RekeyLimit 16", "RekeyLimit 16 0", NULL},
    {"RekeyLimit 16b 5", "RekeyLimit 16 5", NULL},
    {"RekeyLimit .5k", "RekeyLimit 512 0", NULL},
    {"RekeyLimit 7E", "RekeyLimit 8070450532247928832 0", NULL},
    {"RekeyLimit 0", "RekeyLimit 0 0", NULL},
    {"RekeyLimit \" +1k\"", "RekeyLimit 1024 0", NULL},
    {"RekeyLimit 1G \"\"", NULL, "f line 1: missing time value.\n"},
    {"RekeyLimit 5", NULL, "f line 1: RekeyLimit too small\n"},
    {"RekeyLimit -5", NULL, "f line 1: RekeyLimit too small\n"},
    {"RekeyLimit none", NULL,
     "f line 1: Bad RekeyLimit number 'none': Invalid argument\n"},
    {"RekeyLimit 16Q", NULL,
     "f line 1: Bad RekeyLimit number '16Q': Invalid argument\n"},
    {"RekeyLimit 8E", NULL,
     "f line 1: Bad RekeyLimit number '8E': Numerical result out of range\n"},
    {"RekeyLimit 99999999999999999999", NULL,
     "f line 1: Bad RekeyLimit number '99999999999999999999': Numerical "
     "result out of range\n"},
    {"RekeyLimit 1G x", NULL, "f line 1: invalid time value.\n"},
    {"RekeyLimit \"\"", NULL, "f line 1: RekeyLimit missing argument.\n"},

    /* Ports and addresses. */
    {"Port 1", "Port 1", NULL},
    {"Port postgresql", "Port 5432", NULL},
    {"Port +22", "Port 22", NULL},
    {"Port 022", "Port 22", NULL},
    {"Port 0", NULL, "f line 1: Badly formatted port number.\n"},
    {"Port 65536", NULL, "f line 1: Badly formatted port number.\n"},
    {"Port nonesuch", NULL, "f line 1: Badly formatted port number.\n"},
    {"Port \"\"", NULL, "f line 1: missing port number.\n"},
    {"ListenAddress 10.0.0.1", "ListenAddress 10.0.0.1:22", NULL},
    {"ListenAddress 10.0.0.1:44", "ListenAddress 10.0.0.1:44", NULL},
    {"ListenAddress ::1", "ListenAddress [::1]:22", NULL},
    {"ListenAddress [::1]", "ListenAddress [::1]:22", NULL},
    {"ListenAddress [::1]:postgresql", "ListenAddress [::1]:5432", NULL},
    {"ListenAddress host.example", "ListenAddress host.example:22", NULL},
    {"ListenAddress a:0", NULL, "f line 1: bad port number\n"},
    {"ListenAddress [::1", NULL, "f line 1: bad address:port usage\n"},
    {"ListenAddress :22", NULL, "f line 1: bad address:port usage\n"},
    {"ListenAddress a::b]", NULL, "f line 1: bad address:port usage\n"},
    {"ListenAddress a/b", NULL, "f line 1: bad address:port usage\n"},
    {"ListenAddress \"\"", NULL, "f line 1: missing address\n"},
    {"ListenAddress 10.0.0.1 rdomain x", NULL,
     "f line 1: bad routing domain: there are none here\n"},
    {"ListenAddress 10.0.0.1 rdomain", NULL,
     "f line 1: bad ListenAddress syntax\n"},
    {"ListenAddress 10.0.0.1 x", NULL, "f line 1: bad ListenAddress syntax\n"},

    /* Endpoints. */
    {"PermitOpen any", "PermitOpen any", NULL},
    {"PermitOpen none", "PermitOpen none", NULL},
    {"PermitOpen a:1 [::1]:* *:postgresql", "PermitOpen a:1 [::1]:* *:5432",
     NULL},
    {"PermitOpen \"a b:1\"", "PermitOpen \"a b:1\"", NULL},
    {"PermitListen 8080 a:1 *", "PermitListen *:8080 a:1 *:*", NULL},
    {"PermitListen none", "PermitListen none", NULL},
    {"PermitOpen any a:1", NULL,
     "f line 1: any must appear alone on a PermitOpen line.\n"},
    {"permitopen none a:1", NULL,
     "f line 1: none must appear alone on a permitopen line.\n"},
    {"PermitOpen [::1", NULL,
     "f line 1: PermitOpen missing host in \"[::1\"\n"},
    {"PermitOpen [a]b:1", NULL,
     "f line 1: PermitOpen missing host in \"[a]b:1\"\n"},
    {"PermitOpen /run/x:1", NULL,
     "f line 1: PermitOpen missing host in \"/run/x:1\"\n"},
    {"PermitOpen a:0", NULL, "f line 1: PermitOpen bad port number \"0\"\n"},
    {"PermitOpen a:nonesuch", NULL,
     "f line 1: PermitOpen bad port number \"nonesuch\"\n"},
    {"PermitOpen a:1 any", NULL,
     "f line 1: any must appear alone on a PermitOpen line.\n"},
    {"PermitOpen ANY", NULL,
     "f line 1: PermitOpen bad port number: \"ANY\" is not host:port\n"},
    {"PermitOpen \"\"", NULL,
     "f line 1: PermitOpen bad port number: \"\" is not host:port\n"},
    {"PermitListen # x", NULL, "f line 1: PermitListen missing argument.\n"},

    /* Texts. */
    {"PidFile none", "PidFile none", NULL},
    {"PidFile NONE", "PidFile none", NULL},
    {"PidFile x", "PidFile /cfg/x", NULL},
    {"PidFile ~/x", "PidFile /root/x", NULL},
    {"PidFile ~", "PidFile /root/", NULL},
    {"PidFile ~//x", "PidFile /root/x", NULL},
    {"SecurityKeyProvider Internal", "SecurityKeyProvider Internal", NULL},
    {"SecurityKeyProvider sk.so", "SecurityKeyProvider /cfg/sk.so", NULL},
    {"SecurityKeyProvider \"\"", NULL,
     "f line 1: SecurityKeyProvider missing argument.\n"},
    {"HostKeyAgent \"\"", NULL, "f line 1: missing socket name.\n"},
    {"HostKeyAgent SSH_AUTH_SOCK", NULL,
     "f line 1: HostKeyAgent: only the default \"none\" is supported so far\n"},
    {"PermitUserEnvironment NONE", "PermitUserEnvironment NONE", NULL},
    {"PermitUserEnvironment \"\"", NULL,
     "f line 1: PermitUserEnvironment missing argument.\n"},
    {"AuthorizedKeysCommand x", NULL,
     "f line 1: AuthorizedKeysCommand must be an absolute path\n"},
    {"AuthorizedKeysCommandUser \"\"", NULL,
     "f line 1: missing AuthorizedKeysCommandUser argument.\n"},
    {"VersionAddendum abc # x", "VersionAddendum abc # x", NULL},
    {"PidFile ~bob/x", NULL,
     "f line 1: cannot expand \"~bob/x\": write the full path\n"},
    {"PidFile \"/a b\"", "PidFile \"/a b\"", NULL},
    {"PidFile \"\"", NULL, "f line 1: missing file name.\n"},
    {"HostKey k", "HostKey /cfg/k", NULL},
    {"HostKey none", "HostKey none", NULL},
    {"HostCertificate \"\"", NULL, "f line 1: missing file name.\n"},
    {"HostKey \"\"", NULL, "f line 1: missing file name.\n"},
    {"AuthorizedKeysFile a %h/b ~/c", "AuthorizedKeysFile a %h/b /root/c",
     NULL},
    {"AuthorizedKeysFile None", "AuthorizedKeysFile none", NULL},
    {"AuthorizedKeysFile none x", NULL,
     "f line 1: keyword AuthorizedKeysFile \"none\" argument must appear "
     "alone.\n"
     "f: terminating, 1 bad configuration options\n"},
    {"AuthorizedKeysFile a \"\"", NULL,
     "f line 1: keyword AuthorizedKeysFile empty argument\n"
     "f: terminating, 1 bad configuration options\n"},
    {"AuthorizedKeysFile # x", NULL,
     "f line 1: no AuthorizedKeysFile specified\n"},
    {"AuthorizedKeysFile \"\" none", NULL,
     "f line 1: keyword AuthorizedKeysFile empty argument\n"
     "f: terminating, 1 bad configuration options\n"},
    {"AllowUsers a b@10.0.0.0/8,!10.1.*", "AllowUsers b@10.0.0.0/8,!10.1.*",
     NULL},
    {"AllowUsers a@10.0.0.1/8", NULL,
     "f line 1: invalid AllowUsers pattern: \"a@10.0.0.1/8\"\n"},
    {"DenyUsers a \"\"", NULL, "f line 1: invalid DenyUsers pattern: \"\"\n"},
    {"DenyGroups a \"\"", NULL, "f line 1: empty DenyGroups pattern\n"},
    {"AllowGroups # x", NULL, "f line 1: no AllowGroups specified\n"},
    {"ForceCommand a  \"b  c\" # d", "ForceCommand a  \"b  c\" # d", NULL},
    {"ForceCommand == x", "ForceCommand== x", NULL},
    {"AcceptEnv LANG LC_*", "AcceptEnv LC_*", NULL},
    {"AcceptEnv a=b", NULL, "f line 1: Invalid environment name.\n"},
    {"SetEnv A=b \"C=d e\"", "SetEnv A=b \"C=d e\"", NULL},
    {"SetEnv A=b A=c B=d A=e", "SetEnv A=b B=d", NULL},
    {"SetEnv =b", NULL, "f line 1: Invalid environment.\n"},
    {"SetEnv A", NULL, "f line 1: Invalid environment.\n"},
    {"Subsystem sftp /x \"y z\"", "Subsystem sftp /x \"y z\"", NULL},
    {"Subsystem sftp", NULL, "f line 1: Subsystem missing argument.\n"},
    {"PubkeyAuthOptions touch-required verify-required",
     "PubkeyAuthOptions touch-required verify-required", NULL},
    {"PubkeyAuthOptions Verify-Required none touch-required verify-required",
     "PubkeyAuthOptions touch-required verify-required", NULL},
    {"PubkeyAuthOptions # x", "PubkeyAuthOptions none", NULL},
    {"PubkeyAuthOptions x", NULL,
     "f line 1: unsupported PubkeyAuthOptions option x\n"
     "f: terminating, 1 bad configuration options\n"},
    {"Banner NONE", "Banner none", NULL},

    /* Algorithms. */
    {"Ciphers ^aes256-ctr",
     "Ciphers aes256-ctr,chacha20-poly1305@openssh.com,"
     "aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr",
     NULL},
    {"HostKeyAlgorithms -!ssh-*,*ed25519*,rsa-*",
     "HostKeyAlgorithms ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
     "ecdsa-sha2-nistp521",
     NULL},
    {"CASignatureAlgorithms ssh-ed25519-cert-v01@openssh.com", NULL,
     "f line 1: Bad key types 'ssh-ed25519-cert-v01@openssh.com'.\n"},
    {"MACs \"\"", NULL, "f line 1: MACs missing argument.\n"},
    {"HostKeyAlgorithms \"\"", NULL, "f line 1: Missing argument.\n"},
    {"KexAlgorithms x", NULL, "f line 1: Bad SSH2 KexAlgorithms 'x'.\n"},

    /* Words that nobody acts on. */
    {"GSSAPIAuthentication what ever", NULL,
     "f line 1: Unsupported option GSSAPIAuthentication\n"},
    {"DebianBanner no", NULL, "f line 1: Unsupported option DebianBanner\n"},
    {"rsaauthentication yes no", NULL,
     "f line 1: Deprecated option rsaauthentication\n"},
    {"Protocol 2", NULL, NULL},
    {"RDomain x", NULL,
     "f line 1: setting RDomain not supported on this platform.\n"},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct config c = config_text(row->text);
    struct printout dump = {0};
    char line[300];

    assert_string_equal(c.said, row->said != NULL ? row->said : "");
    if (row->said == NULL || c.last.severity == SEVERITY_WARNING) {
        assert_int_equal(c.r, 0);
    } else {
        assert_int_equal(c.r, -EINVAL);
    }
    if (row->dump != NULL) {
        dump = config_dump(policy_global(c.policy));
        snprintf(line, sizeof(line), "%s\n", row->dump);
        assert_non_null(strstr(dump.text, line));
    }
    printout_done(&dump);
    policy_free(c.policy);
}

int
main(void)
{
    static struct CMUnitTest tests[COUNT(rows)];

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].text,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#!/bin/sh
# Which folder may include which header: the architecture, checked.  Headers
# of libc that name no outside world are free for all; what is not listed is
# refused.  Usage: layers.sh (from anywhere)
set -u
cd "$(dirname "$0")/../.." || exit 1

allowed() {
    case "$2" in
    std*.h | string.h | strings.h | errno.h | ctype.h | inttypes.h | \
        limits.h | assert.h) return 0 ;;
    esac
    case "$1:$2" in
    policy:policy/* | policy:fnmatch.h | policy:syslog.h) return 0 ;;
    policy:arpa/inet.h) return 0 ;; # inet_pton, inet_ntop: pure
    policy:*) return 1 ;;
    server/*:server/limits.h) return 0 ;;

    # Our own folders.
    server/base:server/base/* | server/base:policy/*) return 0 ;;
    server/config:server/config/* | server/config:server/base/*) return 0 ;;
    server/config:policy/*) return 0 ;;
    server/log:server/log/* | server/log:server/base/*) return 0 ;;
    server/log:policy/settings.h) return 0 ;;
    server/sandbox:server/sandbox/*) return 0 ;;
    server/ipc:server/ipc/* | server/ipc:server/base/*) return 0 ;;
    server/ipc:policy/*) return 0 ;;
    server/auth:server/auth/* | server/auth:server/ipc/*) return 0 ;;
    server/auth:server/base/* | server/auth:policy/*) return 0 ;;
    server/ssh:server/ssh/* | server/ssh:server/ipc/*) return 0 ;;
    server/ssh:server/base/*) return 0 ;;
    server/session:server/session/* | server/session:server/ssh/transport.h | \
        server/session:server/ssh/hooks.h) return 0 ;;
    server/session:server/sandbox/* | server/session:server/ipc/*) return 0 ;;
    server/session:server/base/*) return 0 ;;
    server/dialer:server/dialer/* | server/dialer:server/ipc/*) return 0 ;;
    server/dialer:server/base/* | server/dialer:server/log/*) return 0 ;;
    server/dialer:policy/address.h) return 0 ;;
    server/pam:server/pam/* | server/pam:server/ipc/*) return 0 ;;
    server/pam:server/base/* | server/pam:server/log/*) return 0 ;;
    server/monitor:server/monitor/* | server/monitor:server/auth/*) return 0 ;;
    server/listener:server/listener/*) return 0 ;;
    server/ctl:server/ctl/* | server/ctl:server/config/*) return 0 ;;
    server/ctl:server/log/* | server/ctl:server/base/*) return 0 ;;
    server/ctl:policy/* | server/listener:server/config/*) return 0 ;;
    server/monitor:server/ipc/* | server/listener:server/ipc/*) return 0 ;;
    server/monitor:server/base/* | server/listener:server/base/*) return 0 ;;
    server/monitor:server/log/* | server/listener:server/log/*) return 0 ;;
    server/monitor:policy/* | server/listener:policy/*) return 0 ;;
    *:policy/* | *:server/*) return 1 ;;

    # Libraries, each in its place.
    server/ssh:libssh/* | server/sandbox:seccomp.h) return 0 ;;
    server/pam:security/*) return 0 ;;
    server/ssh:openssl/* | server/auth:openssl/*) return 0 ;;
    server/monitor:openssl/*) return 0 ;;
    server/ipc:uv.h | server/ssh:uv.h | server/session:uv.h) return 0 ;;
    server/dialer:uv.h | server/monitor:uv.h | server/listener:uv.h) return 0 ;;
    *:libssh/* | *:seccomp.h | *:security/* | *:openssl/* | *:uv.h) return 1 ;;
    esac
    return 0 # the rest of libc and the kernel's headers, in server/
}

status=0
for file in $(find policy server -name '*.[ch]' | sort); do
    dir=$(dirname "$file")
    for header in $(sed -n 's/^#include [<"]\(.*\)[>"].*/\1/p' "$file"); do
        allowed "$dir" "$header" || {
            echo "$file may not include $header"
            status=1
        }
    done
done
exit $status

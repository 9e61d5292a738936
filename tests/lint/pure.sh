#!/bin/sh
# The policy library must not be able to do I/O: every symbol that it needs
# from outside has to be on the list beside this script.
# Usage: pure.sh [libpolicy.a]
set -u
cd "$(dirname "$0")/../.." || exit 1
archive=${1:-build/policy/libpolicy.a}
[ -f "$archive" ] || {
    echo "$archive is not there: build first"
    exit 1
}
foreign=$(nm -g "$archive" | awk '$1 == "U" { need[$2] }
    $2 ~ /^[TDRBC]$/ { have[$3] }
    END { for (s in need) if (!(s in have)) print s }' | sort |
    grep -v '^__\(asan\|ubsan\|sanitizer\|stack_chk\)\|^_GLOBAL_OFFSET_TABLE_$' |
    grep -vxF -f tests/lint/policy_symbols.txt)
[ -z "$foreign" ] && exit 0
echo "policy/ may not use:"
echo "$foreign"
exit 1

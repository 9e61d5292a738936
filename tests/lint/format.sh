#!/bin/sh
# clang-format decides.  Usage: format.sh [--fix]
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v clang-format >/dev/null || {
    echo "skipped: clang-format is not installed"
    exit 77
}
files=$(find policy server tests docs -name '*.[ch]' | sort)
if [ "${1:-}" = --fix ]; then
    # shellcheck disable=SC2086
    exec clang-format -i $files
fi
status=0
for file in $files; do
    clang-format "$file" | cmp -s - "$file" || {
        echo "$file: run tests/lint/format.sh --fix"
        status=1
    }
done
exit $status

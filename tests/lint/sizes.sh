#!/bin/sh
# A function fits on a screen: 70 lines at most, 500 lines a file.
set -u
cd "$(dirname "$0")/../.." || exit 1
find policy server tests docs -name '*.[ch]' | sort | xargs awk '
    FNR == 1 { inside = 0; file = FILENAME }
    /^\{/ { inside = 1; start = FNR }
    /^\}/ {
        if (inside && FNR - start > 70) {
            printf "%s:%d: function of %d lines\n", FILENAME, start, FNR - start
            bad = 1
        }
        inside = 0
    }
    FNR == 501 { printf "%s: more than 500 lines\n", FILENAME; bad = 1 }
    END { exit bad }'

#!/bin/sh
# docs/limits.md says what server/limits.h says, and its tests exist.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec /usr/bin/python3 tests/lint/check_limits.py

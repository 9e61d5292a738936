#!/bin/sh
# What may differ from sshd (tests/differential/known.py) is documented.
set -u
cd "$(dirname "$0")/../.." || exit 1
exec /usr/bin/python3 tests/differential/check_known.py

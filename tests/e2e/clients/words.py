"""The command line that the Python programs share (see README)."""

import argparse
import os


def parse():
    """The arguments, with the forwards split."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", dest="port", type=int, required=True)
    parser.add_argument("-l", dest="user", required=True)
    parser.add_argument("-k", dest="host_key", required=True)
    parser.add_argument("-i", dest="key", required=True)
    parser.add_argument("-a", dest="method", default="key")
    parser.add_argument("-L", dest="local", type=split)
    parser.add_argument("-R", dest="remote", type=split)
    parser.add_argument("-D", dest="socks", type=split)
    parser.add_argument("-W", dest="stdio", type=split)
    args = parser.parse_args()
    args.password = os.environ.get("PCT_PASSWORD", "")
    with open(args.host_key, encoding="ascii") as line:
        args.host_key = line.read().strip()
    return args


def split(spec):
    """Words between colons, ports as numbers; a -R may lack its address."""
    words = [int(w) if w.isdigit() else w for w in spec.split(":")]
    return ["localhost", *words] if len(words) == 3 else words

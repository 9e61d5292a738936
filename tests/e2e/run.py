#!/usr/bin/python3
"""Runs the end-to-end tests in a few worker processes and counts them.

Usage: run.py [-j WORKERS] [-o RESULT.json] [TEST_MODULE ...]

A test with subtests counts as its subtests.  The last line is
`N passed, N failed, N skipped`.  Each worker runs one test class at a time;
classes are independent of each other.  A few failed classes are run once more
at the end, with nothing beside them: what fails again has failed, and what
passes is named as unsteady, with its first failure above it.  Settings come from the environment:
PORTCULLIS_BIN (programs), PORTCULLIS_SERVERS (sshd,portcullis),
PORTCULLIS_LIGHT (less load, under sanitizers), PORTCULLIS_FULL (more),
PORTCULLIS_SOAK (seconds of test_soak; PORTCULLIS_SOAK_SEED repeats one),
PORTCULLIS_HALVES (the other half, with or without root, runs too and its tests
need not be reported as skipped), PORTCULLIS_TEST_KEEP (keep the files).
"""

import argparse
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
OTHER_HALF = ("needs root", "needs an ordinary user")
HALVES = bool(os.environ.get("PORTCULLIS_HALVES"))
SOAK = int(os.environ.get("PORTCULLIS_SOAK") or 0)
CLASS_LIMIT = 420 + 2 * SOAK  # seconds that one test class may take
FAREWELL = 20  # seconds for one that is told to stop
AGAIN = 4  # so many failed classes, at most, are run once more alone
# The slow ones first, so that none is left alone at the end.
PLAIN = ["test_no_root", "test_local_forward", "test_remote_forward",
         "test_sessions", "test_auth_keys", "test_hostile", "test_streamlocal",
         "test_streamlocal_files", "test_streamlocal_policy"]
FIRST = ("test_leftovers", "test_bulk", "test_integrity", "test_auth_pam")
RUNNING = set()  # the workers' processes


class Counter(unittest.TextTestResult):
    """Counts subtests one by one."""

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.rows = {}
        self.counts = {"passed": 0, "failed": 0}
        signal.signal(signal.SIGTERM, self.interrupt)

    def interrupt(self, *_):
        """The test that runs has failed, and is the last."""
        self.stop()
        sys.exit("interrupted")

    def startTest(self, test):
        super().startTest(test)
        self.rows[test.id()] = [0, 0]

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.rows[test.id()][0 if err is None else 1] += 1

    def stopTest(self, test):
        super().stopTest(test)
        passed, failed = self.rows.pop(test.id())
        broken = any(t is test for t, _ in self.failures + self.errors)
        skipped = any(t is test for t, _ in self.skipped)
        if not passed + failed and not broken and not skipped:
            passed = 1
        self.counts["passed"] += passed
        self.counts["failed"] += failed + broken

    def report(self):
        """The numbers and texts, for the parent."""
        # What fails outside of a test (setUpClass) is in errors only.
        loose = sum(not isinstance(t, unittest.TestCase)
                    and not hasattr(t, "test_case")
                    for t, _ in self.errors)
        return {"passed": self.counts["passed"],
                "failed": self.counts["failed"] + loose,
                "failures": [f"{t}\n{text}" for t, text in
                             self.failures + self.errors],
                "skipped": [f"{t}: {why}" for t, why in self.skipped
                            if not (HALVES and why in OTHER_HALF)]}


def run_class(name, out):
    """In a worker: run one test class and write its report."""
    sys.path.insert(0, str(HERE))
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    with open(os.devnull, "w", encoding="utf-8") as quiet:
        runner = unittest.TextTestRunner(quiet, resultclass=Counter)
        pathlib.Path(out).write_text(json.dumps(runner.run(suite).report()),
                                     encoding="utf-8")


def classes(modules):
    """The names of all test classes, without importing twice."""
    sys.path.insert(0, str(HERE))
    found = []
    for module in modules or sorted(p.stem for p in HERE.glob("test_*.py")):
        loaded = __import__(module)
        found += [f"{module}.{name}" for name, cls in vars(loaded).items()
                  if isinstance(cls, type) and issubclass(
                      cls, unittest.TestCase) and cls.__module__ == module
                  and unittest.defaultTestLoader.getTestCaseNames(cls)]
    return sorted(found, key=lambda n: not n.startswith(FIRST))


def end(workers):
    """End these; they have time to stop their servers."""
    for process in workers:
        process.terminate()
    for process in workers:
        try:
            process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            process.kill()


def run_worker(name, place, report, ports="0/1"):
    """Run one class in a process of its own, bounded in time, with its part
    of the ports."""
    out = place / f"{name}.json"
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, "--class", name, "-o", out],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
        env=dict(os.environ, PORTCULLIS_PORTS=ports))
    RUNNING.add(process)
    try:
        said, _ = process.communicate(timeout=CLASS_LIMIT)
    except subprocess.TimeoutExpired:
        end([process])
        said, _ = process.communicate()
    RUNNING.remove(process)
    if out.exists():
        got = json.loads(out.read_text(encoding="utf-8"))
    else:
        got = {"passed": 0, "failed": 1, "skipped": [], "failures": [
            f"{name} ended {process.returncode} without a result:\n"
            + said.decode(errors="replace")[-4000:]]}
    report(name, got, time.monotonic() - start)


class Report:
    """Prints each class as it ends and adds up."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = 0
        self.skipped = []
        self.broken = {}

    def __call__(self, name, got, seconds):
        with self.lock:
            if got["failed"]:
                self.broken[name] = got
            self.passed += got["passed"]
            self.failed += got["failed"]
            self.skipped += got["skipped"]
            word = "ok  " if not got["failed"] else "FAIL"
            print(f"{word} {name}: {got['passed']} passed, {got['failed']} "
                  f"failed ({seconds:.1f} s)", flush=True)
            for text in got["failures"]:
                print("    " + text.replace("\n", "\n    "), flush=True)
            for text in got["skipped"]:
                print(f"    skipped: {text}", flush=True)

    def take_back(self, name):
        """Forget a failed run of a class, which is about to run again."""
        got = self.broken.pop(name)
        self.passed -= got["passed"]
        self.failed -= got["failed"]
        for text in got["skipped"]:
            self.skipped.remove(text)


def stop(*_):
    """Leave at once, and nothing behind."""
    end(list(RUNNING))
    sys.exit(143)


def run_again(report, place):
    """Run the few classes that failed once more, one at a time."""
    names = list(report.broken)
    if len(names) > AGAIN or SOAK:
        return
    for name in names:
        report.take_back(name)
        (place / f"{name}.json").unlink(missing_ok=True)
        run_worker(name, place, report)
        if name not in report.broken:
            print(f"unsteady: {name} failed beside other tests and passed "
                  "alone", flush=True)


def run_all(names, workers, place):
    """Hand the classes to the workers; the report of all."""
    report, todo = Report(), queue.Queue()
    for name in names:
        todo.put(name)

    def work(number):
        while True:
            try:
                name = todo.get_nowait()
            except queue.Empty:
                return
            run_worker(name, place, report, f"{number}/{workers}")

    threads = [threading.Thread(target=work, args=(number,), daemon=True)
               for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_again(report, place)
    return report


def as_user(here, args):
    """Run what makes sense without root again, as a throw-away user."""
    who, plain = here.account("b"), here.dir / "plain"
    source = pathlib.Path(os.environ.get("PORTCULLIS_BIN")
                          or HERE.parents[1] / "build" / "bin")
    shutil.copytree(HERE, plain / "tests" / "e2e",
                    ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source, plain / "bin")
    for path in [plain, *plain.rglob("*")]:
        path.chmod(0o755)
    out = who.home / "result.json"
    env = dict(os.environ, HOME=str(who.home), USER=who.name,
               PORTCULLIS_BIN=str(plain / "bin"), PYTHONDONTWRITEBYTECODE="1")
    del env["PORTCULLIS_TEST_DIR"]
    done = subprocess.run(
        ["setpriv", f"--reuid={who.uid}", f"--regid={who.gid}",
         "--init-groups", "--", "/usr/bin/python3",
         str(plain / "tests" / "e2e" / "run.py"), "-j", str(args.workers),
         "-o", str(out), *(args.modules or PLAIN)],
        env=env, cwd=who.home, check=False)
    if args.out and out.exists():
        shutil.copyfile(out, args.out)
    return done.returncode


def main():
    """Parse the arguments; 0 when nothing failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-j", type=int, default=3, dest="workers")
    parser.add_argument("-o", dest="out")
    parser.add_argument("--class", dest="one", help=argparse.SUPPRESS)
    parser.add_argument("--as-user", action="store_true",
                        help="as root: run as a throw-away user instead")
    parser.add_argument("modules", nargs="*")
    args = parser.parse_args()
    if args.one:
        run_class(args.one, args.out)
        return 0
    signal.signal(signal.SIGTERM, stop)
    sys.path.insert(0, str(HERE))
    from world import world
    here = world()
    try:
        if args.as_user:
            return as_user(here, args)
        modules = [pathlib.Path(m).stem for m in args.modules]
        report = run_all(classes(modules), args.workers, here.dir)
    finally:
        here.close()
    counts = {"passed": report.passed, "failed": report.failed,
              "skipped": len(report.skipped)}
    if args.out:
        pathlib.Path(args.out).write_text(json.dumps(counts),
                                          encoding="utf-8")
    print(f"{counts['passed']} passed, {counts['failed']} failed, "
          f"{counts['skipped']} skipped")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())

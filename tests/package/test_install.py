"""What `cmake --install` and CPack put where.  Run by ctest, which names the
build folder in PORTCULLIS_BUILD; `test_install.py CLASS` runs one class."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PORTCULLIS_BUILD", REPO / "build"))
LIMIT = 120  # seconds
PROGRAM, FILE = 0o755, 0o644
PAGES = {"man/man1/portcullisctl.1.gz", "man/man5/portcullis_config.5.gz",
         "man/man8/portcullisd.8.gz"}
DOCUMENTS = {
    "README.md", "changelog.gz", "changelog.Debian.gz", "copyright",
    "examples/sshd_config", "examples/forwarding.conf",
    *(f"docs/{path.name}" for path in REPO.glob("docs/*.md")),
    *(f"docs/{path.name}" for path in REPO.glob("docs/*.svg")),
}
CONFIGURATION = {"/etc/pam.d/portcullis", "/etc/portcullis/sshd_config",
                 "/etc/portcullis/sshd_config.d/forwarding.conf"}
INSTALLED = {
    "/usr/bin/portcullisctl": PROGRAM,
    "/usr/sbin/portcullisd": PROGRAM,
    **{f"/usr/libexec/portcullis/portcullis-{role}": PROGRAM
       for role in ("monitor", "session", "pam", "dialer")},
    **{path: FILE for path in CONFIGURATION},
    "/usr/lib/systemd/system/portcullis.service": FILE,
    "/usr/lib/systemd/system/portcullis.socket": FILE,
    "/usr/lib/sysusers.d/portcullis.conf": FILE,
    "/usr/lib/tmpfiles.d/portcullis.conf": FILE,
    **{f"/usr/share/{page}": FILE for page in PAGES},
    **{f"/usr/share/doc/portcullis/{name}": FILE for name in DOCUMENTS},
}


def run(*words, status=0, **environment):
    done = subprocess.run([str(word) for word in words], capture_output=True,
                          text=True, timeout=LIMIT,
                          env={**os.environ, **environment})
    assert status in (None, done.returncode), \
        f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def needs(tool):
    return unittest.skipUnless(shutil.which(tool), f"needs {tool}")


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="portcullis-package.")
        self.addCleanup(folder.cleanup)
        self.place = pathlib.Path(folder.name)

    def install(self, prefix="/usr"):
        run("cmake", "--install", BUILD, "--prefix", prefix,
            DESTDIR=str(self.place))

    def modes(self):
        """Mode by path of what was installed, folders left out."""
        return {f"/{path.relative_to(self.place)}":
                path.stat().st_mode & 0o7777
                for path in self.place.rglob("*") if not path.is_dir()}


class Install(Case):
    """cmake --install into a DESTDIR."""

    def test_files_and_modes(self):
        """Exactly these files, and folders that everybody may enter."""
        umask = os.umask(0o022)
        self.addCleanup(os.umask, umask)
        self.install()
        self.assertEqual(self.modes(), INSTALLED)
        folders = [path for path in self.place.rglob("*") if path.is_dir()]
        self.assertIn(self.place / "etc/portcullis/sshd_config.d", folders)
        for path in folders:
            self.assertEqual(path.stat().st_mode & 0o7777, 0o755, path)

    def test_edited_configuration_is_kept(self):
        """A second installation writes over programs only."""
        self.install()
        for path in CONFIGURATION:
            (self.place / path[1:]).write_text("# mine\n")
        self.install()
        for path in CONFIGURATION:
            self.assertEqual((self.place / path[1:]).read_text(), "# mine\n")

    def test_daemon_finds_the_others(self):
        """portcullis-session tells libssh's version, from libexec."""
        for prefix in ("/usr", "/opt/portcullis"):
            with self.subTest(prefix=prefix):
                self.install(prefix)
                daemon = self.place / prefix[1:] / "sbin/portcullisd"
                self.assertRegex(run(daemon, "-V"), r"libssh \d")

    def test_configuration_grants_nothing(self):
        """It loads, stays away from sshd's port, and lets nothing through; what
        is granted later does not reach metadata services."""
        self.install()
        printed = run(self.place / "usr/sbin/portcullisd", "-G", "-f",
                      self.place / "etc/portcullis/sshd_config").lower()
        for line in ("port 2222", "permitopen none", "permitlisten none",
                     "allowstreamlocalforwarding no",
                     "denyopen 169.254.0.0/16:*"):
            self.assertIn(f"{line}\n", printed)

    @needs("systemd-sysusers")
    def test_account(self):
        """systemd-sysusers makes the account that programs ask for."""
        self.install()
        run("systemd-sysusers", f"--root={self.place}", "portcullis.conf")
        account = (self.place / "etc/passwd").read_text().split(":")
        self.assertEqual(account[0], "_portcullis")
        self.assertEqual(account[5:], ["/nonexistent", "/usr/sbin/nologin\n"])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    @needs("systemd-tmpfiles")
    def test_directory(self):
        """systemd-tmpfiles makes the sessions' root."""
        self.install()
        run("systemd-tmpfiles", f"--root={self.place}", "--create",
            "portcullis.conf")
        self.assertEqual((self.place / "run/portcullis").stat().st_mode,
                         0o40755)


@needs("dpkg-deb")
class Deb(Case):
    """The Debian package."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="portcullis-deb.")
        cls.addClassCleanup(folder.cleanup)
        umask = os.umask(0o077)
        cls.addClassCleanup(os.umask, umask)
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B",
            folder.name)
        cls.package, = pathlib.Path(folder.name).glob("portcullis_*_*.deb")

    def field(self, name):
        return run("dpkg-deb", "-f", self.package, name).strip()

    def control(self):
        run("dpkg-deb", "-e", self.package, self.place / "control")
        return self.place / "control"

    def test_fields(self):
        """Who it is, and what it needs."""
        self.assertEqual(self.field("Package"), "portcullis")
        self.assertEqual(self.field("Architecture"),
                         run("dpkg", "--print-architecture").strip())
        needed = {word.split()[0]
                  for word in self.field("Depends").split(", ")}
        for library in ("libc6", "libuv1", "libssl3", "libpam0g",
                        "libseccomp2", "libpam-runtime", "passwd", "procps"):
            self.assertTrue(any(name in (library, library + "t64")
                                for name in needed), (library, needed))
        self.assertNotIn("libssh-4", needed)

    def test_built_using_names_libssh(self):
        """The source and version of the libssh.a that is inside."""
        cache = (BUILD / "CMakeCache.txt").read_text()
        if not re.search(r"^PORTCULLIS_LIBSSH:FILEPATH=$", cache, re.M):
            self.assertEqual(self.field("Built-Using"), "")
            return
        version = run("dpkg-query", "-W", "-f", "${source:Version}",
                      "libssh-dev")
        self.assertEqual(self.field("Built-Using"), f"libssh (= {version})")

    def test_conffiles(self):
        """What dpkg keeps when it was edited: all that is in /etc."""
        listed = (self.control() / "conffiles").read_text().split()
        self.assertEqual(set(listed), CONFIGURATION)

    def test_maintainer_scripts(self):
        """They can be run, and the shell can read them."""
        for name in ("postinst", "prerm", "postrm"):
            script = self.control() / name
            self.assertEqual(script.stat().st_mode & 0o777, 0o755, name)
            run("sh", "-n", script)
            shutil.rmtree(script.parent)

    def test_contents(self):
        """The installed files, all root's, with the same modes."""
        lines = run("dpkg-deb", "-c", self.package).splitlines()
        self.assertEqual({line.split()[1] for line in lines}, {"root/root"})
        self.assertEqual({line.split()[0] for line in lines},
                         {"drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--"})
        run("dpkg-deb", "-x", self.package, self.place)
        self.assertEqual(self.modes(), INSTALLED)

    @needs("readelf")
    def test_programs_are_stripped(self):
        """No symbol table in what is installed."""
        run("dpkg-deb", "-x", self.package, self.place)
        for path, mode in INSTALLED.items():
            if mode == PROGRAM:
                sections = run("readelf", "-SW", self.place / path[1:])
                self.assertNotIn(".symtab", sections, path)

    @needs("lintian")
    def test_lintian(self):
        """No errors."""
        said = run("lintian", "--allow-root", "--fail-on", "error",
                   self.package, status=None)
        self.assertNotRegex(said, r"(?m)^E:")


class Manual(Case):
    """The manual pages."""

    pages = (REPO / "docs/man/portcullisd.8",
             REPO / "docs/man/portcullisctl.1",
             BUILD / "man/portcullis_config.5")

    @needs("mandoc")
    def test_mandoc(self):
        """mandoc has nothing to warn of."""
        for page in self.pages:
            with self.subTest(page=page.name):
                self.assertEqual(
                    run("mandoc", "-T", "lint", "-W", "warning", page), "")

    @needs("man")
    def test_man(self):
        """groff has nothing to warn of."""
        for page in self.pages:
            with self.subTest(page=page.name):
                said = subprocess.run(
                    ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z",
                     str(page)], capture_output=True, text=True, timeout=LIMIT,
                    env={**os.environ, "LC_ALL": "C.UTF-8",
                         "MANROFFSEQ": "", "MANWIDTH": "80"})
                self.assertEqual((said.returncode, said.stderr), (0, ""))

    def test_every_keyword_has_an_entry(self):
        """Whatever -G prints is explained."""
        page = self.pages[-1].read_text().lower()
        printed = run(BUILD / "bin/portcullisd", "-G", "-f", "none").lower()
        words = {line.split()[0] for line in printed.splitlines()}
        self.assertGreater(len(words), 50)
        for word in words:
            self.assertIn(f'.it cm "\\&{word}"', page)

    def test_every_flag_has_an_entry(self):
        """portcullisd(8) tells what the usage lists."""
        page = self.pages[0].read_text()
        usage = run(BUILD / "bin/portcullisd", "-?", status=1)
        flags = set(re.findall(r"-([0-9A-Za-z])\b", usage)) | \
            set("".join(re.findall(r"\[-([0-9A-Za-z]{2,})\]", usage)))
        self.assertGreater(len(flags), 10)
        for flag in flags:
            self.assertRegex(page, rf"(?m)^\.It Fl (.*Fl )?{flag}\b")


@needs("systemd-analyze")
class Units(Case):
    """The units for systemd; their paths are those of the installation."""

    def verify(self, edit=lambda text: text):
        run("cmake", "--install", BUILD, "--prefix", self.place / "usr",
            DESTDIR=str(self.place / "rest"))
        shutil.copytree(self.place / f"rest{self.place}", self.place,
                        dirs_exist_ok=True)
        unit = self.place / "usr/lib/systemd/system/portcullis.service"
        unit.write_text(edit(unit.read_text()))
        return run("systemd-analyze", "verify", "--man=no", unit,
                   unit.with_suffix(".socket"), status=None)

    def complaints(self, said):
        """What it says about us; it looks at other units as well."""
        return [line for line in said.splitlines() if "portcullis" in line]

    def test_units(self):
        """systemd has nothing to complain of."""
        self.assertEqual(self.complaints(self.verify()), [])

    def test_mistyped_path_is_named(self):
        """So the test above does look."""
        said = self.verify(lambda text: text.replace("portcullisd -D",
                                                     "portculisd -D"))
        self.assertIn("portculisd", "\n".join(self.complaints(said)))

    def test_mistyped_directive_is_named(self):
        """So a directive that systemd would pass over is found."""
        said = self.verify(lambda text: text.replace("LockPersonality",
                                                     "LockPersonalty"))
        self.assertIn("LockPersonalty", "\n".join(self.complaints(said)))

    def test_every_confinement_counts(self):
        """`systemd-analyze security` finds it well confined."""
        unit = BUILD / "package/portcullis.service"
        self.install()
        said = run("systemd-analyze", "security", "--offline=yes",
                   "--no-pager", unit, status=None)
        found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
        self.assertIsNotNone(found, said)
        self.assertLess(float(found.group(1)), 4.5)


if __name__ == "__main__":
    unittest.main(verbosity=2)

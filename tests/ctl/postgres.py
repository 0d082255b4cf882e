"""A real PostgreSQL for tests, as far as it is installed."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from daemon import wait_for

MISSING = "no initdb (Debian's package postgresql)"


def programs():
    """The folder of PostgreSQL's programs; None: it is not installed."""
    found = shutil.which("initdb") or next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))), None)
    return found and os.path.dirname(os.path.realpath(found))


class Postgres:
    """A cluster of its own, in a temporary folder, run by an ordinary user, reached by a socket alone."""

    def __init__(self):
        self.programs = programs()
        self.directory = tempfile.mkdtemp(prefix="ghostkey-pg-", dir="/tmp")
        self.user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            shutil.chown(self.directory, self.user)
        self.do("initdb", "-D", self.directory + "/data", "-U", "boss", "-A", "scram-sha-256", "--no-sync",
                "--pwfile", self.file("boss", "boss-pass\n"))
        self.server = None

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o644)
        return path

    def as_user(self, program, *arguments):
        user = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        return {"args": [os.path.join(self.programs, program), *arguments], "cwd": self.directory, **user}

    def do(self, program, *arguments):
        subprocess.run(**self.as_user(program, *arguments), check=True, capture_output=True, timeout=300)

    def __enter__(self):
        self.server = subprocess.Popen(  # fsync off: the cluster lives as long as the test
            **self.as_user("postgres", "-D", self.directory + "/data", "-k", self.directory, "-c", "listen_addresses=",
                           "-c", "fsync=off"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.lets_in("boss", "boss-pass"), "the database", 120)
        return self

    def __exit__(self, *_):
        self.server.send_signal(signal.SIGINT)  # fast shutdown
        self.server.wait(60)
        shutil.rmtree(self.directory, ignore_errors=True)

    def environment(self, user, password):
        return {"PGHOST": self.directory, "PGUSER": user, "PGPASSWORD": password, "PGDATABASE": "postgres",
                "PATH": f"{self.programs}:{os.environ['PATH']}"}

    def lets_in(self, user, password, statement="SELECT 1"):
        return subprocess.run([os.path.join(self.programs, "psql"), "-Xqc", statement], capture_output=True, check=False,
                              timeout=60, env=self.environment(user, password)).returncode == 0

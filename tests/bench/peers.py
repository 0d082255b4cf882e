"""The servers that are measured, GhostKey and its peers, and the programs that load them. Each server has a
Unix socket in a directory of its own, and ends with its bench."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

# pylint: disable=wrong-import-position
from daemon import Daemon, wait_for

CONNECTIONS = 16
NAME = "bench"
PATH = f"/v1/secrets/{NAME}"
VAULT_PATH = f"/v1/secret/data/{NAME}"
AWS_GET = json.dumps({"SecretId": NAME}, separators=(",", ":"))
AWS_HEADERS = [("X-Amz-Target", "secretsmanager.GetSecretValue"), ("Content-Type", "application/x-amz-json-1.1")]
ROTATE_PATH = f"/v1/rotate/{NAME}"
VALUE = "0123456789abcdef0123456789abcdef"
SECRET = json.dumps({"value": VALUE, "ttl": "1h", "rotation": {"strategy": "hex", "length": 32}},
                    separators=(",", ":"))
STATUS = re.compile(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")
FINISHED = re.compile(r"finished in [0-9.]+\w+, ([0-9.]+) req/s")


class GhostKey(Daemon):
    """With the one secret of the benches in it. What it says goes to files, as `2>log` does it."""

    def __init__(self, *options, **more):
        super().__init__("--seed", "bench", *options, **more)
        if "state" not in more:
            status, _ = self.json("PUT", PATH, SECRET)
            assert status == 200, status

    def forget_log(self):
        """So that a log of hundred thousand lines a second does not fill the disk."""
        os.truncate(self.err, 0)


class Server:
    """A peer in the directory that listens on self.socket."""

    def __init__(self, directory, arguments, executable=None):
        self.socket = os.path.join(directory, pathlib.Path(arguments[0]).name)
        with open(f"{self.socket}.log", "wb") as log:
            self.process = subprocess.Popen(
                arguments, executable=executable, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(lambda: os.path.exists(self.socket) or self.process.poll() is not None,
                     arguments[0])
            if self.process.poll() is not None:
                raise RuntimeError(pathlib.Path(f"{self.socket}.log").read_text("utf-8"))
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.terminate()
        self.process.wait()


NGINX = """
daemon off;
{user}
worker_processes 1;
pid {directory}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    server {{
        listen unix:{directory}/nginx;
        location / {{ default_type application/json; return 200 '{body}'; }}
    }}
}}
"""


class Nginx(Server):
    """One worker, as GhostKey is one thread; answers everything with the body; logs nothing."""

    def __init__(self, directory, body):
        assert not set(body) & set("'$\\"), body
        user = "user root root;" if os.geteuid() == 0 else ""
        config = os.path.join(directory, "nginx.conf")
        pathlib.Path(config).write_text(
            NGINX.format(directory=directory, body=body, user=user), "utf-8")
        super().__init__(directory, ["nginx", "-p", directory, "-e", "stderr", "-c", config])

    def close(self):
        super().close()
        pathlib.Path(self.socket).unlink(missing_ok=True)


class Redis(Server):
    """Keeps nothing on disk, or with durable=True what `appendfsync always` keeps."""

    def __init__(self, directory, durable=False):
        # On Debian the program is in redis-tools under another name, and looks at how it is called.
        program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
        super().__init__(directory, [
            "redis-server", "--port", "0", "--unixsocket", os.path.join(directory, "redis-server"),
            "--dir", directory, "--save", "", "--appendonly", "yes" if durable else "no",
            "--appendfsync", "always"], executable=program)
        self.expected = 5000
        self.rate("set", 0.1)  # the key that GET is to find; and how many fill a second

    def rate(self, command, seconds, keys=1):
        """Answers per second to 16 connections."""
        said = subprocess.run(
            ["redis-benchmark", "-s", self.socket, "-t", command, "-c", str(CONNECTIONS),
             "-r", str(keys), "-d", str(len(VALUE)), "-n", str(int(self.expected * seconds) + 1),
             "-q"], check=True, capture_output=True, text=True).stdout
        rate = float(re.findall(r"[GS]ET: ([0-9.]+) requests per second", said)[-1])
        self.expected = rate
        return rate


def h2load(socket, seconds, *arguments, target=PATH):
    """Answers per second to 16 connections, all of them 2xx."""
    targets = [target] if target else []
    said = subprocess.run(
        ["h2load", "--h1", "-c", str(CONNECTIONS), "-t", "1", "-D", f"{int(1000 * seconds)}ms",
         f"--base-uri=unix:{socket}", *arguments,
         *(f"http://localhost{each}" for each in targets)],
        check=True, capture_output=True, text=True).stdout
    good, *bad = [int(count) for count in STATUS.search(said).groups()]
    assert good > 0 and not any(bad), said
    return float(FINISHED.search(said)[1])


def put_load_of(path):
    """What makes h2load PUT the file's bytes."""
    return ["-d", path, "-H", ":method: PUT", "-H", "content-type: application/json"]


def put_load(directory):
    """The same, of the secret."""
    body = os.path.join(directory, "body")
    pathlib.Path(body).write_text(SECRET, "ascii")
    return put_load_of(body)


def aws_load(directory):
    """What makes h2load POST GetSecretValue of the secret."""
    body = os.path.join(directory, "aws-body")
    pathlib.Path(body).write_text(AWS_GET, "ascii")
    return ["-d", body, *(part for name, value in AWS_HEADERS for part in ("-H", f"{name.lower()}: {value}"))]


ROTATE_LOAD = ["-H", ":method: POST"]

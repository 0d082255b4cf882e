"""The benches that count answers per second, and `ghostctl get` beside curl."""

import contextlib
import json
import os
import subprocess
import tempfile

from peers import (PATH, ROTATE_LOAD, ROTATE_PATH, VAULT_PATH, GhostKey, Nginx, Redis, aws_load, h2load, put_load)

PROCESSES_PER_ROUND = 60
WARM_UP = 5


@contextlib.contextmanager
def place(base=None):
    """A directory for sockets, whose names must be short; below base for what is to be on a disk."""
    with tempfile.TemporaryDirectory(prefix="ghostkey-bench-", dir=base) as directory:
        yield directory


def by_turns(rounds, *sides):
    """Calls each side once per round, every other round the other way round -> a list per side."""
    found = [[] for _ in sides]
    for number in range(rounds):
        order = list(range(len(sides)))
        for at in order[::-1] if number % 2 else order:
            found[at].append(sides[at]())
    return found


def get_nginx(run):
    with place() as directory, GhostKey() as ours:
        body = ours.answer("GET", PATH).body.decode()
        with Nginx(directory, body) as nginx:
            return {"get-nginx": by_turns(
                run.rounds,
                lambda: h2load(ours.socket, run.seconds),
                lambda: h2load(nginx.socket, run.seconds))}


def get_redis(run):
    with place() as directory, GhostKey() as ours, Redis(directory) as redis:
        return {"get-redis": by_turns(
            run.rounds,
            lambda: h2load(ours.socket, run.seconds),
            lambda: redis.rate("get", run.seconds))}


def get_vault(run):
    with GhostKey() as ours:
        return {"get-vault": by_turns(
            run.rounds,
            lambda: h2load(ours.socket, run.seconds, target=VAULT_PATH),
            lambda: h2load(ours.socket, run.seconds))}


def get_aws(run):
    with place() as directory, GhostKey() as ours:
        return {"get-aws": by_turns(
            run.rounds,
            lambda: h2load(ours.socket, run.seconds, *aws_load(directory), target="/"),
            lambda: h2load(ours.socket, run.seconds))}


def written(ours, run, arguments, target):
    rate = h2load(ours.socket, run.seconds, *arguments, target=target)
    ours.forget_log()
    return rate


def put(run):
    with place() as directory, GhostKey() as ours, Redis(directory) as redis:
        return {"put": by_turns(
            run.rounds,
            lambda: written(ours, run, put_load(directory), PATH),
            lambda: redis.rate("set", run.seconds))}


def rotate(run):
    with place() as directory, GhostKey() as ours, Redis(directory) as redis:
        return {"rotate": by_turns(
            run.rounds,
            lambda: written(ours, run, ROTATE_LOAD, ROTATE_PATH),
            lambda: redis.rate("set", run.seconds))}


def put_store(run):
    """Both files in one directory: on one disk."""
    with place(run.place) as disk, place() as directory:
        with GhostKey("--store", os.path.join(disk, "store")) as ours:
            with Redis(disk, durable=True) as redis:
                return {"put-store": by_turns(
                    run.rounds,
                    lambda: written(ours, run, put_load(directory), PATH),
                    lambda: redis.rate("set", run.seconds))}


def hyperfine(directory, *command):
    """Seconds that the command takes, start and end included: the median of many."""
    result = os.path.join(directory, "hyperfine.json")
    subprocess.run(["hyperfine", "-N", "--style", "none", "--warmup", str(WARM_UP), "--runs",
                    str(PROCESSES_PER_ROUND), "--export-json", result, " ".join(command)],
                   check=True, capture_output=True)
    with open(result, encoding="utf-8") as file:
        return json.load(file)["results"][0]["median"]


def ctl_get(run):
    ghostctl = os.environ["GHOSTCTL"]
    with place() as directory, GhostKey() as ours:
        name = PATH.rsplit("/", 1)[1]
        return {"ctl-get": by_turns(
            run.rounds,
            lambda: 1000 * hyperfine(directory, ghostctl, "--socket", ours.socket, "get", name),
            lambda: 1000 * hyperfine(directory, "curl", "--silent", "--unix-socket", ours.socket,
                                     f"http://localhost{PATH}"))}

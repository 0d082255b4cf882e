#!/usr/bin/env python3
"""How many instructions one request takes, route by route, counted by valgrind's callgrind: no clock,
so that it is the same on a busy machine. Each route is asked FEW times and MANY times in two fresh
daemons; the difference is what the requests took, start and end left out. TAP: within TOLERANCE of
the committed figures in instructions.txt, and what faults, readers and requests cost a GET is
within SHARES.

    GHOSTKEYD=BUILD/daemon/ghostkeyd instructions.py [--bless] [ROUTE...]

--bless writes the figures anew: ci/instructions --bless."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from daemon import Daemon

FEW = 100
MANY = 300
TOLERANCE = 0.03
FIGURES = pathlib.Path(__file__).resolve().with_name("instructions.txt")
HEAD = """\
# Instructions per request, release build, one connection; made by `ci/instructions --bless`.
# {system}
"""
SECRET = json.dumps({"value": "0123456789abcdef0123456789abcdef", "ttl": "1h",
                     "rotation": {"strategy": "hex", "length": 32}}, separators=(",", ":"))
LONG = "team/service-abc/db_password"


def document(prefix):
    """100 definitions, as of an apply of 10,000 in hundredths."""
    return json.dumps({"secrets": {f"{prefix}{at:02}": {"value": f"value {at}", "ttl": "1h", "labels": {"team": "core"}}
                                   for at in range(100)}})


# What is asked, of which there are as many secrets as are ever asked for.
ROUTES = {
    "get": lambda n: ("GET", "/v1/secrets/name-000", None),
    "get-rules": lambda n: ("GET", "/v1/secrets/name-000", None),
    "get-long": lambda n: ("GET", f"/v1/secrets/{LONG}", None),
    "get-rules-alike": lambda n: ("GET", f"/v1/secrets/{LONG}", None),
    "get-vault": lambda n: ("GET", "/v1/secret/data/name-000", None),
    "put": lambda n: ("PUT", "/v1/secrets/name-000", SECRET),
    "put-new": lambda n: ("PUT", f"/v1/secrets/new-{n:03}", SECRET),
    "patch": lambda n: ("PATCH", "/v1/secrets/name-000", '{"labels":{"team":"core"}}'),
    "rotate": lambda n: ("POST", "/v1/rotate/name-000", None),
    "list": lambda n: ("GET", "/v1/secrets?limit=100&values=true", None),
    "metadata": lambda n: ("GET", "/v1/metadata/name-000", None),
    "events": lambda n: ("GET", "/v1/events?limit=100", None),
    "status": lambda n: ("GET", "/v1/status", None),
    "delete": lambda n: ("DELETE", f"/v1/secrets/name-{n:03}", None),
    "not-found": lambda n: ("GET", "/v1/secrets/nobody", None),
    "apply": lambda n: ("POST", "/v1/apply", document(f"a{n:03}/")),
    "apply-again": lambda n: ("POST", "/v1/apply", document("same/")),
}


def rules(name_of):
    """What makes 100 rules."""
    return [("PUT", f"/v1/faults/rule-{n:03}",
             json.dumps({"match": {"operation": "read", "name": name_of(n)}, "effect": {"error": "unavailable"}}))
            for n in range(100)]


def alike(n):
    """A pattern that has much in common with LONG at its beginning, at its end, or at both."""
    return (f"team/service-{n:03}/db_password", f"team/service-abc/db_passw{n:03}", f"team/service-{n:03}/**",
            f"**/service-{n:03}/db_password")[n % 4]


# What is asked before; no rule matches.
PREPARED = {"get-rules": rules("other-{:03}".format), "get-long": [("PUT", f"/v1/secrets/{LONG}", SECRET)],
            "get-rules-alike": [("PUT", f"/v1/secrets/{LONG}", SECRET), *rules(alike)]}

# Of a GET, what is spent in one function of the daemon and those that it calls.
INSIDE = {"call_begin": "choosing a fault rule, with none set",
          "observe": "noting it for readers and requests"}

# How much of another route's instructions it may take.
SHARES = {"get-rules": ("get", 1.10), "get-rules-alike": ("get-long", 1.10), "call_begin": ("get", 0.01),
          "observe": ("get", 0.03)}


# valgrind counts a `rep stosb` as one instruction per byte, which it does not cost: libc is told to
# fill and copy by vectors.
TUNABLES = ":".join(f"glibc.cpu.x86_rep_{what}_threshold=1000000000" for what in ("stosb", "movsb"))


def counted(route, times):
    """All instructions of a daemon that was asked so many times; of INSIDE, those in the function."""
    inside = [f"--toggle-collect={route}"] if route in INSIDE else []
    ask = ROUTES.get(route, ROUTES["get"])
    with tempfile.TemporaryDirectory(prefix="ghostkey-bench-") as directory:
        log = os.path.join(directory, "valgrind")
        under = [shutil.which("setarch"), "-R", shutil.which("valgrind"), "--tool=callgrind",
                 f"--log-file={log}", "--callgrind-out-file=/dev/null", *inside]
        env = os.environ | {"GLIBC_TUNABLES": TUNABLES}
        with Daemon("--seed", "bench", "--clock", "virtual", under=under, env=env) as daemon:
            with daemon.connect() as connection:
                for number in range(MANY):
                    answer = connection.request("PUT", f"/v1/secrets/name-{number:03}", SECRET)
                    assert answer.status == 200, answer
                for rule in PREPARED.get(route, []):
                    assert connection.request(*rule).status == 200
                for number in range(times):
                    answer = connection.request(*ask(number))
                    assert answer.status == (404 if route == "not-found" else 200), answer
            assert daemon.stop() == 0, daemon.stderr()
        return int(re.search(r"Collected : (\d+)", pathlib.Path(log).read_text("ascii"))[1])


def per_request(route):
    return round((counted(route, MANY) - counted(route, FEW)) / (MANY - FEW))


def measured(routes):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(routes, pool.map(per_request, routes)))


def system():
    """What the figures depend on besides the code: the compiler and the libraries."""
    def version(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[0]

    libraries = ("libh2o-evloop", "jansson", "libcrypto")
    return ", ".join([version("cc", "--version"), version("ldd", "--version"),
                      version("valgrind", "--version"), os.uname().machine,
                      *(f"{name} {version('pkg-config', '--modversion', name)}"
                        for name in libraries)])


def read_figures():
    """-> (the system they were counted on, route -> instructions)"""
    lines = FIGURES.read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    return lines[1].removeprefix("# "), {route: int(count) for route, count in rows}


def bless(figures):
    known = read_figures()[1] if FIGURES.exists() else {}
    known |= figures
    FIGURES.write_text(HEAD.format(system=system()) + "".join(
        f"{route:16}{known[route]:8}\n" for route in ROUTES if route in known), "utf-8")
    print(FIGURES.read_text("utf-8"), end="")


def figures_are_the_committed_ones(check):
    there, known = read_figures()
    check.equal(list(known), list(ROUTES), "each route has its figure")
    figures = measured([*ROUTES, *INSIDE])
    for route in ROUTES:
        count = figures[route]
        change = count / known[route] - 1
        check.ok(abs(change) <= TOLERANCE,
                 f"{route}: {count} instructions, {change:+.2%} of {known[route]}",
                 f"more than {TOLERANCE:.0%} off; if that is meant, `ci/instructions --bless` writes "
                 "tests/bench/instructions.txt anew: commit it with what changed it, and say why")
    for route, (base, most) in SHARES.items():
        share = figures[route] / figures[base]
        check.ok(share <= most and figures[route] > 0,
                 f"{INSIDE.get(route, route)}: {figures[route]} instructions, {share:.2%} of '{base}', "
                 f"{most:.0%} at most")
    if there != system():
        check.note(f"the committed figures were counted with: {there}")
        check.note(f"these with: {system()}")


def main():
    arguments = sys.argv[1:]
    if not arguments:
        return tap.run(figures_are_the_committed_ones)
    if arguments[0] == "--bless":
        bless(measured(arguments[1:] or list(ROUTES)))
        return 0
    for route, count in measured(arguments).items():
        print(f"{route:16}{count:8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Measures GhostKey beside its peers. ci/bench builds and calls it; README.md says what is compared.

    GHOSTKEYD=… GHOSTCTL=… STORE_FILL=… run.py --place DIRECTORY [--rounds N] [--seconds S] [BENCH...]

Exit status 1 if a bench could not be done; a target that is missed is no failure, only said."""

import argparse
import os
import sys
import traceback
from dataclasses import dataclass, field

import client
import rates
import report
import scale
from report import Row

# What a bench gives: rows of the table, each with ours beside the peer's, or ours alone.
BENCHES = {
    "get-nginx": (rates.get_nginx, [
        Row("get-nginx", "GET", "nginx `return 200` with the same body", "/s", 1.0)]),
    "get-redis": (rates.get_redis, [Row("get-redis", "GET", "Redis GET", "/s", 1.2)]),
    "get-vault": (rates.get_vault, [
        Row("get-vault", "GET through Vault's API", "through GhostKey's own", "/s", 0.8)]),
    "get-aws": (rates.get_aws, [
        Row("get-aws", "GetSecretValue of AWS's API", "through GhostKey's own", "/s", 0.7)]),
    "put": (rates.put, [Row("put", "PUT in memory", "Redis SET", "/s", 1.0)]),
    "rotate": (rates.rotate, [Row("rotate", "rotate in memory", "Redis SET", "/s", 0.8)]),
    "put-store": (rates.put_store, [
        Row("put-store", "PUT with `--store`", "Redis SET, `appendfsync always`", "/s", 1.0)]),
    "ctl-get": (rates.ctl_get, [
        Row("ctl-get", "`ghostctl get`", "`curl --unix-socket`", "ms", 0.4, at_most=True)]),
    "get-million": (scale.get_million, [
        Row("get-million", "GET at 1,000,000 secrets", "at 1,000", "/s", 0.9)]),
    "due": (scale.due, [
        Row("due", "GET p99 while 100,000 fall due", None, "ms", 20, at_most=True)]),
    "cold": (scale.cold, [
        Row("cold", "first answer, socket-activated", None, "ms", 10, at_most=True)]),
    "idle": (scale.idle, [
        Row("idle-private", "private memory when idle", None, "MiB", 2, at_most=True),
        Row("idle-rss", "RSS when idle", None, "MiB", 10, at_most=True)]),
    "export": (scale.export, [
        Row("export-time", "export of 1,000,000 secrets", None, "s", 5, at_most=True),
        Row("export-memory", "the client's memory at that", None, "MiB", 128, at_most=True)]),
    "ten-thousand": (client.ten_thousand, [
        Row("import-10000", "import of 10,000 secrets", None, "ms", 500, at_most=True),
        Row("export-10000", "export of 10,000 secrets", None, "ms", 100, at_most=True)]),
    "run": (client.run_added, [
        Row("run-added", "what `ghostctl run` adds to a start", None, "ms", 5, at_most=True)]),
    "sandbox": (client.sandbox_added, [
        Row("sandbox-added", "what `ghostctl sandbox` adds to a start", None, "ms", 20, at_most=True)]),
    "sandbox-pytest": (client.sandbox_pytest, [
        Row("sandbox-pytest", "a pytest with a broker of its own, beside another", None, "ms", 30, at_most=True),
        Row("sandbox-pytest-run", "a run of 200 of them, two at once, a test", None, "ms", 30, at_most=True)]),
}


@dataclass
class Run:
    place: str
    rounds: int
    seconds: float
    notes: list = field(default_factory=list)

    def note(self, text):
        self.notes.append(text)


def arguments():
    parser = argparse.ArgumentParser(prog="ci/bench")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=" ".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each side in each round")
    parser.add_argument("--place", required=True, help="where the results go")
    parser.add_argument("--list", action="store_true", help="name the benches")
    options = parser.parse_args()
    unknown = set(options.benches) - set(BENCHES)
    if unknown:
        parser.error(f"no bench named {', '.join(sorted(unknown))}; there are: {' '.join(BENCHES)}")
    return options


def main():
    options = arguments()
    if options.list:
        print("\n".join(BENCHES))
        return 0
    run = Run(os.path.abspath(options.place), options.rounds, options.seconds)
    rows, failed = [], []
    for name in options.benches or BENCHES:
        bench, its_rows = BENCHES[name]
        print(f"    {name} ...", flush=True)
        try:
            found = bench(run)
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            failed.append(name)
            continue
        for row in its_rows:
            row.take(found[row.name])
            rows.append(row)
            print(f"        {row.line()}", flush=True)
    report.write(run, rows)
    if failed:
        print(f"could not be done: {' '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

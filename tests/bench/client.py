"""The benches of ghostctl: import and export of 10,000 secrets, what `run` and `sandbox` add to a command's start,
and a test of pytest with a broker of its own."""

import os
import pathlib
import statistics
import subprocess
import time
from xml.etree import ElementTree

from peers import GhostKey
from rates import hyperfine, place

TEN_THOUSAND = 10000
BROKERS = 200  # tests of pytest
AT_ONCE = 2


def took_ms(*command):
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (time.monotonic() - begun)


def ten_thousand(run):
    """Each import into a daemon that holds nothing yet, each export into a new file."""
    imports, exports = [], []
    for _ in range(run.rounds):
        with place() as directory, GhostKey() as ours:
            source, target = (os.path.join(directory, name) for name in ("source", ".env.ghost"))
            with open(source, "w", encoding="ascii") as file:
                file.writelines(f"SERVICE_{n:05}={n:032x}\n" for n in range(TEN_THOUSAND))
            ghostctl = os.environ["GHOSTCTL"], "--socket", ours.socket
            imports.append(took_ms(*ghostctl, "import", source))
            exports.append(took_ms(*ghostctl, "export", "-o", target))
            with open(target, "rb") as file:
                assert sum(1 for _ in file) > TEN_THOUSAND
    return {"import-10000": [imports], "export-10000": [exports]}


def run_added(run):
    with place() as directory, GhostKey() as ours:
        added = []
        for _ in range(run.rounds):
            plain = hyperfine(directory, "/bin/true")
            through = hyperfine(directory, os.environ["GHOSTCTL"], "--socket", ours.socket, "run",
                                "--", "/bin/true")
            added.append(1000 * (through - plain))
    run.note(f"`ghostctl run -- true` takes {statistics.median(added):.1f} ms more than `true`")
    return {"run-added": [added]}


def beside_ghostkeyd():
    """So that `ghostctl sandbox` finds the ghostkeyd that is measured."""
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(os.environ[name]) for name in ("GHOSTKEYD", "GHOSTCTL")] +
                                         [os.environ["PATH"]])


def sandbox_added(run):
    beside_ghostkeyd()
    with place() as directory:
        added = []
        for _ in range(run.rounds):
            plain = hyperfine(directory, "/bin/true")
            through = hyperfine(directory, os.environ["GHOSTCTL"], "sandbox", "--", "/bin/true")
            added.append(1000 * (through - plain))
    run.note(f"`ghostctl sandbox -- true` takes {statistics.median(added):.1f} ms more than `true`")
    return {"sandbox-added": [added]}


def sandbox_pytest(run):
    """The example of ghostkey.testing(7): each test by itself, with its set-up and its end, and the whole run."""
    beside_ghostkeyd()
    page = (pathlib.Path(__file__).resolve().parents[2] / "daemon/ghostkey.testing.7.scd").read_text("utf-8")
    shared = page.split("\n# EXAMPLES\n", 1)[1].split("_test.json_", 1)[1].split("```\n")[1]
    example = page.split("\n## pytest\n", 1)[1].split("```\n")[1]
    tests, runs = [], []
    with place() as directory:
        folder = pathlib.Path(directory)
        (folder / "test.json").write_text(shared)
        (folder / "pytest.ini").write_text("[pytest]\njunit_duration_report = total\n")
        for number in range(BROKERS):
            (folder / f"test_{number}.py").write_text(example)
        for _ in range(run.rounds):
            begun = time.monotonic()
            subprocess.run(["pytest", "-q", "-n", str(AT_ONCE), "--junitxml=report.xml"], cwd=directory, check=True,
                           stdout=subprocess.DEVNULL)
            runs.append(1000 * (time.monotonic() - begun) / BROKERS)
            cases = list(ElementTree.parse(folder / "report.xml").iter("testcase"))
            assert len(cases) == BROKERS
            tests.append(1000 * statistics.median(float(case.get("time")) for case in cases))
    return {"sandbox-pytest": [tests], "sandbox-pytest-run": [runs]}

"""The benches of a large state, a cold start and an idle daemon."""

import json
import os
import pathlib
import random
import select
import shutil
import socket
import statistics
import subprocess
import threading
import time

from peers import PATH, GhostKey, h2load
from rates import by_turns, place

MILLION = 1000000
THOUSAND = 1000
TARGETS = 100000
AT_ONCE = 100000
LEAD_S = 1.5
STARTS_PER_ROUND = 20
START_TIMEOUT_S = 10
COPY_BYTES = 1 << 20


def filled_state(directory, count, due=None):
    """A memfd with a state of so many secrets, as a service manager keeps one."""
    path = os.path.join(directory, "filled")
    subprocess.run([os.environ["STORE_FILL"], path, str(count), *([str(due)] if due else [])],
                   check=True)
    memory = open(os.memfd_create("ghostkey"), "w+b")
    with open(path, "rb") as file:
        shutil.copyfileobj(file, memory, COPY_BYTES)
    memory.flush()
    os.unlink(path)
    return memory


def name_of(number):
    """As store_fill.c names them."""
    return f"service-{number % 1000:03}/secret-{number:07}"


def targets(directory, count):
    """A file of as many targets for either: the load program is to have the same work with both."""
    numbers = [number % count for number in range(0, TARGETS)] if count <= TARGETS else (
        random.Random(1).sample(range(count), TARGETS))
    random.Random(2).shuffle(numbers)
    path = os.path.join(directory, f"targets-{count}")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"http://localhost/v1/secrets/{name_of(number)}\n" for number in numbers)
    return path


def get_million(run):
    with place(run.place) as disk, place() as directory:
        with filled_state(disk, MILLION) as large, filled_state(disk, THOUSAND) as small:
            with GhostKey(state=large) as many, GhostKey(state=small) as few:
                return {"get-million": by_turns(
                    run.rounds,
                    lambda: h2load(many.socket, run.seconds, "-i", targets(directory, MILLION),
                                   target=None),
                    lambda: h2load(few.socket, run.seconds, "-i", targets(directory, THOUSAND),
                                   target=None))}


class Watch(threading.Thread):
    """Notes when the last of what is due has fired: until then the events are fewer."""

    def __init__(self, daemon, last):
        super().__init__(daemon=True)
        self.connection, self.last, self.end = daemon.connect(), last, None

    def run(self):
        while self.end is None:
            status = json.loads(self.connection.request("GET", "/v1/status").body)
            if status["last_event"] >= self.last:
                self.end = time.time()
            time.sleep(0.005)  # it must watch, not load


def due_round(run):
    """The 99th percentile of GETs that begin while it rotates all that fell due, and how long that
    takes: 16 connections ask as fast as they are answered."""
    with place(run.place) as disk:
        begun = time.time()
        with filled_state(disk, AT_ONCE, int(1000 * (begun + LEAD_S))) as state:
            due = begun + LEAD_S
            with GhostKey(state=state) as daemon:
                assert time.time() < due, "the start took longer than was reckoned"
                watch = Watch(daemon, 2 * AT_ONCE)
                watch.start()
                log = os.path.join(disk, "log")
                h2load(daemon.socket, LEAD_S + 2 * run.seconds, f"--log-file={log}",
                       target=f"/v1/secrets/{name_of(0)}")
                watch.join(START_TIMEOUT_S)
                assert watch.end, "not all has fired"
        with open(log, encoding="ascii") as file:
            rows = [line.split("\t") for line in file]
    took = sorted(int(micros) / 1000 for start, _, micros in rows
                  if due <= int(start) / 1e6 <= watch.end)
    return took[len(took) * 99 // 100], took[-1], watch.end - due


def due(run):
    rounds = [due_round(run) for _ in range(run.rounds)]
    p99, worst, whole = zip(*rounds)
    run.note(f"due: worst GET {max(worst):.1f} ms; all rotated after "
             f"{statistics.median(whole):.2f} s")
    return {"due": [list(p99)]}


def cold_start(directory):
    """Milliseconds from connect to the end of the first answer."""
    path = os.path.join(directory, "s")
    pathlib.Path(path).unlink(missing_ok=True)
    with subprocess.Popen(["systemd-socket-activate", "-l", path, os.environ["GHOSTKEYD"]],
                          stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as activated:
        try:
            assert b"Listening on" in activated.stderr.readline()
            begun = time.monotonic()
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(START_TIMEOUT_S)
                client.connect(path)
                client.sendall(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = client.recv(COPY_BYTES)
            took = time.monotonic() - begun
            assert answer.startswith(b"HTTP/1.1 200"), answer
        finally:
            activated.terminate()
    return 1000 * took


def cold(run):
    with place() as directory:
        return {"cold": [[statistics.median(cold_start(directory) for _ in range(STARTS_PER_ROUND))
                          for _ in range(run.rounds)]]}


def memory_mib(pid):
    """What smaps_rollup says of its memory, by name."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}


def idle(run):
    """One secret, and the 16 connections that asked for it are gone. Private is what was written to;
    a clean page of a library is whoever's who runs the same."""
    found = []
    for _ in range(run.rounds):
        with GhostKey() as daemon:
            h2load(daemon.socket, run.seconds)
            daemon.answer("GET", PATH)
            found.append(memory_mib(daemon.pid))
    clean = statistics.median(each["Private_Clean"] for each in found)
    run.note(f"idle: {clean:.2f} MiB more are clean pages of files that nobody else had open")
    return {"idle-private": [[each["Private_Dirty"] for each in found]],
            "idle-rss": [[each["Rss"] for each in found]]}


def peak_kib(pid):
    """The most that it had in memory; nothing once it has ended."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except ProcessLookupError:
        pass
    return 0


def export_once(daemon, directory):
    begun = time.monotonic()
    client = subprocess.Popen([os.environ["GHOSTCTL"], "--socket", daemon.socket, "export",
                               "-o", os.path.join(directory, ".env.ghost")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    ended = os.pidfd_open(client.pid)
    while not select.select([ended], [], [], 0.002)[0]:
        peak = max(peak, peak_kib(client.pid))
    took = time.monotonic() - begun
    os.close(ended)
    said = client.communicate()[1]
    assert client.returncode == 0, said
    return took, peak / 1024


def export(run):
    """Each into a new file: nothing there that could be left as it is."""
    took, peak = [], []
    with place(run.place) as disk, filled_state(disk, MILLION) as state:
        with GhostKey(state=state) as daemon:
            for _ in range(run.rounds):
                with place(run.place) as directory:
                    seconds, mib = export_once(daemon, directory)
                    with open(os.path.join(directory, ".env.ghost"), "rb") as file:
                        assert sum(1 for _ in file) > MILLION
                took.append(seconds)
                peak.append(mib)
    return {"export-time": [took], "export-memory": [peak]}

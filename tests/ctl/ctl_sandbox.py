#!/usr/bin/env python3
"""ghostctl sandbox: a private broker for as long as a command runs, of which nothing is left."""

import contextlib
import ctypes
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import ctl
from daemon import preloaded
from daemon import program as ghostkeyd
from daemon import wait_for

GONE_S = 2
AT_ONCE = 100
PR_SET_CHILD_SUBREAPER = 36
LONG = "exec sleep 600"
# so that whatever a killed ghostctl leaves behind becomes a child of this process
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Place:
    """A folder for the sandboxes, from which ghostctl is called."""

    def __init__(self, name="x"):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="gk-"))
        self.folder = self.top / name
        self.folder.mkdir(parents=True)
        self.work = self.top / "work"
        self.work.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)

    def environment(self, **more):
        path = os.pathsep.join([os.path.dirname(ghostkeyd()), os.path.dirname(ctl.program()), os.environ["PATH"]])
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("GHOSTKEY_", "AWS_", "VAULT_")) and name != "XDG_RUNTIME_DIR"}
        return kept | {"PATH": path, "TMPDIR": str(self.folder)} | more

    def run(self, *arguments, env=None, **more):
        done = subprocess.run([ctl.program(), "sandbox", *arguments], capture_output=True, check=False, timeout=60,
                              cwd=self.work, env=env or self.environment(), **more)
        return ctl.Said(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments, env=None, **more):
        return ctl.Running([ctl.program(), "sandbox", *arguments], self.work, env or self.environment(), **more)

    def ghostkeyd(self, script):
        """What stands beside a ghostctl that is copied there."""
        path = self.work / "ghostkeyd"
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(0o755)

    def left(self):
        """With os.walk(), since Path.rglob() fails where a folder is removed at the same time."""
        return sorted(os.path.relpath(os.path.join(at, name), self.folder)
                      for at, folders, files in os.walk(self.folder) for name in folders + files)


def children_end(deadline_s=GONE_S):
    """Whether every process that this one has started or adopted ends in that time."""
    end = time.monotonic() + deadline_s
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)


def a_command_has_a_broker(check):
    with Place() as place:
        said = place.run("--", "sh", "-c", "ghostctl put a one; ghostctl get a; ghostctl status --json; exit 7")
        lines = said.out.decode().splitlines()
        check.equal((said.status, lines[:2], said.err), (7, ["a 1", "one"], ""), "it can be used, and the exit status is COMMAND's")
        status = json.loads(lines[2])
        check.equal((status["state"], status["clock"]), ("memory", "virtual"), "in memory, with a clock that stands still")
        check.equal(place.left(), [], "and nothing is left")
        values = {place.run("--", "sh", "-c", "ghostctl put a --generate; ghostctl get a").out for _ in range(2)}
        values.add(place.run("--seed", "sandbox", "--", "sh", "-c", "ghostctl put a --generate; ghostctl get a").out)
        check.equal(len(values), 1, "each run gets the same values: the seed is sandbox")
        check.ok(place.run("--seed", "x", "--", "sh", "-c", "ghostctl put a --generate; ghostctl get a").out not in values, "--seed")
        said = place.run("--clock", "virtual:2030-01-01T00:00:00Z", "--", "ghostctl", "clock")
        check.ok(b"now: 2030-01-01T00:00:00.000Z" in said.out, "--clock", said)
        said = place.run("--", "sh", "-c", "kill -9 $$")
        check.equal((said.status, place.left()), (137, []), "a COMMAND that is killed")
        check.equal(place.run("--", "/missing").status, 127, "no such COMMAND")
        check.equal(place.run("--", "cat", input=b"through").out, b"through", "its standard input")


def what_env_prints(check):
    others = {"GHOSTKEY_URL": "http://x", "AWS_SESSION_TOKEN": "x", "AWS_PROFILE": "x", "VAULT_NAMESPACE": "x",
              "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "VAULT_AGENT_ADDR": "x", "VAULT_PROXY_ADDR": "x",
              "VAULT_HTTP_PROXY": "x", "VAULT_CACERT": "x"}
    show = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)), flush=True); os.system('ghostctl env --json')"]
    with Place() as place:
        def shown(*options):
            env = place.environment(GHOSTKEY_SOCKET="/old", VAULT_TOKEN="old", AWS_REGION="old", KEPT="1", **others)
            lines = place.run(*options, "--", *show, env=env).out.decode().splitlines()
            return json.loads(lines[0]), json.loads(lines[1])
        found, printed = shown()
        check.equal({name: found.get(name) for name in printed}, printed, "COMMAND has what ghostctl env prints")
        check.equal((sorted(others.keys() & found.keys()), found["KEPT"]), ([], "1"), "what would lead elsewhere is removed")
        found, _ = shown("--api", "vault")
        check.equal(({"AWS_PROFILE", "AWS_SESSION_TOKEN"} <= found.keys(), found["AWS_REGION"], "VAULT_CACERT" in found,
                     "GHOSTKEY_URL" in found), (True, "old", False, False), "--api vault leaves what AWS's clients read")
        found, printed = shown("--no-tcp")
        check.equal((list(printed), found["VAULT_TOKEN"]), (["GHOSTKEY_SOCKET"], "old"), "--no-tcp: the socket alone")
        check.equal(list(shown("--no-tcp", "--api", "ghostkey")[1]), ["GHOSTKEY_SOCKET"], "--api ghostkey needs no TCP")
        for apis in ("vault", "aws", "vault,aws", "ghostkey,vault"):
            said = place.run("--no-tcp", "--api", apis, "--", "echo", "ran")
            check.ok((said.status, said.out) == (2, b"") and f"'--api {apis}' needs TCP" in said.err, f"--no-tcp --api {apis}: 2", said)
        said = place.run("--", "sh", "-c", 'curl -s --noproxy "*" -H "X-Vault-Token: $VAULT_TOKEN" "$VAULT_ADDR/v1/sys/health"')
        if shutil.which("curl"):
            check.ok(b'"initialized":true' in said.out, "TCP and the token work", said)


def a_state_to_begin_with(check):
    with Place() as place:
        (place.work / ".env").write_text("DB_PASS=one\nAPI_KEY=two\n")
        said = place.run("--import", ".env", "--", "ghostctl", "get", "db_pass", "api_key")
        check.equal((said.out, said.err), (b"db_pass\tone\napi_key\ttwo\n", ""), "--import")
        (place.work / "bad").write_text("DB_PASS='one\n")
        said = place.run("--import", "bad", "--", "echo", "ran")
        check.ok(said.status == 1 and said.out == b"" and "bad:1" in said.err and
                 said.err.endswith("ghostctl: nothing was put\n"), "a fault in it: COMMAND is not run", said)
        said = place.run("--import", "missing", "--", "echo", "ran")
        check.ok(said.status == 1 and said.out == b"" and "missing" in said.err, "a file that is missing", said)
        (place.work / "apply.json").write_text(json.dumps({"secrets": {
            "db_pass": {"value": "three", "rotation": {"strategy": "hex"}, "ttl": "1h"}, "more": {"value": "four"}},
            "faults": {"gone": {"match": {"name": "more"}, "effect": {"error": "not_found"}}}}))
        said = place.run("--apply", "apply.json", "--", "sh", "-c", "ghostctl get db_pass; ghostctl get more; ghostctl reset --yes; "
                         "ghostctl describe db_pass --json")
        document = json.loads(said.out.splitlines()[-1])["metadata"]
        check.ok(said.out.startswith(b"three\n") and "'gone'" in said.err, "--apply: its values and its fault rules", said)
        check.equal((document["version"], document["ttl"], document["rotation"]["strategy"]), (1, 3600, "hex"),
                    "its definitions, and again after a reset")
        said = place.run("--apply", "apply.json", "--import", ".env", "--", "sh", "-c", "ghostctl get db_pass; ghostctl list")
        check.ok(said.out.startswith(b"one\n") and b"db_pass 2 ttl 1h hex" in said.out, "--import on top gives the values", said)
        (place.work / "wrong.json").write_text('{"secrets": {"a": {"value": 1}}}')
        for name, wanted in (("wrong.json", "'a'"), ("missing.json", "missing.json")):
            said = place.run("--apply", name, "--", "echo", "ran")
            check.ok(said.status in (1, 2) and said.out == b"" and wanted in said.err, f"{name}: COMMAND is not run", said)
        made = place.run("--store", "state", "--seed", "mine", "--", "sh", "-c", "ghostctl put a --generate; ghostctl get a")
        again = place.run("--store", "state", "--", "ghostctl", "get", "a")
        check.equal(again.out, made.out.splitlines(keepends=True)[1], "--store: kept, with its own seed")
        said = place.run("--store", "state", "--seed", "other", "--", "echo", "ran")
        check.ok(said.status == 2 and said.out == b"" and "--seed" in said.err, "another seed is refused, and COMMAND not run", said)
        check.equal(place.left(), [], "and nothing is left")


def a_start_that_fails_is_explained(check):
    with Place() as place:
        said = place.run("--clock", "tomorrow", "--", "echo", "ran")
        check.ok(said.status == 2 and said.out == b"" and "ghostkeyd did not start" in said.err and
                 "'tomorrow' is not accepted" in said.err, "the daemon's log is shown", said)
        said = place.run("--", "true")
        check.equal((said.status, said.err), (0, ""), "else it is not")
        said = place.run("--socket", "/x", "--", "true")
        check.ok(said.status == 2 and "--socket names a daemon" in said.err, "--socket is a usage error", said)
        copy = place.work / "ghostctl"
        shutil.copy(ctl.program(), copy)
        alone = place.environment(PATH="/nowhere")
        done = subprocess.run([copy, "sandbox", "--", "/bin/true"], capture_output=True, check=False, env=alone)
        check.ok(done.returncode == 1 and b"cannot run ghostkeyd" in done.stderr, "no ghostkeyd", done)
        place.ghostkeyd("echo listening\nexec /bin/sleep 600\n")
        done = subprocess.run([copy, "sandbox", "--", "/bin/true"], capture_output=True, check=False, env=alone)
        check.equal((done.returncode, done.stderr), (0, b""), "the one beside ghostctl goes before PATH")
        said = place.run("--", "echo", "ran", env=preloaded(os.environ["NO_PIDFD_LIB"], place.environment()))
        check.equal((said.status, said.out, said.err, children_end()),
                    (1, b"", "ghostctl: cannot watch ghostkeyd (pidfd_open: Function not implemented)\n", True), "an old kernel")
        check.equal(place.left(), [], "and nothing is left")


def the_command_does_not_wait(check):
    """The broker's program waits for COMMAND here: with the two the other way round nothing would go on."""
    with Place() as place:
        copy, fifo = place.work / "ghostctl", place.work / "fifo"
        shutil.copy(ctl.program(), copy)
        os.mkfifo(fifo)
        place.ghostkeyd(f'read x <{fifo}\nexec {ghostkeyd()} "$@"\n')
        script = f"echo go >{fifo}; ghostctl put a one; ghostctl get a"

        def run(*options):
            return subprocess.run([copy, "sandbox", *options, "--", "sh", "-c", script], capture_output=True, check=False,
                                  timeout=60, env=place.environment())
        done = run()
        check.equal((done.returncode, done.stdout, done.stderr), (0, b"a 1\none\n", b""),
                    "both start at once; a request that comes too early waits")
        served = place.work / "served"
        place.ghostkeyd(f'read x <{fifo}\n: >{served}\nexec {ghostkeyd()} "$@"\n')
        (place.work / "apply.json").write_text("{}")
        for options in (["--seed", "x"], ["--clock", "system"], ["--store", str(place.work / "state")],
                        ["--apply", str(place.work / "apply.json")], ["--import", str(place.work / "apply.json")]):
            process = subprocess.Popen([copy, "sandbox", *options, "--", "test", "-e", served], env=place.environment())
            with open(fifo, "w", encoding="utf-8") as end:  # ghostkeyd reads there
                end.write("go\n")
            check.equal(process.wait(60), 0, f"{options[0]}: COMMAND waits for the broker")
            served.unlink()


def a_late_failure_is_told(check):
    """Of a broker that fails while COMMAND runs."""
    with Place() as place:
        copy, fifo = place.work / "ghostctl", place.work / "fifo"
        shutil.copy(ctl.program(), copy)
        os.mkfifo(fifo)
        for what, fails, wanted in (
                ("with a log", "echo out of luck >&2; exit 3", ["ghostkeyd did not start; its log:", "  out of luck"]),
                ("without", "exit 3", ["ghostkeyd did not start: its exit status is 3, and its log is empty"]),
                ("by a signal", "kill -9 $$", ["ghostkeyd did not start: it was ended by signal 9 (Killed)"]),
                ("and a process of it holds the log", f"sleep 600 & echo $! >{place.work}/pid; exit 3",
                 ["ghostkeyd did not start: its exit status is 3, and its log is empty"]),
                ("with a long log", "seq 100000 >&2; exit 3", None)):
            place.ghostkeyd(f"read x <{fifo}\n{fails}\n")
            script = f"echo go >{fifo}; read x; {copy} get a; echo status $?"
            with ctl.Running([str(copy), "sandbox", "--", "sh", "-c", script], place.work, place.environment(),
                             stdin=subprocess.PIPE) as running:
                lines = []
                while not lines or "runs on" not in lines[-1]:
                    lines.append(running.error_line().decode().removeprefix("ghostctl: ").rstrip("\n"))
                check.equal(lines[-1], "warning: 'sh' runs on without ghostkeyd", f"{what}: COMMAND runs on")
                if wanted:
                    check.equal(lines[:-1], wanted, f"{what}: it is told")
                else:
                    check.ok(1000 < len(lines) < 20000 and lines[-2] == "  100000", f"{what}: its end is shown", len(lines))
                running.process.stdin.close()
                running.process.stdin = None
                check.equal((running.end().out, place.left()), (b"status 5\n", []), f"{what}: and COMMAND cannot reach it")
        os.kill(int((place.work / "pid").read_text()), signal.SIGKILL)


def a_broker_is_not_held_up(check):
    """By its own output, which has a reader until it serves."""
    with Place() as place:
        copy = place.work / "ghostctl"
        shutil.copy(ctl.program(), copy)
        for stream in (1, 2):
            place.ghostkeyd(f"head -c 1000000 /dev/zero | tr '\\0' x >&{stream}; echo >&{stream}\nexec {ghostkeyd()} \"$@\"\n")
            done = subprocess.run([copy, "sandbox", "--", copy, "put", "a", "one"], capture_output=True, check=False, timeout=60,
                                  env=place.environment())
            check.equal((done.returncode, done.stdout, done.stderr), (0, b"a 1\n", b""), f"a megabyte on {stream}")


def the_folder_has_its_place(check):
    with Place() as place:
        print_it = ["--", "sh", "-c", 'stat -c "%a %F" "$(dirname "$GHOSTKEY_SOCKET")"; echo "$GHOSTKEY_SOCKET"']
        runtime = place.top / "run"
        runtime.mkdir()
        said = place.run(*print_it, env=place.environment(XDG_RUNTIME_DIR=str(runtime)))
        kind, path = said.out.decode().splitlines()
        check.equal((kind, path.startswith(f"{runtime}/")), ("700 directory", True), "XDG_RUNTIME_DIR, for its owner alone")
        said = place.run(*print_it, env=place.environment(XDG_RUNTIME_DIR="/missing"))
        check.ok(f"\n{place.folder}/".encode() in said.out, "else TMPDIR", said)
        said = place.run(*print_it, env=place.environment(TMPDIR="relative"))
        check.ok(b"\n/tmp/" in said.out, "else /tmp", said)
        said = place.run(*print_it, env=place.environment(TMPDIR="relative/" * 99, XDG_RUNTIME_DIR=""))
        check.ok(b"\n/tmp/" in said.out, "a relative path is none", said)
        for count in (107 - len("/ghostkey-XXXXXX/s"), 108 - len("/ghostkey-XXXXXX/s")):
            deep = place.folder / ("d" * (count - len(str(place.folder)) - 1))
            deep.mkdir()
            said = place.run(*print_it, env=place.environment(TMPDIR=str(deep)))
            path = said.out.decode().splitlines()[1]
            check.equal((said.status, path.startswith(str(deep)), len(path) <= 107), (0, count < 90, True),
                        f"a TMPDIR of {count} bytes")
            check.equal(sorted(deep.iterdir()), [], "and it is empty again")
        if os.geteuid() != 0:
            return
        check.equal(nowhere(place), (1, True), "if none can be written, each is named")


def nowhere(place):
    """In a mount namespace whose every place is read-only."""
    # the programs may lie below /tmp, too
    script = ('mount --make-rprivate / && mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp && '
              'mount -t tmpfs -o size=1m none "$1" && mount -o remount,ro "$1" && shift && exec "$@"')
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode != 0:
        return 1, True
    empty = place.top / "empty"
    empty.mkdir()
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(empty), ctl.program(), "sandbox", "--", "true"],
                          capture_output=True, check=False, env=place.environment(TMPDIR=str(empty)))
    return done.returncode, (b"Read-only file system" in done.stderr and str(empty).encode() in done.stderr and
                             b"/tmp: " in done.stderr)


def three_descriptors_are_inherited(check):
    with Place() as place, open(os.devnull, "rb") as extra, contextlib.closing(socket.socket()) as other:
        numbers = [sys.executable, "-c", "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:-1])"]
        for fd in (extra.fileno(), other.fileno()):
            os.set_inheritable(fd, True)
        said = place.run("--", *numbers, pass_fds=(extra.fileno(), other.fileno()))
        check.equal(said.out, b"[0, 1, 2]\n", "COMMAND has no other")
        done = subprocess.run(["sh", "-c", f"exec {ctl.program()} sandbox -- {sys.executable} -c 'import os; os.fstat(0)' <&-"],
                              capture_output=True, check=False, env=place.environment())
        check.equal((done.returncode, done.stderr), (0, b""), "also if one of these is closed")


def signals_are_passed_on(check):
    with Place() as place:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            with place.begin("--", "sh", "-c", f"trap 'ghostctl put a got >&2; exit 9' {number.value}; echo ready; "
                             "for i in $(seq 600); do sleep 0.05; done") as running:
                check.equal(running.line(), b"ready\n", f"{number.name}: started")
                running.signal(number)
                said = running.end()
                check.equal((said.status, "a 1\n" in said.err, place.left()), (9, True, []),
                            f"{number.name}: COMMAND handles it, its broker still there")
        with place.begin("--", "sh", "-c", f"echo ready; {LONG}") as running:
            running.line()
            running.signal(signal.SIGTERM)
            check.equal((running.end().status, place.left()), (143, []), "or dies of it: 128 + its number")


def it_has_the_terminal(check):
    with Place() as place:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(ctl.program(), [ctl.program(), "sandbox"], place.environment(SHELL="/bin/sh", PS1="$ ", ENV=""))
        shown = b""
        for prompt, answer in ((b"$ ", b"ghostctl put a x\n"), (b"a 1", b"echo stat''us $?; exit 3\n"), (b"status 0", b"")):
            while prompt not in shown:
                shown += ctl.read_terminal(terminal, shown)
            os.write(terminal, answer)
        while more := ctl.read_terminal(terminal, shown):
            shown += more
        os.close(terminal)
        check.equal((os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), place.left()), (3, []), "without a COMMAND a shell runs")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(ctl.program(), [ctl.program(), "sandbox", "--", "sh", "-c", f"echo ready; {LONG}"], place.environment())
        shown = ctl.read_terminal(terminal)
        while b"ready" not in shown:
            shown += ctl.read_terminal(terminal, shown)
        os.write(terminal, b"\x03")
        status = os.waitpid(pid, 0)[1]
        os.close(terminal)
        check.equal((os.WTERMSIG(status) if os.WIFSIGNALED(status) else status, place.left()), (signal.SIGINT, []),
                    "Ctrl-C ends COMMAND, the broker, and ghostctl by the same signal")


def the_broker_can_end(check):
    with Place() as place:
        script = ('ghostctl list; kill -9 "$(pgrep -f -- "--token-file $(dirname "$GHOSTKEY_SOCKET")/" | head -1)"; read x; '
                  "ghostctl get a; echo status $?; exit 4")
        if not shutil.which("pgrep"):
            check.skip("a broker that is killed", "no pgrep")
            return
        with place.begin("--", "sh", "-c", script, stdin=subprocess.PIPE) as running:
            check.equal(running.error_line(), b"ghostctl: warning: ghostkeyd has ended; 'sh' runs on without it\n", "it is said")
            running.process.stdin.close()
            running.process.stdin = None
            said = running.end()
            check.equal((said.status, said.out, place.left()), (4, b"status 5\n", []),
                        "COMMAND runs on, cannot reach the broker, and nothing is left")


def connections_are_refused_before_it_is_said(check):
    """ghostctl cannot write its warning yet, since nobody reads from the full pipe that is its stderr."""
    with Place() as place:
        script = ('exec 2>/dev/null; ghostctl list; kill -9 "$(pgrep -f -- "--token-file $(dirname "$GHOSTKEY_SOCKET")/" | head -1)"; '
                  "until ghostctl get a; test $? = 5; do :; done; echo refused")
        if not shutil.which("pgrep"):
            check.skip("the order of the two", "no pgrep")
            return
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 65536)
        os.set_blocking(writer, True)
        process = subprocess.Popen([ctl.program(), "sandbox", "--", "sh", "-c", script], stdout=subprocess.PIPE, stderr=writer,
                                   cwd=place.work, env=place.environment())
        os.close(writer)
        is_refused = bool(select.select([process.stdout], [], [], ctl.DEADLINE_S)[0])
        with open(reader, "rb") as errors:
            said = errors.read().lstrip(b"x")
        out, _ = process.communicate(timeout=ctl.DEADLINE_S)
        check.equal((is_refused, out, said), (True, b"refused\n", b"ghostctl: warning: ghostkeyd has ended; 'sh' runs on without it\n"),
                    "COMMAND finds no broker while the warning is not written yet")


def many_at_once(check):
    with Place() as place:
        script = 'ghostctl put a "$0" && ghostctl put b --generate && test "$(ghostctl get a)" = "$0" && ghostctl list --names | wc -l'
        running = [subprocess.Popen([ctl.program(), "sandbox", "--", "sh", "-c", script, f"value-{number}"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=place.environment())
                   for number in range(AT_ONCE)]
        said = [process.communicate(timeout=240) for process in running]
        wrong = [(process.returncode, out, err) for process, (out, err) in zip(running, said)
                 if process.returncode != 0 or out.splitlines()[-1].strip() != b"2" or err]
        check.equal(wrong, [], f"{AT_ONCE} at once, each with its own secrets")
        check.equal((place.left(), children_end()), ([], True), "and nothing is left")


def kills_leave_nothing(check):
    """ghostctl is killed at each of its calls of the system, before and after it."""
    with Place() as place:
        (place.work / ".env").write_text("A=1\n")
        for options, command in (([], ["true"]), (["--import", ".env", "--store", str(place.work / "s")], ["sleep", "0.01"])):
            at, bad, killed = 0, [], 0
            while True:
                (place.work / "s").unlink(missing_ok=True)
                env = preloaded(os.environ["KILLED_LIB"], place.environment(), KILLED_AT=str(at))
                process = subprocess.Popen([ctl.program(), "sandbox", *options, "--", *command], env=env, cwd=place.work,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                status = process.wait(60)
                if not (children_end() and place.left() == []):
                    bad.append((at, place.left()))
                if status != -signal.SIGKILL:
                    break
                killed += 1
                at += 1
            check.ok(status == 0 and killed > 30, f"{' '.join(options[:1] + command)}: killed at each of {killed} moments", status)
            check.equal(bad, [], "and each time all is gone in 2 s")


def a_kill_ends_command(check):
    with Place() as place:
        for leaves in (False, True):
            script = f"echo ready; {'sleep 600 & echo $!;' if leaves else ''} {LONG}"
            with place.begin("--", "sh", "-c", script) as running:
                running.line()
                stray = int(running.line()) if leaves else 0
                running.signal(signal.SIGKILL)
                running.process.wait()
                begun = time.monotonic()
                if leaves:
                    wait_for(lambda: place.left() == [], "the folder to go")
                    check.ok(time.monotonic() - begun < GONE_S, "what COMMAND left running does not hold that up")
                    os.kill(stray, signal.SIGKILL)
                check.ok(children_end() and place.left() == [], f"COMMAND gets SIGTERM, and all is gone in 2 s ({leaves})")


def a_stubborn_broker_is_killed(check):
    """One that does not end in order, for whatever reason."""
    with Place() as place:
        copy = place.work / "ghostctl"
        shutil.copy(ctl.program(), copy)
        place.ghostkeyd("trap '' TERM\necho listening\nwhile :; do sleep 1; done\n")
        for kills in (False, True):
            process = subprocess.Popen([copy, "sandbox", "--", "sleep", "600" if kills else "0"], env=place.environment())
            wait_for(lambda: place.left() or process.poll() is not None, "the folder")
            if kills:
                time.sleep(0.05)
                process.kill()
            process.wait()
            check.ok(wait_for(lambda: place.left() == [], "the folder to go", GONE_S) and children_end(3),
                     "after a kill" if kills else "at the end")


def the_guardian_can_be_killed(check):
    with Place() as place:
        with place.begin("--", "sh", "-c", "echo ready; read x", stdin=subprocess.PIPE) as running:
            running.line()
            children = pathlib.Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()

            def guardians():
                return [int(pid) for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text() == "ghostctl\n"]

            check.ok(wait_for(lambda: len(guardians()) == 1, "ghostkeyd to have its name"), "there is one")
            os.kill(guardians()[0], signal.SIGTERM)
            os.kill(guardians()[0], signal.SIGKILL)
            running.process.stdin.close()
            running.process.stdin = None
            check.equal((running.end().status, children_end(), place.left()), (1, True, []), "ghostctl then cleans up by itself")


ctl.main(a_command_has_a_broker, what_env_prints, a_state_to_begin_with, a_start_that_fails_is_explained,
         the_command_does_not_wait, a_late_failure_is_told, a_broker_is_not_held_up, the_folder_has_its_place,
         three_descriptors_are_inherited, signals_are_passed_on, it_has_the_terminal, the_broker_can_end,
         connections_are_refused_before_it_is_said, many_at_once,
         kills_leave_nothing, a_kill_ends_command, a_stubborn_broker_is_killed, the_guardian_can_be_killed)

#!/usr/bin/env python3
"""ghostctl run: the environment, the exit status, signals, the terminal, and --watch."""

import os
import signal
import subprocess

import ctl
from proxy import Proxy

SHOW = 'echo "$A"'
LOOP = "for i in $(seq 600); do sleep 0.05; done"  # not for ever, whatever fails


def the_environment_has_the_secrets(check):
    with ctl.Ctl() as it:
        it.put("a", "two words\n'\"$x")
        it.put("b/c", "2")
        it.put("hidden", "x", env=False)
        env = it.environment(A="old", KEPT="k", HIDDEN_OR_NOT="y")
        said = it.run("run", "--", "/usr/bin/env", "-0", env=env)
        found = dict(entry.split("=", 1) for entry in said.out.decode().split("\0") if entry)
        check.equal((found["A"], found["B_C"], found["KEPT"], "HIDDEN" in found),
                    ("two words\n'\"$x", "2", "k", False), "over what was there")
        check.equal(set(found) - set(env), {"B_C"}, "nothing else is new")
        said = it.run("run", "--prefix", "b/", "sh", "-c", 'echo "$A $B_C"', env=env)
        check.equal(said.out, b"old 2\n", "--prefix, and no -- needed")
        check.equal(os.listdir(it.directory), [], "nothing on disk")
        line = it.run("run", "--", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline")
        check.ok(b"two words" not in line.out, "no value in the arguments", line)


def the_command_replaces_ghostctl(check):
    with ctl.Ctl() as it:
        check.equal(it.run("run", "--", "sh", "-c", "exit 7").status, 7, "its exit status")
        check.equal(it.run("run", "--", "sh", "-c", "kill -TERM $$").status, -15, "its signal")
        said = it.run("run", "--", "cat", stdin=b"through")
        check.equal(said.out, b"through", "its input and output")
        said = it.run("run", "--", "sh", "-c", "trap", "x")
        shown = it.run("run", "--", "python3", "-c",
                       "import os; print(open('/proc/self/status').read())").out.decode()
        plain = subprocess.run(["python3", "-c", "print(open('/proc/self/status').read())"],
                               capture_output=True, check=True).stdout.decode()
        check.equal(masks(shown), masks(plain), "blocked and ignored signals as without us")
        check.equal(it.run("run", "--", "/missing").status, 127, "no such command: 127")
        check.equal(it.run("run", "--", "/").status, 126, "no program: 126")
        check.equal(it.run("run").status, 2, "nothing to run: 2")
        check.equal(it.run("--socket", "/missing/s", "run", "true").status, 5, "no daemon: 5")


def masks(status):
    return [line for line in status.splitlines() if line.startswith(("SigBlk", "SigIgn"))]


def an_entry_too_long_is_refused(check):
    with ctl.Ctl("--max-value", "200000") as it:
        it.put("a", "x" * 131069)
        check.equal(it.run("run", "--", "true").status, 0, "131071 bytes with its name go")
        it.put("a", "x" * 131070)
        it.put("b", "x" * 131070)
        said = it.run("run", "--", "echo", "ran")
        check.ok(said.status == 1 and said.out == b"" and "'a' (A)" in said.err and
                 "'b' (B)" in said.err, "one more does not, and each is named", said)


def a_change_restarts_it(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        it.put("other", "1", env=False)
        script = f'trap "echo ended; exit 0" TERM; {SHOW}; {LOOP}'
        with it.begin("run", "--watch", "--", "sh", "-c", script) as running:
            check.equal(running.line(), b"1\n", "started")
            it.put("other", "2", env=False)
            it.put("a", "1")
            check.ok(running.is_silent(0.4), "what leaves the environment as it is does nothing")
            for value in "2345":
                it.put("a", value)
            check.equal([running.line(), running.line()], [b"ended\n", b"5\n"],
                        "it gets SIGTERM, and is started once more for many changes")
            running.signal(signal.SIGTERM)
            check.equal(running.line(), b"ended\n", "a signal to us goes to it")
            check.equal(running.end().status, 0, "and its end is ours")


def a_command_that_ignores_signals_is_killed(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        with it.begin("run", "-w", "--", "sh", "-c", f"trap '' TERM; echo $A $$; {LOOP}") as running:
            check.equal(running.line().split()[0], b"1", "started")
            it.put("a", "2")
            value, pid = running.line(deadline_s=15).split()
            check.equal(value, b"2", "killed, and started again")
            check.equal(running.error_line(), b"ghostctl: A changed: restarting 'sh'\n",
                        "what changed was said")
            check.ok("killed" in running.error_line().decode(), "and that it was killed")
            os.kill(int(pid), signal.SIGKILL)
            check.equal(running.end().status, 137, "its own end then is ours")


def a_signal_may_be_sent_instead(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        with it.begin("run", "--watch", "--signal", "hup", "--", "sh", "-c",
                      f"trap 'echo got $$' HUP; echo $$; {LOOP}") as running:
            pid = running.line()
            it.put("a", "2")
            check.equal(running.line(), b"got " + pid, "the same process gets it")
            check.equal(running.error_line(), b"ghostctl: A changed: sending SIGHUP to 'sh'\n",
                        "and what changed is said")
            running.signal(signal.SIGTERM)
            check.equal(running.end().status, 143, "128 + the signal it died of")
        for arguments in (["--signal", "HUP"], ["--watch", "--signal", "NONE"],
                          ["--watch", "--signal", "0"]):
            check.equal(it.run("run", *arguments, "true").status, 2, f"{arguments}: 2")


def ghostctl_exits_with_its_status(check):
    with ctl.Ctl() as it:
        check.equal(it.run("run", "--watch", "--", "sh", "-c", "exit 9").status, 9, "an exit status")
        check.equal(it.run("run", "--watch", "--", "sh", "-c", "kill -KILL $$").status, 137,
                    "a signal as 128 + its number")
        check.equal(it.run("run", "--watch", "--", "/missing").status, 127, "no such command")


def a_daemon_that_is_away_is_waited_for(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        it.put("a", "1")
        with it.begin("--socket", proxy.path, "run", "--watch", "--", "sh", "-c",
                      f"{SHOW}; {LOOP}") as running:
            check.equal(running.line(), b"1\n", "started")
            proxy.down()
            check.ok(running.is_silent(0.4), "its going does nothing")
            it.put("a", "2")
            proxy.up()
            check.equal(running.line(), b"2\n", "what changed meanwhile is seen")
            running.signal(signal.SIGTERM)
            running.end()


def an_environment_too_big_is_explained(check):
    with ctl.Ctl() as it:
        lines = "".join(f"BIG{number}={'x' * 60000}\n" for number in range(120))
        it.run("import", "-", "--prefix", "big/", stdin=lines.encode())
        it.put("small", "1")
        for arguments in (["run", "--", "true"], ["run", "--watch", "--", "true"]):
            said = it.run(*arguments)
            check.ok(said.status == 126 and "'true': its environment has 72" in said.err and "ulimit -s" in said.err and
                     "--prefix" in said.err and len(said.err.splitlines()) == 1, f"{arguments}", said)
        check.equal(it.run("run", "--prefix", "small", "--", "true").status, 0, "--prefix helps")


def the_command_has_the_terminal(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        for arguments in (["run"], ["run", "--watch"]):
            status, shown = it.on_a_terminal(*arguments, "--", "sh", "-c", "read x; echo got $x",
                                             dialogue=[(b"", b"line\n")])
            check.ok(status == 0 and b"got line" in shown, f"{arguments}: it reads what is typed", shown)
            status, shown = it.on_a_terminal(*arguments, "--", "sh", "-c", f"echo ready; {LOOP}",
                                             dialogue=[(b"ready", b"\x03")])
            check.ok(status in (130, -2), f"{arguments}: Ctrl-C ends it", status, shown)


def it_is_a_job_of_its_shell(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        dialogue = [(b"$ ", b'"$G" run --watch -- cat\n'), (b"cat\r\n", b"first\n"),
                    (b"first\r\nfirst\r\n", b"\x1a"), (b"Stopped", b"echo m'a'rk\n"),
                    (b"mark\r\n", b"fg\n"), (b"mark\r\n", b"second\n"),
                    (b"cat\r\nsecond\r\n", b"\x04"), (b"second\r\n$ ", b"echo status=$?\n"),
                    (b"status=0", b"exit\n")]
        env = it.environment(G=ctl.program(), PS1="$ ", TERM="dumb")
        status, shown = it.on_a_terminal("--norc", "--noediting", "-i", dialogue=dialogue, env=env,
                                         command="/bin/bash")
        check.ok(status == 0, "stopped with Ctrl-Z, continued with fg, ended with Ctrl-D", shown)


ctl.main(the_environment_has_the_secrets, the_command_replaces_ghostctl, an_entry_too_long_is_refused,
         an_environment_too_big_is_explained,
         a_change_restarts_it, a_command_that_ignores_signals_is_killed, a_signal_may_be_sent_instead, ghostctl_exits_with_its_status,
         a_daemon_that_is_away_is_waited_for, the_command_has_the_terminal, it_is_a_job_of_its_shell)

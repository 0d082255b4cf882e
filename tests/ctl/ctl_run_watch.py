#!/usr/bin/env python3
"""ghostctl run --watch: the command's whole process group, the signals that are passed on to it, and
what happens to both when one of them ends."""

import os
import signal
import subprocess

import ctl
from proxy import Proxy

LOOP = "i=0; while [ $i -lt 1200 ]; do sleep 0.05; i=$((i+1)); done"  # not for ever, whatever fails
PATIENT_S = 25  # the 5 s until the command is killed, on a machine that is busy


def runs(pid):
    """Whether that process is there; one that has ended and was not waited for is not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def the_group_is_waited_for(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        worker = "trap 'sleep 1; echo worker $A ended; exit' TERM; echo worker $A; " + LOOP
        script = f'sh -c "$WORKER" & trap "exit 0" TERM; wait; {LOOP}'
        env = it.environment(WORKER=worker)
        with it.begin("run", "--watch", "--", "sh", "-c", script, env=env) as running:
            check.equal(running.line(), b"worker 1\n", "started")
            it.put("a", "2")
            check.equal([running.line(), running.line()], [b"worker 1 ended\n", b"worker 2\n"],
                        "the new one starts when the last process of the old one has ended")
            running.signal(signal.SIGTERM)
            check.equal(running.line(), b"worker 2 ended\n", "after SIGTERM the whole group ends")
            check.equal(running.end().status, 0, "with the status of the command itself")


def a_worker_that_ignores_signals_is_killed(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        script = f'sh -c "trap \'\' TERM; echo \\$\\$; {LOOP.replace("$", chr(92) + "$")}" & exec sleep 60'
        with it.begin("run", "--watch", "--", "sh", "-c", script) as running:
            first = int(running.line())
            it.put("a", "2")
            second = int(running.line(deadline_s=PATIENT_S))
            check.ok(not runs(first), "killed before the next one starts")
            check.ok("A changed" in running.error_line().decode(), "what changed was said")
            check.ok("left processes that did not end in 5 s: killed" in
                     running.error_line().decode(), "and said so")
            running.signal(signal.SIGTERM)
            check.equal(running.end(deadline_s=PATIENT_S).status, 143, "SIGTERM ends it")
            check.ok(not runs(second), "it leaves none behind")


def its_own_end_leaves_its_other_processes(check):
    with ctl.Ctl() as it:
        with it.begin("run", "--watch", "--", "sh", "-c",
                      f"({LOOP}) >/dev/null 2>&1 & echo $!; exit 4") as running:
            worker = int(running.line())
            check.equal(running.end().status, 4, "ghostctl ends with the command")
            check.ok(runs(worker), "and leaves its background process alone, as a shell does")
            os.kill(worker, signal.SIGKILL)


def a_signal_that_is_handled_is_no_end(check):
    with ctl.Ctl() as it:
        numbers = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1,
                   signal.SIGALRM, signal.SIGWINCH, signal.SIGRTMIN]
        for number in numbers:
            it.put("a", "1")
            script = f"trap 'echo got {number}' {number:d}; echo $A; {LOOP}"
            with it.begin("run", "--watch", "--", "sh", "-c", script) as running:
                check.equal(running.line(), b"1\n", f"started for {number}")
                running.signal(number)
                check.equal(running.line(), f"got {number}\n".encode(), "it is passed on")
                it.put("a", "2")
                if number == signal.SIGTERM:
                    check.equal(running.line(), b"got 15\n", "it gets SIGTERM at the change")
                check.equal(running.line(deadline_s=PATIENT_S), b"2\n", "and restarted at the change")
                running.signal(signal.SIGHUP if number == signal.SIGTERM else signal.SIGTERM)
                running.end()


def an_end_is_not_a_restart(check):
    with ctl.Ctl() as it:
        for number in signal.SIGTERM, signal.SIGINT:
            it.put("a", "1")
            script = f'trap "echo ending; sleep 1; exit 3" TERM; trap "" INT; echo $A; {LOOP}'
            with it.begin("run", "--watch", "--", "sh", "-c", script) as running:
                check.equal(running.line(), b"1\n", "started")
                it.put("a", "2")
                check.equal(running.line(), b"ending\n", "it gets SIGTERM, to be started again")
                running.signal(number)
                said = running.end()
                check.ok(said.status == 3 and b"2" not in said.out,
                         f"{number} while it does ends it for good", said)


def a_command_that_is_gone_ends_it(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        program = it.directory / "program"
        program.write_text(f"#!/bin/sh\necho $A\n{LOOP}\n")
        program.chmod(0o700)
        with it.begin("run", "--watch", program) as running:
            check.equal(running.line(), b"1\n", "started")
            program.unlink()
            it.put("a", "2")
            said = running.end()
            check.ok(said.status == 127 and f"cannot run '{program}'" in said.err,
                     "it cannot be started again: 127", said)


def a_killed_ghostctl_takes_it_along(check):
    with ctl.Ctl() as it:
        with it.begin("run", "--watch", "--", "sh", "-c",
                      f"trap 'echo ending; exit' TERM; echo up; {LOOP}") as running:
            check.equal(running.line(), b"up\n", "started")
            running.signal(signal.SIGKILL)
            check.equal(running.line(), b"ending\n", "it gets SIGTERM")


def ignored_signals_stay_ignored(check):
    def ignore():
        for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)

    with ctl.Ctl() as it:
        show = ["grep", "SigIgn", "/proc/self/status"]
        plain = subprocess.run(show, capture_output=True, check=True, preexec_fn=ignore,
                               restore_signals=False)
        for arguments in ["run"], ["run", "--watch"]:
            with it.begin(*arguments, *show, preexec_fn=ignore, restore_signals=False) as running:
                said = running.end()
            check.equal((said.status, said.out), (0, plain.stdout), f"{arguments}: as without us")
        with it.begin("run", "--watch", "--", "sh", "-c", "exit 5", preexec_fn=ignore) as running:
            check.equal(running.end().status, 5, "an ignored SIGCHLD hides no exit status")


def a_silent_daemon_does_not_block_a_signal(check):
    with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
        it.put("a", "1")
        script = f"trap 'echo got' USR1; echo $A; {LOOP}"
        with it.begin("--socket", proxy.path, "run", "--watch", "--", "sh", "-c", script) as running:
            check.equal(running.line(), b"1\n", "started")
            proxy.silence()
            it.put("a", "2")
            ctl.wait_for(lambda: proxy.unanswered, "ghostctl to ask for the secrets")
            running.signal(signal.SIGUSR1)
            check.equal(running.line(), b"got\n", "while it waits for an answer signals are passed on")
            ctl.wait_for(lambda: len(proxy.unanswered) > 1, "ghostctl to ask again")
            running.signal(signal.SIGTERM)
            check.equal(running.end().status, 143, "and it ends with the command")


def in_a_container(*command):
    """The command as process 1 of a container, or None and why not."""
    container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc",
                 "--kill-child"]
    if os.geteuid() == 0:
        container = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    try:
        tried = subprocess.run([*container, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return None, "there is no unshare"
    return [*container, *command], tried.stderr.decode() if tried.returncode != 0 else None


def as_the_first_process_it_reaps_all(check):
    with ctl.Ctl() as it:
        script = "for i in 1 2 3; do (sh -c 'sleep 0.1' &) ; done; echo up; read x; " \
                 "cat /proc/[0-9]*/stat; kill -INT $$"
        arguments, reason = in_a_container(ctl.program(), "run", "--watch", "--", "sh", "-c", script)
        if reason is not None:
            check.skip("process 1 of a container", reason)
            return
        with ctl.Running(arguments, it.directory, it.environment(), stdin=subprocess.PIPE) as running:
            check.equal(running.line(), b"up\n", "started")
            ctl.wait_for(lambda: count_below(running.process.pid) == 2, "all but ghostctl and sh to be gone")
            running.process.stdin.write(b"\n")
            running.process.stdin.flush()
            said = running.end()
            found = [line.rpartition(") ")[2][0] for line in said.out.decode().splitlines()]
            check.ok(len(found) == 2 and "Z" not in found, "no zombie, only ghostctl and sh", said)
            check.equal(said.status, 130, "and it ends although no signal ends process 1")


def count_below(pid):
    """How many processes there are below that one, zombies as well."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, check=True).stdout.split(b"\n")
    below = {pid}
    for process, parent in sorted(tuple(map(int, line.split())) for line in found if line):
        if parent in below:
            below.add(process)
    return len(below) - 1


ctl.main(the_group_is_waited_for, a_worker_that_ignores_signals_is_killed, its_own_end_leaves_its_other_processes,
         a_signal_that_is_handled_is_no_end, an_end_is_not_a_restart, a_command_that_is_gone_ends_it,
         a_killed_ghostctl_takes_it_along, a_silent_daemon_does_not_block_a_signal, ignored_signals_stay_ignored,
         as_the_first_process_it_reaps_all)

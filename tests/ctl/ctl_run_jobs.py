#!/usr/bin/env python3
"""ghostctl run --watch on a terminal: a job of a shell, the first program of a window, in a script and
in a pipeline; and the end of its terminal."""

import os
import pathlib
import shutil
import signal
import subprocess

import ctl
from window import PATIENT_S, Window, bash

# Nothing is ever written to the pipe. No `sleep`, since Ctrl-Z between vfork() and exec() stops neither.
LOOP = "exec 3<>never; while :; do read x <&3; done"
HANDLES = "trap 'echo got; exit 7' INT; echo up $$; " + LOOP
WATCH = '"$G" run --watch -- sh -c "$S"'


class Ctl(ctl.Ctl):
    def __init__(self):
        super().__init__()
        os.mkfifo(self.directory / "never")


def state(pid):
    """T for a stopped process; Z for one that has ended or does not exist."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def wait_until_gone(*pids):
    for pid in pids:
        ctl.wait_for(lambda pid=pid: state(pid) in "ZX", f"process {pid} to end", PATIENT_S)


def ask_for_status(window):
    window.type("echo status=$?")
    return int(window.expect("\r").rpartition("=")[2])


def a_key_reaches_it(check):
    with Ctl() as it:
        with bash(it, S=HANDLES) as window:
            window.type(WATCH + " &")
            window.expect("up ")
            window.send("\n")
            window.type("fg")
            window.wait_for_job()
            window.send("\x03")
            window.expect("got")
            check.equal(ask_for_status(window), 7, "&, fg, Ctrl-C")
        with bash(it, S=HANDLES) as window:
            window.type(WATCH)
            window.expect("up ")
            command = int(window.expect("\r"))
            window.send("\x1a")
            window.expect("Stopped")
            check.equal(state(command), "T", "Ctrl-Z stops the command")
            window.type("bg")
            ctl.wait_for(lambda: state(command) != "T", "the command to go on")
            window.send("\n")
            window.type("fg")
            window.wait_for_job()
            window.send("\x1a")
            window.expect("Stopped")
            check.equal(state(command), "T", "bg, fg, and Ctrl-Z stops it again")
            window.type("fg")
            window.wait_for_job()
            window.send("\x03")
            window.expect("got")
            check.equal(ask_for_status(window), 7, "fg, and Ctrl-C ends it")


def one_that_reads_waits_for_the_terminal(check):
    with Ctl() as it:
        with bash(it, S="echo up; read x; echo got $x; read y; exit 3") as window:
            window.type("set -b; " + WATCH + " &")
            window.expect("Stopped")
            window.send("\n")
            window.type("fg")
            window.wait_for_job()
            window.send("line\n")
            window.expect("got line")
            check.ok(True, "in the background it is stopped, with fg it reads")
            window.send("\n")
            check.equal(ask_for_status(window), 3, "and ends")
            window.type('"$G" run --watch -- ' + WATCH)
            window.expect("up")
            window.send("\x1a")
            window.expect("Stopped")
            window.type("fg")
            window.wait_for_job()
            window.send("again\n")
            window.expect("got again")
            window.send("\n")
            check.equal(ask_for_status(window), 3, "a run within a run: Ctrl-Z, fg, read, end")


def the_terminal_is_left_as_it_was(check):
    raw = f"stty -a | grep -c -- -icanon; stty raw -echo; echo raw $PPID; {LOOP}"
    after = WATCH + '; stty -a; read x; echo got $x'
    with Ctl() as it:
        it.put("a", "1")
        with Window(it, "sh", "-c", after, S=raw) as window:
            window.expect("0\r\nraw ")
            it.put("a", "2")
            window.expect("0\r\nraw ")
            check.ok(True, "a restarted command finds it as the first one did")
            os.kill(int(window.expect("\n")), signal.SIGTERM)
            modes = window.expect("extproc")
            window.send("line\n")
            window.expect("got line")
            status, _ = window.end()
            check.ok(" icanon" in modes and " echo " in modes and status == 0,
                     "and whoever comes next does, and has it", modes)
        with Window(it, "sh", "-c", '"$G" run --watch -- stty -echo; stty -a') as window:
            check.ok(" -echo " in window.end()[1], "a command that is there for that may set its modes")
        with bash(it, S="stty -icanon; echo up; read x; stty -a | grep -c -- -icanon") as window:
            window.type(WATCH)
            window.expect("up")
            window.send("\x1a")
            window.expect("Stopped")
            window.type("stty icanon; fg")
            window.wait_for_job()
            window.send("\n")
            check.ok("1" in window.expect("$ "), "what was stopped goes on with the modes it had")


def another_group_may_be_in_the_foreground(check):
    with Ctl() as it:
        it.put("a", "1")
        with Window(it, ctl.program(), "run", "--watch", "--", "bash", "--norc", "--noprofile",
                    "--noediting", "-i", JOB="echo job $$; exec sleep 60") as window:
            window.expect("$ ")
            window.send('sh -c "$JOB"\n')
            window.expect("job ")
            job = int(window.expect("\r"))
            ctl.wait_for(lambda: window.has_foreground(job), "the job to have the terminal")
            it.put("a", "2")
            window.expect("killed")
            window.expect("$ ")
            window.send("echo A=$A\n")
            window.expect("A=2")
            check.ok(True, "a killed shell whose job had the terminal: the next one gets it")
            check.ok(state(job) not in "ZX", "the job, a group of its own, is not hunted for")
            os.kill(job, signal.SIGKILL)
            window.send("exit 4\n")
            check.equal(window.end()[0], 4, "and ends")


def a_script_ends_with_it(check):
    with Ctl() as it:
        with bash(it, S="echo up; exec sleep 60") as window:
            window.type(f"bash -c '{WATCH}; echo goes on'")
            window.expect("up")
            window.send("\x03")
            check.equal(ask_for_status(window), 130, "Ctrl-C ends the script that called it")
            check.ok("\ngoes on" not in window.shown.decode(), "at once", window.shown)


def a_pager_gets_the_keys(check):
    pager = "read x; echo first $x; read key </dev/tty; echo key $key"
    with Ctl() as it:
        with bash(it, S="echo up; exec sleep 60", P=pager) as window:
            window.type(WATCH + ' | sh -c "$P"')
            window.expect("first up")
            window.send("q\n")
            window.expect("key q")
            window.send("\x03")
            check.ok(ask_for_status(window) in (0, 130), "the pager reads, and Ctrl-C ends them")


def the_first_program_of_a_window_is_not_stopped(check):
    with Ctl() as it:
        with Window(it, ctl.program(), "run", "--watch", "--", "sh", "-c",
                    "echo up; read x; echo got $x") as window:
            window.expect("up")
            window.send("\x1a")
            window.send("line\n")
            window.expect("got line")
            check.equal(window.end()[0], 0, "Ctrl-Z, where nobody could say fg, stops nothing")


def its_messages_do_not_stop_it(check):
    with Ctl() as it:
        it.put("a", "1")
        with bash(it, S="echo a is $A; read x") as window:
            window.type("stty tostop; " + WATCH)
            window.expect("a is 1")
            it.put("a", "2")
            window.expect("a is 2")
            check.ok(True, "a terminal that stops writers in the background does not stop ghostctl")
            window.send("\n")
            check.equal(ask_for_status(window), 0, "and the command has the terminal")


def it_ends_with_its_terminal(check):
    ignores = "trap '' HUP; echo up $$ $PPID; " + LOOP
    handles = "trap 'touch hup' HUP; echo up $$ $PPID; " + LOOP
    with Ctl() as it:
        for script, name in (handles, "handles"), (ignores, "ignores"):
            with Window(it, ctl.program(), "run", "--watch", "--", "sh", "-c", script) as window:
                window.expect("up ")
                pids = [int(word) for word in window.expect("\r").split()]
                window.close()
                wait_until_gone(*pids)
                check.ok(True, f"the first program of a closed window; its command {name} SIGHUP")
        check.ok((it.directory / "hup").exists(), "and its process got SIGHUP")
        for line in WATCH, WATCH + " & disown":
            with bash(it, S=ignores) as window:
                window.type(line)
                window.expect("up ")
                pids = [int(word) for word in window.expect("\r").split()]
                window.close()
                wait_until_gone(*pids)
                check.ok(True, f"a job of a closed window: {line}")


def it_may_outlive_its_terminal(check):
    with Ctl() as it:
        it.put("a", "1")
        with bash(it, S="echo $A $PPID >>log; " + LOOP) as window:
            window.type("nohup " + WATCH + " >out 2>&1 & disown")
            log = it.directory / "log"
            ctl.wait_for(lambda: log.exists() and log.read_text().endswith("\n"), "its start")
            window.close()
            window.wait()
            it.put("a", "2")
            ctl.wait_for(lambda: "\n2 " in log.read_text(), "a restart", PATIENT_S)
            check.ok(True, "nohup: it goes on, and restarts its command")
            pid = int(log.read_text().split()[1])
            os.kill(pid, signal.SIGTERM)
            wait_until_gone(pid)


def a_window_of_tmux_may_be_closed(check):
    if not shutil.which("tmux"):
        check.skip("a closed window of tmux", "tmux is not installed")
        return
    with Ctl() as it:
        tmux = ["tmux", "-S", str(it.directory / "t"), "-f", "/dev/null"]
        env = it.environment(G=ctl.program(), S="trap '' HUP; echo $$ $PPID >>log; " + LOOP,
                             TERM="xterm", SHELL="/bin/sh")
        log = it.directory / "log"
        subprocess.run([*tmux, "new-session", "-d", WATCH], cwd=it.directory, env=env, check=True)
        ctl.wait_for(lambda: log.exists() and log.read_text().endswith("\n"), "its start", PATIENT_S)
        subprocess.run([*tmux, "kill-window"], env=env, check=True)
        wait_until_gone(*[int(word) for word in log.read_text().split()])
        check.ok(True, "neither ghostctl nor its command is left")


ctl.main(a_key_reaches_it, one_that_reads_waits_for_the_terminal, the_terminal_is_left_as_it_was,
         another_group_may_be_in_the_foreground, a_script_ends_with_it, a_pager_gets_the_keys,
         the_first_program_of_a_window_is_not_stopped, its_messages_do_not_stop_it,
         it_ends_with_its_terminal, it_may_outlive_its_terminal, a_window_of_tmux_may_be_closed)

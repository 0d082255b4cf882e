#!/usr/bin/env python3
"""ghostctl completion: the scripts, in the shells they are for."""

import json
import os
import shutil
import subprocess

import ctl

BASH = """
source <(ghostctl completion bash)
complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ghostctl ghostctl "${@: -1}"; echo "${COMPREPLY[*]}"; }
complete_line ghostctl get ''
complete_line ghostctl --socket x rotate app
complete_line ghostctl exp
complete_line ghostctl export --fo
complete_line ghostctl export --format js
complete_line ghostctl clock ''
complete_line ghostctl list --prefix ''
complete_line ghostctl run ghostct
complete_line ghostctl run --prefix a -w -- ghostct
complete_line ghostctl run -- ghostctl --js
complete_line ghostctl run --sig
complete_line ghostctl put x @val
complete_line ghostctl put x @~/
"""
SHELL_S = 60  # a shell reads a hundred files of completions first
FISH = """
ghostctl completion fish | source
complete -C 'ghostctl get ' | string join ' '
complete -C 'ghostctl exp' | string split -f 1 \\t | string join ' '
echo (complete -C 'ghostctl list --prefix ')
complete -C 'ghostctl run ghostct' | string split -f 1 \\t | string join ' '
complete -C 'ghostctl run --prefix a -w -- ghostct' | string split -f 1 \\t | string join ' '
complete -C 'ghostctl export --format js' | string split -f 1 \\t | string join ' '
complete -C 'ghostctl put x @val' | string split -f 1 \\t | string join ' '
"""


def in_shell(it, arguments, script):
    home = it.directory / "home"
    home.mkdir(exist_ok=True)
    bin_dir = it.directory / "bin"
    bin_dir.mkdir(exist_ok=True)
    if not (bin_dir / "ghostctl").exists():
        (bin_dir / "ghostctl").symlink_to(ctl.program())
    env = it.environment(PATH=f"{bin_dir}:{os.environ['PATH']}", HOME=str(home))
    return subprocess.run([*arguments, "-c", script], capture_output=True, text=True, check=False,
                          timeout=SHELL_S, env=env, cwd=it.directory)


def shells_complete(check):
    with ctl.Ctl() as it:
        it.put("db_pass", "x")
        it.put("app/key", "x")
        (it.directory / "value file").touch()
        (it.directory / "values").mkdir()
        done = in_shell(it, ["bash", "--norc"], BASH)
        check.equal([sorted(line.split()) for line in done.stdout.splitlines()],
                    [["app/key", "db_pass"], ["app/key"], ["export"], ["--force", "--format"],
                     ["js", "js-expand", "json"], ["advance", "set"], [], ["ghostctl"], ["ghostctl"], [],
                     ["--signal"], ["@value\\", "@values/", "file"], []], "bash")
        check.equal(done.stderr, "", "bash says nothing")
        if shutil.which("zsh"):
            done = in_shell(it, ["zsh", "-f"], "autoload -Uz compinit && compinit -u -D && "
                            "source <(ghostctl completion zsh) && whence -w _ghostctl")
            check.equal((done.stdout, done.stderr), ("_ghostctl: function\n", ""), "zsh reads it")
        else:
            check.skip("zsh", "not installed")
        if shutil.which("fish"):
            done = in_shell(it, ["fish", "--no-config"], FISH)
            check.equal([sorted(line.split()) for line in done.stdout.splitlines()],
                        [["app/key", "db_pass"], ["export"], [], ["ghostctl"], ["ghostctl"], ["js", "js-expand", "json"],
                         ["@value", "@values/", "file"]], "fish")
        else:
            check.skip("fish", "not installed")
        check.equal(it.run("completion", "tcsh").status, 2, "another shell: 2")
        check.equal(it.run("completion").status, 2, "none: 2")


def near_names_are_suggested(check):
    with ctl.Ctl() as it:
        it.put("db_pass", "x")
        it.put("db_past", "x")
        it.put("app/key", "x", env="APP_SECRET")
        it.put("twO", "x")
        it.put("two", "x")
        for arguments, meant in ((["get", "db_pas"], "db_pass"), (["get", "DB_PASS"], "db_pass"),
                                 (["describe", "APP_SECRET"], "app/key"), (["rotate", "app/kye"], "app/key"),
                                 (["delete", "dbpass"], "db_pass"), (["get", "TWO"], "twO")):
            said = it.run(*arguments)
            check.ok(said.status == 4 and f"did you mean '{meant}'?" in said.err, f"{arguments}", said)
        for arguments in (["get", "nothing_like_it"], ["get", "db_pass", "--version", "9"]):
            said = it.run(*arguments)
            check.ok(said.status == 4 and "did you mean" not in said.err, f"{arguments}: none", said)


def lists_read(it):
    """How many pages of secrets the daemon has sent so far."""
    lines = it.daemon.request("GET", "/metrics")[2].decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if 'route="/v1/secrets",' in line)


def what_looks_for_one_name_does_not_read_all(check):
    with ctl.Ctl() as it:
        names = [f"app/s{number:05}" for number in range(12000)] + [f"svc/{number:04}/password" for number in range(1200)]
        it.run("import", "-", stdin=json.dumps(dict.fromkeys(names, "x")).encode())
        it.put("db/pass", "x", env="OTHER")
        for name, meant in (("app/s0777", "app/s00777"), ("app/s077777", "app/s07777"), ("app/s0777x", "app/s07770"),
                            ("svc/1100/pasword", "svc/1100/password"), ("SVC/1100/PASSWORD", "svc/1100/password"),
                            ("DB/PASS", "db/pass"), ("db/psas", "db/pass"), ("db_pass", "db/pass"),
                            ("nothing_like_it", None)):
            before = lists_read(it)
            said = it.run("get", name)
            found = f"did you mean '{meant}'?" in said.err if meant else "did you mean" not in said.err
            check.ok(said.status == 4 and found, f"{name} is suggested", said)
            check.ok(lists_read(it) - before <= 19, "and few pages were read", lists_read(it) - before)
        before = lists_read(it)
        done = in_shell(it, ["bash", "--norc"], "source <(ghostctl completion bash); COMP_WORDS=(ghostctl get app/s0777); "
                        "COMP_CWORD=2; _ghostctl ghostctl app/s0777 get; echo ${#COMPREPLY[@]}")
        check.equal((done.stdout, lists_read(it) - before), ("10\n", 1), "completion asks for what begins so")


ctl.main(shells_complete, near_names_are_suggested, what_looks_for_one_name_does_not_read_all)

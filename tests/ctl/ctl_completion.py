#!/usr/bin/env python3
"""ghostctl completion: the scripts, in the shells they are for."""

import ast
import json
import os
import shutil
import subprocess
import sys

import ctl

BASH = """
source <(ghostctl completion bash)
complete_line() {
    COMP_LINE="$*"
    COMP_POINT=${#COMP_LINE}
    local word=${COMP_LINE##*[[:space:]]}
    word=${word##*=}
    [[ $word == *@* ]] && word=@${word##*@}
    _ghostctl ghostctl "$word"
    echo "${COMPREPLY[*]}"
}
"""
# a line -> what it is completed with, in bash; zsh and fish offer the same
LINES = {
    "get ": "app/key app/sub/x db_pass",
    "--socket x rotate app": "",
    "--socket=x rotate app": "",
    "rotate --socket=x app": "",
    "get db_pass ": "app/key app/sub/x",
    "exp": "export",
    "export --fo": "--force --format",
    "export --format js": "js js-expand json",
    "export --format=js": "js js-expand json",
    "put x --strategy h": "hex",
    "import x --strategy ": "alphanumeric base64url cycle hex none template token uuid",
    "clock ": "advance set",
    "list --prefix ": "app/",
    "list --prefix app/": "app/sub/",
    "list --label ": "owner=me team=core",
    "list --label team=c": "core",
    "update db_pass --no-label ": "odd owner team",
    "get db_pass --version ": "1 2",
    "get --stage p": "pending previous",
    "restore ": "gone",
    "help str": "strategies",
    "help top": "topics",
    "completion ": "bash fish zsh",
    "run ghostct": "ghostctl",
    "run --prefix a -w -- ghostct": "ghostctl",
    "run -- ghostctl --js": "",
    "run --sig": "--signal",
    "run --signal US": "USR1 USR2",
    "sandbox ghostct": "ghostctl",
    "sandbox --clock system -- ghostct": "ghostctl",
    "sandbox --clock v": "virtual",
    "drill ghostct": "ghostctl",
    "drill --plan x --probe y -- ghostct": "ghostctl",
    "drill --pl": "--plan",
    "watch db": "db_pass",
    "watch db_pass app": "app/key app/sub/x",
    "watch db_pass -- ghostct": "ghostctl",
    "watch --initial db_pass app/key -- ghostct": "ghostctl",
    "watch db_pass -- --": "",
    "env --api aw": "aws",
    "env --api ": "aws ghostkey vault vault,aws",
    "sandbox --api v": "vault vault,aws",
    "fault add x --api ": "aws credential ghostkey vault",
    "fault add x --operation Get": "GetRandomPassword GetResourcePolicy GetSecretValue",
    "fault add x --operation kv-metadata-": "kv-metadata-delete kv-metadata-write",
    "fault add x --name app/": "app/key app/sub/x",
    "drill --name d": "db_pass",
    "fault ": "add list remove",
    "fault r": "remove",
    "fault list ": "",
    "get list ": "app/key app/sub/x db_pass",
    "fault add ": "",
    "fault remove ": "busy slow.1 slow.2",
    "fault remove sl": "slow.1 slow.2",
    "fault remove slow.1 ": "busy slow.2",
    "fault add x --error f": "forbidden",
    "fault add x --drop ": "after before",
}
IN_BASH_ALONE = {"put x @val": "@value\\ file @values/", "put x @~/": ""}
SHELL_S = 60  # a shell reads a hundred files of completions first
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


def is_there(check, shell):
    if not shutil.which(shell):
        check.skip(shell, "not installed")
    return shutil.which(shell)


def fill(it):
    it.put("db_pass", "x", labels={"team": "core"})
    it.put("db_pass", "y", labels={"team": "core"}, description="the database's")
    it.put("app/key", "x", labels={"owner": "me", "odd": "a b"})
    it.put("app/sub/x", "x")
    it.put("gone", "x")
    it.daemon.json("DELETE", "/v1/secrets/gone?recover=1h")
    for fault in ("slow.2", "busy", "slow.1"):
        it.daemon.json("PUT", f"/v1/faults/{fault}", '{"effect":{"delay":"1ms"},"match":{"operation":"rotate"}}')
    (it.directory / "value file").touch()
    (it.directory / "values").mkdir()


def bash_completes(check):
    with ctl.Ctl() as it:
        fill(it)
        lines = LINES | IN_BASH_ALONE
        done = in_shell(it, ["bash", "--norc"], BASH + "".join(f"complete_line 'ghostctl {line}'\n" for line in lines))
        check.equal(done.stderr, "", "bash says nothing")
        for (line, wanted), shown in zip(lines.items(), done.stdout.splitlines()):
            check.equal(sorted(shown.replace("\\,", ",").split()), sorted(wanted.split()), f"bash: {line}")


def fish_completes(check):
    if not is_there(check, "fish"):
        return
    with ctl.Ctl() as it:
        fill(it)
        script = "ghostctl completion fish | source\n" + "".join(
            f"echo (complete -C 'ghostctl {line}' | string split -f 1 \\t)\n" for line in LINES)
        done = in_shell(it, ["fish", "--no-config"], script)
        check.equal(done.stderr, "", "fish says nothing")
        for (line, wanted), shown in zip(LINES.items(), done.stdout.splitlines()):
            typed = line.rpartition(" ")[2]
            offered = [each for each in shown.split() if not typed.startswith("-") or each.startswith(typed)]  # fish 4 adds '--apply' to '--pl'
            whole = {"export --format=js": "--format=js --format=js-expand --format=json", "list --label team=c": "team=core"}
            if line == "run -- ghostctl --js":
                continue  # fish completes the line of the program that is run
            check.equal(sorted(offered), sorted(whole.get(line, wanted).split()), f"fish: {line}")
        done = in_shell(it, ["fish", "--no-config"], "ghostctl completion fish | source\ncomplete -C 'ghostctl get '; "
                        "complete -C 'ghostctl expo'; complete -C 'ghostctl get --ver'; complete -C 'ghostctl get db_pass --version '; "
                        "complete -C 'ghostctl fault remove b'; "
                        "complete -C 'ghostctl put x --strategy u'; complete -C 'ghostctl put x --strategy tem'; complete -C 'ghostctl put x --strategy to'; "
                        "complete -C 'ghostctl export --format=sy'; complete -C 'ghostctl fault add x --error th'; "
                        "complete -C 'ghostctl put x @val' | string split -f 1 \\t; "
                        "complete -C 'ghostctl drill --apply val' | string split -f 1 \\t; "
                        "complete -C 'ghostctl watch x -- cat val' | string split -f 1 \\t")
        check.equal(done.stdout.splitlines(), [
            "app/key\tversion 1, token", "app/sub/x\tversion 1, token", "db_pass\tthe database's",
            "export\tWrite the current values to an env file.", "--version\tan older version that is still kept",
            "1\tprevious", "2\tcurrent", "busy\tfired 0 of 0 times", "uuid\ta UUID of version 4",
            "template\tTEXT, in which {hex:N}, {alnum:N}, {upper:N}, {lower:N}, {digit:N}, {base64url:N}, {uuid}, {version} and {name} "
            "are filled in; {{ and }} are braces", "token\t'ghost_' and 36 letters and digits, known to scanners as a fake",
            "--format=systemd\tEnvironmentFile= of a unit", "throttled\tadd: throttled, unavailable, forbidden, ...", "@value file", "@values/", *2 * ["value file", "values/"]],
            "fish: with descriptions, and files behind @, --apply and the program")


def zsh_completes(check):
    """In a zsh on a terminal, as a person has it: each list is shown after a tab."""
    if not is_there(check, "zsh"):
        return
    with ctl.Ctl() as it:
        fill(it)
        folder = it.directory / "functions"
        folder.mkdir()
        (folder / "_ghostctl").write_bytes(it.run("completion", "zsh").out)
        begin = "autoload -Uz compinit && compinit -u -D && "
        done = in_shell(it, ["zsh", "-f"], begin + "source <(ghostctl completion zsh) && whence -w _ghostctl")
        check.equal((done.stdout, done.stderr), ("_ghostctl: function\n", ""), "zsh reads it")
        shown = zsh_shows(it, f"fpath=({folder} $fpath); {begin}:", ["get ", "export --fo", "export --format j", "list --prefix ",
                                                                  "put x --strategy h", "get db_pass --version ", "get db_pass app",
                                                                  "watch db", "watch db_pass -- ghostct", "watch x -- cat val",
                                                                  "drill --plan x -- ghostct", "sandbox --apply val",
                                                                  "put x --strategy ", "export --format=js", "fault add x --api c",
                                                                  "env --api g", "fault add x --operation BatchG", "fault add x --name db",
                                                                  "fault ", "fault remove ", "fault remove slow.1 sl", "--socket=x get "])
        for line, wanted in (("get ", ["app/key", "-- version 1, token", "db_pass", "-- the database's"]),
                             ("export --fo", ["--force", "-- overwrite a file", "--format", "-- see"]),
                             ("export --format j", ["js-expand", "json"]), ("get db_pass --version ", ["1 ", "-- previous", "-- current"]),
                             ("list --prefix ", ["list --prefix app/"]), ("put x --strategy h", ["--strategy hex"]),
                             ("put x --strategy ", ["uuid", "-- a UUID of version 4", "token", "-- 'ghost_' and 36 letters"]),
                             ("export --format=js", ["js-expand", "-- ", "json"]), ("fault add x --api c", ["--api credential "]),
                             ("env --api g", ["--api ghostkey "]), ("fault add x --operation BatchG", ["--operation BatchGetSecretValue "]),
                             ("fault add x --name db", ["--name db_pass "]),
                             ("watch db", ["watch db_pass"]), ("watch db_pass -- ghostct", ["-- ghostctl "]),
                             ("drill --plan x -- ghostct", ["-- ghostctl "]), ("watch x -- cat val", ["value\\ file", "values/"]),
                             ("sandbox --apply val", ["value\\ file", "values/"]),
                             ("fault ", ["add", "-- make or replace a rule", "remove"]),
                             ("fault remove ", ["busy", "-- fired 0 of 0 times", "slow.1", "slow.2"]),
                             ("fault remove slow.1 sl", ["slow.2"])):
            check.ok(all(each in shown[line] for each in wanted), f"zsh: {line}", shown[line])
        check.ok("db_pass" not in shown["--socket=x get "], "zsh: the daemon is that of --socket=PATH", shown["--socket=x get "])
        check.ok("db_pass  " not in shown["get db_pass app"].split("app", 1)[1], "zsh: no name twice", shown["get db_pass app"])


def zsh_shows(it, setup, lines):
    """-> {line: what the terminal shows after a tab behind it}"""
    program = r"""
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp("zsh", ["zsh", "-f", "-i"])
def until(mark):
    shown = b""
    while mark not in shown:
        shown += os.read(fd, 65536)
    return shown.decode("utf-8", "replace").replace(mark.decode(), "")
os.write(fd, sys.argv[1].encode() + b"; stty cols 100; PS1=; unset zle_bracketed_paste; setopt no_beep no_auto_menu; LISTMAX=1000; "
         b"mark() { zle -M MARK''ED }; zle -N mark; bindkey '^Y' mark; print REA''DY\n")
until(b"READY")
for line in sys.argv[2:]:
    os.write(fd, b"ghostctl " + line.encode() + b"\t\t\x19")
    print(repr(until(b"MARKED")))
    os.write(fd, b"\x15\x19")
    until(b"MARKED")
os.write(fd, b"exit\n")
os.waitpid(pid, 0)
"""
    env = it.environment(PATH=f"{it.directory / 'bin'}:{os.environ['PATH']}", HOME=str(it.directory / "home"), TERM="dumb")
    done = subprocess.run([sys.executable, "-c", program, setup, *lines], capture_output=True, text=True, check=True,
                          timeout=SHELL_S, env=env, cwd=it.directory)
    return {line: ast.literal_eval(shown) for line, shown in zip(lines, done.stdout.splitlines())}


def wrong_shells_are_refused(check):
    with ctl.Ctl() as it:
        for arguments in (["tcsh"], [], ["bash", "zsh"], ["words"], ["words", "values"]):
            check.equal(it.run("completion", *arguments).status, 2, f"{arguments}: 2")
        check.equal(it.run("completion", "words", "names", "--", "x").out, b"", "no words for what is not there")


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
        done = in_shell(it, ["bash", "--norc"], "source <(ghostctl completion bash); COMP_LINE='ghostctl get app/s0777'; "
                        "COMP_POINT=22; _ghostctl ghostctl app/s0777 get; echo ${#COMPREPLY[@]}")
        check.equal((done.stdout, lists_read(it) - before), ("10\n", 1), "completion asks for what begins so")


ctl.main(bash_completes, zsh_completes, fish_completes, wrong_shells_are_refused, near_names_are_suggested, what_looks_for_one_name_does_not_read_all)

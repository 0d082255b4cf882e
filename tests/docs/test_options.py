#!/usr/bin/env python3
"""test_options.py GHOSTCTL GHOSTCTL.1.scd GHOSTKEYD GHOSTKEYD.8.scd: each man page and each help text
has the options that its program has, spelled alike, and none that it has not; and the programs have
those of the contract."""

import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402

GHOSTCTL, PAGE, GHOSTKEYD, DAEMON_PAGE = sys.argv[1:5]

# The contract's sections 1 and 8, by hand.
CONTRACT_DAEMON = ("socket tcp token-file store store-key seed seed-file clock audit-log log apply exit-with-parent idle-exit "
                   "max-value keep-versions vault-mount vault-token-ttl aws-region version help")
CONTRACT_GLOBAL = "socket url token-file json"
DEFINITION = ("ttl no-ttl strategy length template values rotate-on-expiry no-rotate-on-expiry grace env no-env "
              "label no-label description")
CONTRACT = {
    "put": f"{DEFINITION} generate replace create if-match raw", "update": DEFINITION,
    "get": "version stage", "rotate": "prefix print export pending with dry-run", "describe": "",
    "list": "prefix label expired deleted names wide", "promote": "", "discard": "", "verify": "",
    "rollback": "version", "restore": "version", "reset": "yes", "delete": "recover prefix yes", "cleanup": "dry-run", "export": "format prefix check stdout watch force in-place strict "
    "skip-refused quiet", "import": "prefix ttl keep-going dry-run strategy", "run": "prefix watch signal", "watch": "initial",
    "apply": "prune dry-run", "dump": "values", "requests": "follow", "readers": "",
    "fault": "api operation name error status delay drop truncate stale times skip every percent from until all",
    "events": "follow after limit", "clock": "", "status": "wait", "completion": "", "env": "api",
    "sandbox": "seed clock apply import store no-tcp api",
    "drill": "seed clock apply import store no-tcp api plan probe name wait junit",
}
CONTRACT_LETTERS = {("get", "n"), ("export", "o")}


def said_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"})


def spelled(letter, name, value):
    """{name: how it is given}, as in "-o, --output FILE" """
    return {name: (f"-{letter}, " if letter else "") + f"--{name}" + (value or "")}


def options_in_help(text, heading):
    part = text.split(f"\n{heading}", 1)
    found = {}
    for letter, name, value in re.findall(r"^ +(?:-(\w), )?--([a-z-]+)((?: |\[=)\S+)?(?=  |$)",
                                          part[1].split("\n\n", 1)[0] if len(part) == 2 else "", re.M):
        found |= spelled(letter, name, value)
    return found


def options_in_page(block):
    found = {}
    for letter, name, value in re.findall(r"^(?:\*-(\w)\*, )?\*--([a-z-]+)\*(.*)$", block, re.M):
        found |= spelled(letter, name, value.replace("_", ""))
    return found


def section(page, title):
    return re.split(r"^# ", page.split(f"# {title}\n", 1)[1], flags=re.M)[0]


def commands_agree(check):
    page = pathlib.Path(PAGE).read_text("utf-8")
    overview = said_by(GHOSTCTL, "--help").stdout
    commands = re.findall(r"^  ([a-z]+) ", overview.split("Commands:")[1].split("Options")[0], re.M)
    headings = re.split(r"^\*ghostctl ([a-z]+)\*", section(page, "COMMANDS"), flags=re.M)
    described = dict(zip(headings[1::2], headings[2::2]))
    check.ok(set(CONTRACT) <= set(commands), "the program has the contract's commands", commands)
    check.equal(sorted(described), sorted(commands), "the page has the commands of the program")
    for command in commands:
        of_help = options_in_help(said_by(GHOSTCTL, "help", command).stdout, "Options:")
        check.equal(options_in_page(described.get(command, "")), of_help,
                    f"page and help have the same options of {command}")
        check.ok(set(CONTRACT.get(command, "").split()) <= set(of_help),
                 f"{command} has the contract's options", of_help)
        takes_them(check, command, of_help)
        example = said_by(GHOSTCTL, "help", command).stdout.split("\nExample:\n  ")[1].strip()
        told = described.get(command, "").split("\nExample:\n\n```\n")[-1].split("```")[0].replace("\\\\", "\\")
        check.ok(example in told.splitlines(), f"the page has the example of {command}", example, told)
    of_help = options_in_help(overview, "Options, before")
    check.equal(options_in_page(section(page, "OPTIONS")), of_help,
                "page and help have the same options of every command")
    check.ok(set(CONTRACT_GLOBAL.split()) <= set(of_help), "those of the contract are there", of_help)
    for command, letter in CONTRACT_LETTERS:
        check.ok(any(how.startswith(f"-{letter}, ") for how in options_in_help(
            said_by(GHOSTCTL, "help", command).stdout, "Options:").values()), f"{command} -{letter}")


def takes_them(check, command, options):
    """Gives each option with --help after it, so that it is read and nothing is done."""
    for name, how in options.items():
        words = [f"--{name}"] + (["1"] if " " in how.split("--")[1] else [])
        done = said_by(GHOSTCTL, command, *words, "--help")
        check.ok(done.returncode == 0 and done.stdout.startswith("Usage: "), f"{command} takes {how}",
                 done.stderr)
        if how.startswith("-") and not how.startswith("--"):
            done = said_by(GHOSTCTL, command, how[:2], *words[1:], "--help")
            check.ok(done.returncode == 0, f"{command} takes {how[:2]}", done.stderr)


def completion_agrees(check):
    """The completion script is the third place that names the options."""
    script = said_by(GHOSTCTL, "completion", "bash").stdout
    overview = set(options_in_help(said_by(GHOSTCTL, "--help").stdout, "Options, before"))
    for command in CONTRACT:
        known = re.search(rf"^ *{command}\)(.*?);;", script, re.M | re.S)
        words = set(re.findall(r"--([a-z-]+)", known[1] if known else ""))
        of_help = set(options_in_help(said_by(GHOSTCTL, "help", command).stdout, "Options:"))
        check.ok(of_help <= words <= of_help | overview, f"completion has the options of {command}",
                 words ^ of_help)


def the_daemon_agrees(check):
    page = pathlib.Path(DAEMON_PAGE).read_text("utf-8")
    text = said_by(GHOSTKEYD, "--help").stdout
    of_help = options_in_help(text, "The daemon of GhostKey, a local secrets broker emulator; never for "
                              "production.\n")
    check.equal(options_in_page(section(page, "OPTIONS")), of_help, "page and help have the same options "
                "of ghostkeyd")
    check.equal(sorted(of_help), sorted(CONTRACT_DAEMON.split()), "which are the contract's")
    for name, how in of_help.items():
        done = said_by(GHOSTKEYD, f"--{name}", *(["\t"] if " " in how else []), "--no-such-option")
        unknown = ("argument 3 begins with '-' but is no option" if name == "seed" else
                   "unknown option '--no-such-option'")
        check.ok(unknown in done.stderr or name in ("help", "version") or
                 done.stderr.startswith(f"ghostkeyd: --{name}: "), f"ghostkeyd takes {how}", done.stderr)
        check.ok(f"unknown option '--{name}'" not in done.stderr, f"ghostkeyd has {how}", done.stderr)


def findings_agree(check):
    page = pathlib.Path(PAGE).read_text("utf-8")
    formats = set(re.findall(r"^\*([a-z-]+)\*$", section(page, "FORMATS"), re.M))
    known = said_by(GHOSTCTL, "export", "--format", "no-such").stderr
    check.equal(formats, set(known.split("the formats are ", 1)[1].split(";")[0].replace(",", "").split()),
                "the page has the formats of the program")
    table = (pathlib.Path(PAGE).parent / "env/env_findings.h").read_text("utf-8")
    refusals, warnings = table.split("#define ENV_WARNINGS(X)")
    code = re.compile(r'X\(\w+, "([a-z0-9-]+)"')
    told = section(page, "WARNINGS AND REFUSALS OF EXPORT")
    first, rest = told.split("A value that is right for shells", 1)
    check.equal(set(re.findall(r"\*([a-z0-9-]+)\*", first)), set(code.findall(refusals)),
                "the page has the codes of refusals")
    check.equal(set(re.findall(r"^\*([a-z0-9-]+)\*$", rest, re.M)), set(code.findall(warnings)),
                "the page has the codes of warnings")


def topics_agree(check):
    """The strategies and topics, which the page, the program and the daemon each have."""
    page = pathlib.Path(PAGE).read_text("utf-8")
    table = (pathlib.Path(PAGE).parents[1] / "daemon/broker/strategies/table.h").read_text("utf-8")
    known = re.findall(r"^ +X\((\w+)\)", table, re.M)
    check.equal(re.findall(r"^\*([a-z0-9]+)\*$", section(page, "STRATEGIES"), re.M), known, "the page has the strategies")
    said = said_by(GHOSTCTL, "help", "strategies").stdout
    check.equal(re.findall(r"^  ([a-z0-9]+) ", said.split("\n\n")[1], re.M), known, "and so has 'help strategies'")
    topics = re.findall(r"^  ([a-z-]+) ", said_by(GHOSTCTL, "help", "topics").stdout, re.M)
    told = section(page, "COMMANDS").split("lists: ")[1].split(".")[0]
    check.equal(re.findall(r"\*([a-z-]+)\*", told), topics, "the page has the topics")
    check.ok({"formats", "strategies", "environment", "exit-status"} <= set(topics), "which are the contract's", topics)
    formats = re.findall(r"^\*([a-z-]+)\*$", section(page, "FORMATS"), re.M)
    check.equal(re.findall(r"^  ([a-z-]+) ", said_by(GHOSTCTL, "help", "formats").stdout, re.M), formats, "'help formats' has the formats")
    for topic in topics:
        said = said_by(GHOSTCTL, "help", topic)
        wide = [line for line in said.stdout.splitlines() if len(line) > 80 or line != line.rstrip()]
        check.ok(said.returncode == 0 and said.stdout and not wide, f"help {topic}", said.stderr, *wide)


def variables_agree(check):
    page = pathlib.Path(PAGE).read_text("utf-8")
    used = set()
    for file in [*pathlib.Path(PAGE).parent.rglob("*.[ch]"),
                 pathlib.Path(PAGE).parents[1] / "include/ghostkey/protocol.h"]:
        used |= set(re.findall(r'"(GHOSTKEY_[A-Z_]+|XDG_[A-Z_]+|NO_COLOR)"', file.read_text("utf-8")))
    check.equal(set(re.findall(r"^_([A-Z_]+)_$", section(page, "ENVIRONMENT"), re.M)), used,
                "the page has the variables of ghostctl")


sys.exit(tap.run(commands_agree, completion_agrees, the_daemon_agrees, findings_agree, topics_agree, variables_agree))

"""The readers, each behind one interface: paths in, a dictionary for each out. Those that run a
program give what it would have in its environment, less what it has with an empty file."""

import base64
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import read_docker
import read_systemd

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT_S = 300
PROCESS_BLOCK_BYTES = 400_000  # of a file that a process is to have in its environment
PARSER_BLOCK_BYTES = 60_000  # some parsers take the square of it in time
HOME = tempfile.TemporaryDirectory(prefix="ghostkey-home-")  # empty, and gone with the program
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": HOME.name}
SHELLS = {"dash": ["dash"], "bash": ["bash", "--norc"], "busybox": ["busybox", "sh"],
          "mksh": ["mksh"], "ksh93": ["ksh93"], "yash": ["yash", "--norcfile"], "zsh": ["zsh", "-f"]}


class Reader:
    """read(paths) -> [{name: value}]; named_by: what of a warning's text names it."""

    def __init__(self, name, read, named_by, is_process=False, block_bytes=None):
        self.name = name
        self.read = read
        self.named_by = named_by
        self.is_process = is_process  # too slow to be run for each value
        self.block_bytes = block_bytes or (PROCESS_BLOCK_BYTES if is_process else PARSER_BLOCK_BYTES)

    def is_named(self, warning):
        text = warning.replace("python-dotenv with interpolation", "")
        return any(word in text for word in self.named_by)


def nul_separated(data):
    entries = (entry.partition(b"=") for entry in data.split(b"\0") if entry)
    return {name.decode("utf-8", "replace"): value.decode("utf-8", "surrogateescape")
            for name, _, value in entries}


def run(arguments, directory, stdin=b"", environment=None):
    return subprocess.run(arguments, input=stdin, capture_output=True, check=False, cwd=directory,
                          timeout=TIMEOUT_S, env=environment or ENVIRONMENT)


def less_baseline(found, baseline):
    return {name: value for name, value in found.items()
            if name not in baseline and name not in ("_", "SHLVL", "PWD", "OLDPWD")}


def each_by_process(command, paths, directory):
    """command(path) -> arguments of what prints its environment, NUL-separated"""
    empty = os.path.join(directory, "..", "empty")
    with open(empty, "wb"):
        pass
    baseline = nul_separated(run(command(empty), directory).stdout)
    found = []
    for path in paths:
        done = run(command(path), directory)
        found.append(less_baseline(nul_separated(done.stdout), baseline))
        if done.returncode or done.stderr:
            found[-1]["error"] = f"{done.returncode} {done.stderr[-200:]!r}"
    return found


def by_shell(arguments, directory):
    script = 'set -a; . "$1"; exec /usr/bin/env -0'
    return lambda paths: each_by_process(lambda path: [*arguments, "-c", script, "x", path],
                                         paths, directory)


FISH = 'source $argv[1]; exec /usr/bin/env -0'


def by_fish(directory):
    return lambda paths: each_by_process(lambda path: ["fish", "--no-config", "-c", FISH, path], paths, directory)


def by_make(directory):
    makefile = os.path.join(directory, "..", "including")
    pathlib.Path(makefile).write_text("include $(FILE)\nexport\nunexport FILE MAKEFLAGS MFLAGS MAKELEVEL\nshow:\n\t@/usr/bin/env -0\n", "utf-8")
    return lambda paths: each_by_process(lambda path: ["make", "--silent", "--file", makefile, f"FILE={path}", "show"],
                                         paths, directory)


def by_just(program, directory):
    justfile = os.path.join(directory, "..", "justfile")
    pathlib.Path(justfile).write_text("show:\n    @/usr/bin/env -0\n", "utf-8")
    return lambda paths: each_by_process(
        lambda path: [program, "--justfile", justfile, "--dotenv-path", path, "show"], paths, directory)


def by_node(paths, directory):
    found = []
    show = "process.stdout.write(Object.entries(process.env).map(e=>e.join('=')+'\\0').join(''))"
    baseline = nul_separated(run(["node", "-e", show], directory).stdout)
    for path in paths:
        done = run(["node", f"--env-file={path}", "-e", show], directory)
        found.append(less_baseline(nul_separated(done.stdout), baseline))
    return found


def by_deno(program, paths, directory):
    found = []
    show = ("const all = Object.entries(Deno.env.toObject()).map(e => e.join('=') + '\\0').join('');"
            "Deno.stdout.writeSync(new TextEncoder().encode(all));")
    with tempfile.TemporaryDirectory(prefix="ghostkey-deno-") as home:
        script = os.path.join(home, "show.js")
        pathlib.Path(script).write_text(show, "utf-8")
        quiet = ENVIRONMENT | {"DENO_DIR": home, "DENO_NO_UPDATE_CHECK": "1"}
        command = [program, "run", "--quiet", "--no-prompt", "--no-config", "--allow-env"]
        baseline = nul_separated(run([*command, script], directory, environment=quiet).stdout)
        for path in paths:
            done = run([*command, f"--env-file={path}", script], directory, environment=quiet)
            found.append(less_baseline(nul_separated(done.stdout), baseline))
    return found


def by_kubectl(paths, directory):
    """What it would send to a cluster: nothing is asked of one."""
    found = []
    for path in paths:
        done = run(["kubectl", "create", "secret", "generic", "x", "--dry-run=client", "-o", "json",
                    "--from-env-file", path], directory)
        data = json.loads(done.stdout).get("data", {}) if done.returncode == 0 else {}
        found.append({name: base64.b64decode(value).decode("utf-8", "surrogateescape")
                      for name, value in data.items()})
        if done.returncode:
            found[-1]["error"] = f"{done.returncode} {done.stderr[-200:]!r}"
    return found


def json_lines(arguments, directory):
    """A program that takes paths, a line each, and prints an object for each."""
    def read(paths):
        done = run(arguments, directory, "".join(f"{path}\n" for path in paths).encode())
        if done.returncode:
            raise RuntimeError(done.stderr.decode("utf-8", "replace"))
        return [json.loads(line) for line in done.stdout.split(b"\n") if line]
    return read


PYTHON_DOTENV = """
import json, logging, sys
import dotenv
logging.disable()
for path in sys.stdin.read().split("\\n")[:-1]:
    print(json.dumps(dotenv.dotenv_values(path, interpolate=False)))
"""


def works(arguments, stdin=b""):
    try:
        return run(arguments, "/", stdin).returncode == 0
    except FileNotFoundError:
        return False


def find(npm_directory, directory):
    """-> ({name: Reader} of what is there, [names of what is not])"""
    found, missing = {}, []

    def add(name, there, read, named_by, is_process=False, block_bytes=None):
        if there:
            found[name] = Reader(name, read, named_by, is_process, block_bytes)
        else:
            missing.append(name)

    for name, arguments in SHELLS.items():
        add(name, works([*arguments, "-c", "exit 0"]), by_shell(arguments, directory), (), True)
    add("fish", works(["fish", "--no-config", "-c", "exit 0"]), by_fish(directory), (), True)
    add("make", works(["make", "--version"]), by_make(directory), (), True)
    loader = read_systemd.shared_object()
    add("systemd", loader, lambda paths: [read_systemd.read(loader, path) for path in paths], ())
    node = [shutil.which("node") or "node", str(HERE / "readers.js")]
    add("node", works([*node, "node", npm_directory]), json_lines([*node, "node", npm_directory],
        directory), ("node --env-file",))
    add("node --env-file", works(node[:1] + ["--env-file=/dev/null", "-e", ""]),
        lambda paths: by_node(paths, directory), ("node --env-file",), True)
    for kind, words in (("dotenv", ("npm dotenv",)),
                        ("dotenv-expand", ("npm dotenv", "dotenv-expand")),
                        ("Next", ("npm dotenv", "Next")),
                        ("Vite", ("npm dotenv", "Vite"))):
        arguments = [*node, kind, npm_directory]
        add(kind, works(arguments), json_lines(arguments, directory), words)
    cli = [*node[:1], os.path.join(npm_directory, "node_modules/dotenv-cli/cli.js")]
    add("dotenv-cli", works([*cli, "--help"]), lambda paths: each_by_process(
        lambda path: [*cli, "-e", path, "--", "/usr/bin/env", "-0"], paths, directory),
        ("npm dotenv", "dotenv-expand"), True, PARSER_BLOCK_BYTES)
    deno = os.path.join(npm_directory, f"node_modules/@deno/linux-{arch()}-glibc/deno")
    add("deno", works([deno, "--version"]), lambda paths: by_deno(deno, paths, directory),
        ("npm dotenv",), True)
    python = ["/usr/bin/python3", "-c", PYTHON_DOTENV]
    add("python-dotenv", works(python), json_lines(python, directory), ("python-dotenv",))
    ruby = ["ruby", str(HERE / "readers.rb")]
    add("ruby-dotenv", works(ruby), json_lines(ruby, directory), ("ruby-dotenv",))
    php = ["php", str(HERE / "readers.php")]
    add("phpdotenv", works(php), json_lines(php, directory), ("phpdotenv",))
    just = os.path.join(npm_directory, f"node_modules/rust-just-linux-{arch()}/bin/just")
    add("just", os.path.exists(just), by_just(just, directory), ("just",), True)
    add("docker rules", True, lambda paths: [read_docker.read(path) for path in paths], ("docker",))
    add("docker", read_docker.client(),
        lambda paths: [read_docker.read_by_client(path) for path in paths], ("docker",), True)
    add("kubectl", works(["kubectl", "version", "--client"]),
        lambda paths: by_kubectl(paths, directory), ("kubectl",), True)
    compose = os.environ.get("GHOSTKEY_COMPOSE_READER", "")
    add("compose-go", compose and works([compose]), json_lines([compose], directory), ("Compose v2",))
    add("json", True, lambda paths: [json.loads(pathlib.Path(path).read_text("utf-8"))
                                     for path in paths], ())
    add("nul", True, lambda paths: [nul_separated(pathlib.Path(path).read_bytes())
                                    for path in paths], ())
    return found, missing


def arch():
    """The machine as npm's packages call it."""
    return {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


@functools.cache
def npm_directory():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("GHOSTKEY_INTEROP_DIR") or os.path.join(cache, "ghostkey-interop")


sys.dont_write_bytecode = True

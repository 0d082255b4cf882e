#!/usr/bin/env python3
"""The memory of both programs is closed to their own user and to the disk: they cannot be read or traced,
leave no core file, and lock what they may (contract, section 7)."""

import ctypes
import mmap
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import seckit
import tap
from daemon import Daemon
from seckit import as_other, attempt, memory_kib

PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17
LOCKED_KIB = 1024
KERNEL_KIB = 64
PROGRAMS = {name: os.environ[name] for name in ("GHOSTKEYD", "GHOSTCTL")}
LIBC = ctypes.CDLL(None, use_errno=True)


def trace(pid):
    """Whether this process may trace that one, in errno's words if not."""
    if LIBC.ptrace(PTRACE_SEIZE, pid, None, None) != 0:
        return os.strerror(ctypes.get_errno())
    os.kill(pid, signal.SIGSTOP)
    os.waitpid(pid, 0)
    LIBC.ptrace(PTRACE_DETACH, pid, None, None)
    os.kill(pid, signal.SIGCONT)
    return "traced"


def become_ordinary():
    """Root becomes an ordinary user; for an ordinary user nothing changes."""
    if seckit.may_become_others():
        os.setgroups([])
        os.setresgid(*[seckit.OTHER_UID] * 3)
        os.setresuid(*[seckit.OTHER_UID] * 3)


def as_ordinary(function):
    """What function() returns in a process of an ordinary user: this one, unless root runs it."""
    return as_other(function) if seckit.may_become_others() else function()


class Theirs(Daemon):
    """ghostkeyd of an ordinary user, in a folder of theirs."""

    def __init__(self, folder, *options, memlock=None):
        if seckit.may_become_others():
            os.chown(folder, seckit.OTHER_UID, seckit.OTHER_UID)
        self.memlock = memlock
        super().__init__(*options, directory=folder, passed=False)

    def become(self, arguments, environment, passed, limits, err):
        if self.memlock is not None:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (self.memlock, self.memlock))
        become_ordinary()
        super().become(arguments, environment, passed, limits, err)


def open_to_all():
    """A folder with copies of both programs."""
    folder = seckit.temporary()
    os.chmod(folder, 0o755)
    for variable, program in PROGRAMS.items():
        os.environ[variable] = seckit.copy_program(program, folder)
    return folder


def as_theirs(*command):
    """What a command says that this user runs."""
    said = subprocess.run(command, env={"PATH": os.environ["PATH"]}, preexec_fn=become_ordinary,
                          capture_output=True, check=False)
    # A build that counts for ci/coverage complains where this user may not write the counts.
    said.stderr = b"".join(line for line in said.stderr.splitlines(keepends=True)
                           if not line.startswith(b"profiling:"))
    return said


def closed_to_its_own_user(check, what, pid):
    for name in ("mem", "environ", "maps", "fd"):
        path = f"/proc/{pid}/{name}"
        how = os.O_DIRECTORY if name == "fd" else os.O_RDONLY
        check.ok(as_ordinary(lambda path=path, how=how: attempt(os.open, path, how))
                 in ("EACCES", "EPERM"), f"{what}: its own user cannot open /proc/PID/{name}")
    check.equal(as_ordinary(lambda: trace(pid)), "Operation not permitted",
                f"{what}: its own user cannot trace it")


def nobody_looks_in(check):
    folder = open_to_all()
    theirs = pathlib.Path(folder, "theirs")
    theirs.mkdir(0o700)
    open_one = subprocess.Popen(["sleep", "60"], preexec_fn=become_ordinary)
    follower = None
    try:
        with Theirs(str(theirs)) as daemon:
            check.equal(as_ordinary(lambda: trace(open_one.pid)), "traced",
                        "a process of that user that hides nothing can be traced: this test can see")
            closed_to_its_own_user(check, "ghostkeyd", daemon.pid)
            follower = subprocess.Popen(
                [os.environ["GHOSTCTL"], "--socket", daemon.socket, "events", "--follow", "--after",
                 "0"], preexec_fn=become_ordinary, stdout=subprocess.PIPE)
            daemon.request("PUT", "/v1/secrets/a", '{"value":"x"}')
            check.ok(b"created" in follower.stdout.readline(), "ghostctl follows events")
            closed_to_its_own_user(check, "ghostctl", follower.pid)
            follower.send_signal(signal.SIGINT)
            check.equal(follower.wait(), 0, "which ends well")
            said = as_theirs("sh", "-c", 'printf "another way" | "$0" --socket "$1" put b @/dev/stdin',
                             os.environ["GHOSTCTL"], daemon.socket)
            check.equal((said.returncode, said.stderr), (0, b""), "it can read /dev/stdin all the same")
            run_is_as_open_as_ever(check, daemon)
    finally:
        for process in (open_one, follower):
            if process is not None and process.poll() is None:
                process.kill()
            if process is not None:
                process.wait()
                if process.stdout:
                    process.stdout.close()
        shutil.rmtree(folder)
        os.environ.update(PROGRAMS)


def run_is_as_open_as_ever(check, daemon):
    """What ghostctl run starts is as open to its user as any process."""
    look = "grep -qz 'B=another way' /proc/$$/environ && ulimit -H -c"
    here = subprocess.run(["sh", "-c", "ulimit -H -c"], capture_output=True, check=True).stdout
    for watch in ([], ["--watch"]):
        said = as_theirs(os.environ["GHOSTCTL"], "--socket", daemon.socket, "run", *watch, "--",
                         "sh", "-c", look)
        check.equal((said.stdout, said.stderr), (here, b""),
                    f"what ghostctl run {' '.join(watch)} starts can be looked into, and leave a core")


def dies(daemon):
    """-> whether a core was left"""
    daemon.kill(signal.SIGSEGV)
    return os.WCOREDUMP(os.waitpid(daemon.pid, 0)[1])


def no_core(check):
    # AddressSanitizer would take the signal for a fault of the daemon's, and report it.
    env = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":handle_segv=0")
    daemon = Daemon(limits=[(resource.RLIMIT_CORE, resource.RLIM_INFINITY)], env=env)
    text = pathlib.Path(f"/proc/{daemon.pid}/limits").read_text("ascii")
    core = [line.split()[4:6] for line in text.splitlines() if "core file" in line]
    check.equal(core, [["0", "0"]], "the daemon's limit of core files is 0, for good")
    check.ok(not dies(daemon), "a daemon that dies of SIGSEGV leaves no core")
    daemon.status = -signal.SIGSEGV
    os.close(daemon.pidfd)
    daemon.close()


def may_lock_all():
    """Whether this process may lock more than its limit, as the daemon will try."""
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if limit == resource.RLIM_INFINITY:
        return True
    with mmap.mmap(-1, limit + mmap.PAGESIZE) as more:
        return LIBC.mlock(ctypes.byref(ctypes.c_char.from_buffer(more)), ctypes.c_size_t(limit + 1)) == 0


def all_is_locked(check, what, *options):
    """The kernel's own pages, [vvar] and [vdso], are counted and never locked."""
    with Daemon(*options) as daemon:
        some, all_of_it = (memory_kib(daemon.pid, name) for name in ("VmLck", "VmSize"))
        check.ok(all_of_it - some < KERNEL_KIB, f"{what}: who may lock what they like locks all ({some} of {all_of_it} KiB)")


def keys_are_locked_first(check, folder):
    """A state that is larger than the limit: what was on the heap before it is locked nevertheless."""
    store = f"{folder}/large"
    with Daemon("--store", store) as daemon, daemon.connect() as connection:
        for number in range(200):
            connection.request("PUT", f"/v1/secrets/s{number}", '{"value":"%s"}' % ("v" * 30000))
    theirs = pathlib.Path(folder, "theirs")
    theirs.mkdir(0o700)
    if seckit.may_become_others():
        os.chown(store, seckit.OTHER_UID, seckit.OTHER_UID)
    os.chmod(folder, 0o777)
    with Theirs(str(theirs), "--store", store, memlock=LOCKED_KIB * 1024) as daemon:
        heap = re.findall(r"\[heap\]\n.*?^VmFlags:(.*?)$", pathlib.Path(f"/proc/{daemon.pid}/smaps").read_text("ascii"),
                          re.M | re.S)
        check.equal([" lo" in flags for flags in heap], [True, False],
                    "of a heap that is larger than the limit the beginning is locked")


def locked(check):
    if seckit.is_sanitized():
        check.skip("locked memory", "AddressSanitizer maps more than can be locked")
        return
    folder = open_to_all()
    try:
        if may_lock_all():
            all_is_locked(check, "in memory")
            all_is_locked(check, "with a store in a file", "--store", f"{folder}/store")
        else:
            check.skip("all memory is locked", "no more than a limit may be locked here")
        if os.geteuid() == 0:
            keys_are_locked_first(check, folder)
        else:
            check.skip("the keys are locked first", "only root may look where")
        for limit in (LOCKED_KIB * 1024, 64 * 1024):
            theirs = pathlib.Path(folder, str(limit))
            theirs.mkdir(0o700)
            with Theirs(str(theirs), memlock=limit) as daemon:
                heap = memory_kib(daemon.pid, "VmLck")
                check.ok(16 <= heap <= limit // 1024,
                         f"an ordinary user's locks its heap as far as the limit of {limit} bytes "
                         f"goes ({heap} KiB)")
                check.equal(daemon.answer("GET", "/v1/status").status, 200, "and serves")
        theirs = pathlib.Path(folder, "none")
        theirs.mkdir(0o700)
        with Theirs(str(theirs), memlock=0) as daemon:
            check.equal((memory_kib(daemon.pid, "VmLck"), daemon.answer("GET", "/v1/status").status),
                        (0, 200), "where nothing may be locked it serves all the same")
    finally:
        shutil.rmtree(folder)
        os.environ.update(PROGRAMS)


if __name__ == "__main__":
    sys.exit(tap.run(nobody_looks_in, no_core, locked))

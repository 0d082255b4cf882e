"""The inside of test_state.sh: an ordinary user with a manager of their own, and a daemon that is
killed, restarted and stopped while eight writers write as fast as they can."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import http1
import tap
from writers import WRITERS, Log, Writer, ask, look, put

SOCKET = os.path.join(os.environ["XDG_RUNTIME_DIR"], "ghostkey/ghostkey.sock")
HOME = pathlib.Path(os.environ["HOME"])
KILLS = 10
BETWEEN_S = 0.6
RESTARTS = 4
EARLY_KILLS = 12
JOIN_S = 40
LARGE = "x" * 60000
LARGE_PUTS = 450  # 26 MiB
GHOSTKEYD = shutil.which("ghostkeyd")
DROP_IN = HOME / ".config/systemd/user/ghostkey.service.d/store.conf"


def systemctl(*arguments):
    done = subprocess.run(["systemctl", "--user", *arguments], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"systemctl {arguments}: {done.returncode} {done.stderr}")
    return done.stdout.strip()


def main_pid():
    return int(systemctl("show", "-P", "MainPID", "ghostkey.service"))


def wait_for_pid(other_than=0):
    end = time.monotonic() + JOIN_S
    while time.monotonic() < end:
        pid = main_pid()
        if pid not in (0, other_than):
            return pid
    raise AssertionError("no daemon came")


def wait_for_end():
    end = time.monotonic() + JOIN_S
    while main_pid() != 0:
        if time.monotonic() > end:
            raise AssertionError("the daemon does not end")
        time.sleep(0.05)


def status():
    with http1.Connection(SOCKET) as connection:
        return json.loads(ask(connection, "GET", "/v1/status")[1])


def a_crash_before_there_is_a_state_does_no_harm(check):
    systemctl("daemon-reload")
    systemctl("start", "ghostkey.socket")
    pid = 0
    for each in range(EARLY_KILLS):
        with http1.Connection(SOCKET):  # has the daemon started
            pid = wait_for_pid(other_than=pid)
            os.kill(pid, signal.SIGKILL)
            time.sleep(each * 0.0005)  # each time a moment later after its start
    with http1.Connection(SOCKET) as connection:
        answer = ask(connection, "PUT", "/v1/secrets/first", put("x"))
        check.equal(answer[0], 200, f"after {EARLY_KILLS} crashes at the start a write is taken")
    check.equal(status()["state"], "fdstore", "the state is kept by the manager")
    check.equal(systemctl("show", "-P", "NFileDescriptorStore", "ghostkey.service"), "2",
                "as two file descriptors")


def under_load(disturb):
    """Runs disturb() while the writers write -> the writers, the events that they made"""
    writers, log = [Writer(n).again(SOCKET, stays=True) for n in range(WRITERS)], Log()
    disturb(log)
    for writer in writers:
        writer.stop()
    for writer in writers:
        writer.join(JOIN_S)
        if writer.is_alive():
            raise AssertionError("a writer waits for ever")
    with http1.Connection(SOCKET) as connection:
        secrets, events = look(connection, log)
    for writer in writers:
        writer.compare(secrets, events)
    return writers, log


def beats(count, log):
    """Yields count times, BETWEEN_S apart, while the writers write; reads the events between."""
    begun = time.monotonic()
    for number in range(1, count + 1):
        time.sleep(max(0, begun + number * BETWEEN_S - time.monotonic()))
        yield
        with http1.Connection(SOCKET) as connection:
            log.read_on(connection)


def kill_again_and_again(log):
    for _ in beats(KILLS, log):
        os.kill(wait_for_pid(), signal.SIGKILL)


def restart_again_and_again(log):
    for _ in beats(RESTARTS, log):
        systemctl("restart", "ghostkey.service")


def is_lossless(check, what, disturb):
    systemctl("stop", "ghostkey.service")  # each run of writers begins with nothing
    begun = time.monotonic()
    writers, log = under_load(disturb)
    total = sum(writer.acknowledged for writer in writers)
    broken = sum(writer.broken for writer in writers)
    check.note(f"{what}: {total} acknowledged writes in {time.monotonic() - begun:.1f} s, "
               f"{broken} connections broken, {log.seq} events")
    check.ok(total > 1000, f"{what}: there was load")
    check.equal([wrong for writer in writers for wrong in writer.wrong], [],
                f"{what}: no acknowledged write is lost")
    check.equal(sum(writer.refused for writer in writers), 0, f"{what}: no connection is refused")
    check.equal(log.gaps, [], f"{what}: the events have no gap")
    check.equal(sum(writer.done for writer in writers), log.seq,
                f"{what}: each write made one event")
    check.equal(status()["state"], "fdstore", f"{what}: the state is still the manager's to keep")


def crashes_lose_nothing(check):
    is_lossless(check, f"{KILLS} times kill -9", kill_again_and_again)


def restarts_lose_nothing(check):
    is_lossless(check, f"{RESTARTS} restarts", restart_again_and_again)


def crash(pid):
    os.kill(pid, signal.SIGKILL)


def restart(_):
    systemctl("restart", "ghostkey.service")


def a_journal_that_is_written_anew_loses_nothing(check):
    """Each round changes more than what a journal may hold that is not needed any more, so it moves from one memfd
    to the other and back; the daemon ends at some moment of that."""
    systemctl("stop", "ghostkey.service")
    number = 0
    for disturb in (crash, restart, crash, restart):
        with http1.Connection(SOCKET) as connection:
            for _ in range(LARGE_PUTS):
                number += 1
                answer = ask(connection, "PUT", "/v1/secrets/large", put(f"{number} " + LARGE))
                if answer[0] != 200:
                    raise AssertionError(answer)
        disturb(main_pid())
        with http1.Connection(SOCKET) as connection:
            value = json.loads(ask(connection, "GET", "/v1/secrets/large")[1])["value"]
        check.equal((value.split()[0], status()["last_event"]), (str(number), number),
                    f"{disturb.__name__}: the value that was put last is there, and all events are")
        check.equal(systemctl("show", "-P", "NFileDescriptorStore", "ghostkey.service"), "2",
                    f"{disturb.__name__}: the manager keeps the same two file descriptors")
    journal = status()["journal"]
    check.ok(journal["bytes"] < number * len(LARGE) / 2 and journal["rewritten_at"],
             f"of {number * len(LARGE) >> 20} MiB the journal has what is needed", journal)


def a_stop_forgets_all(check):
    with http1.Connection(SOCKET) as connection:
        ask(connection, "PUT", "/v1/secrets/kept", put("x"))
    systemctl("stop", "ghostkey.service")
    there = status()
    check.equal((there["secrets"], there["last_event"]), (0, 0), "a stop forgets all")


def configure(*lines):
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text("\n".join(["[Service]", *lines, ""]), "utf-8")
    systemctl("daemon-reload")


def the_key_may_be_a_credential(check):
    key = HOME / "store.key"
    key.write_bytes(os.urandom(32))
    systemctl("stop", "ghostkey.service")
    configure("ExecStart=", f"ExecStart={GHOSTKEYD} --store %S/ghostkey/store --idle-exit 1s",
              "StateDirectory=ghostkey", "LoadCredential=ghostkey.key:%h/store.key")
    with http1.Connection(SOCKET) as connection:
        check.equal(ask(connection, "PUT", "/v1/secrets/a", put("canary-value"))[0], 200,
                    "a daemon with a store and the credential ghostkey.key takes a write")
    check.equal(status()["state"], "file", "into a file")
    wait_for_end()
    check.ok(True, "it ends when nobody calls (--idle-exit)")
    (store,) = HOME.glob(".*/**/ghostkey/store")
    check.ok(b"canary-value" not in store.read_bytes(), "which does not show the value")
    refused = subprocess.run([GHOSTKEYD, "--store", store, "--socket", HOME / "s"],
                             capture_output=True, text=True, check=False)
    check.equal(refused.returncode, 2, "and is refused without the key")
    with http1.Connection(SOCKET) as connection:
        check.equal(json.loads(ask(connection, "GET", "/v1/secrets/a")[1])["value"],
                    "canary-value", "with the credential the next call finds it")


def options_that_are_refused_stop_the_restarts(check):
    systemctl("stop", "ghostkey.service")
    configure("ExecStart=", f"ExecStart={GHOSTKEYD} --bogus")
    subprocess.run(["systemctl", "--user", "start", "ghostkey.service"], capture_output=True,
                   check=False)
    said = [systemctl("show", "-P", what, "ghostkey.service")
            for what in ("Result", "ExecMainStatus", "NRestarts")]
    check.equal(said, ["exit-code", "2", "0"], "a bad option is not tried again and again")
    systemctl("stop", "ghostkey.service", "ghostkey.socket")


if __name__ == "__main__":
    sys.exit(tap.run(a_crash_before_there_is_a_state_does_no_harm, crashes_lose_nothing,
                     restarts_lose_nothing, a_journal_that_is_written_anew_loses_nothing, a_stop_forgets_all, the_key_may_be_a_credential,
                     options_that_are_refused_stop_the_restarts))

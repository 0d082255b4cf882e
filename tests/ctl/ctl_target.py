#!/usr/bin/env python3
"""Where ghostctl looks for the daemon: options, variables, the default; and its message if nobody
listens there, or something else than GhostKey."""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import threading

import ctl

NOTE_DEADLINE_S = 30
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'


REFUSAL = b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'


@contextlib.contextmanager
def server(*answers, family=socket.AF_INET, address=("127.0.0.1", 0), before=lambda: None):
    """Answers one connection after another with these bytes -> (its address, requests so far).
    before() is called before each answer."""
    requests = []
    listener = socket.socket(family)
    listener.bind(address)
    listener.listen()

    def serve():
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                request = b""
                while b"\r\n\r\n" not in request and (more := connection.recv(4096)):
                    request += more
                requests.append(request.decode())
                before()
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname(), requests
    finally:
        thread.join(ctl.DEADLINE_S)
        listener.close()


def the_socket_is_found(check):
    with ctl.Ctl() as it:
        plain = it.environment()
        del plain["GHOSTKEY_SOCKET"]
        check.equal(it.run("status", env=it.environment()).status, 0, "GHOSTKEY_SOCKET")
        check.equal(it.run("--socket", it.socket, "status", env=plain).status, 0, "--socket before")
        check.equal(it.run("status", f"--socket={it.socket}", env=plain).status, 0, "and after")
        wrong = plain | {"GHOSTKEY_SOCKET": "/missing/s"}
        check.equal(it.run("--socket", it.socket, "status", env=wrong).status, 0, "it wins")
        runtime = it.directory / "run" / "ghostkey"
        runtime.mkdir(parents=True)
        (runtime / "ghostkey.sock").symlink_to(it.socket)
        default = plain | {"XDG_RUNTIME_DIR": str(runtime.parent)}
        check.equal(it.run("status", env=default).status, 0, "the default one")
        said = it.run("status", env=plain)
        check.ok(said.status == 5 and "XDG_RUNTIME_DIR" in said.err, "none at all: 5", said)


def a_missing_daemon_is_reported_with_what_to_do(check):
    with ctl.Ctl() as it:
        stale = it.directory / "stale"
        with socket.socket(socket.AF_UNIX) as left_over:
            left_over.bind(str(stale))
        manager = it.directory / "run" / "systemd"  # the user's systemd has a socket there
        manager.mkdir(parents=True)
        (manager / "private").touch()
        for path, reason in (("/missing/s", "No such file"), (str(stale), "Connection refused")):
            for arguments in (["get", "a"], ["status", "--wait=1s"]):
                said = it.run("--socket", path, *arguments, env=it.environment(XDG_RUNTIME_DIR=str(manager.parent)))
                check.ok(said.status == 5 and said.out == b"", f"{reason}: 5", said)
                check.ok(path in said.err and "systemctl --user status ghostkey.service" in said.err, "where to look", said)
                alone = it.run("--socket", path, *arguments)
                check.ok(alone.status == 5 and path in alone.err and "systemctl" not in alone.err, "no systemd for this user: not named", alone)
            said = it.run("--socket", path, "get", "a", env=it.environment(XDG_RUNTIME_DIR=str(manager.parent)))
            check.ok(all(word in said.err for word in (reason, "systemctl --user start ghostkey.socket", f"ghostkeyd --socket {path}")),
                     "with the reason and two ways", said)
            said = it.run("--socket", path, "get", "a")
            check.ok(f"start it with 'ghostkeyd --socket {path}'" in said.err and "no systemd runs for your user" in said.err,
                     "or with the one that works there", said)
        said = it.run("--socket", "/" + "x" * 200, "get", "a")
        check.ok(said.status == 2 and "107" in said.err, "a path too long: 2", said)


def a_url_is_asked_with_its_token(check):
    with ctl.Ctl() as it, server(ANSWER, ANSWER) as ((host, port), requests):
        plain = it.environment()
        del plain["GHOSTKEY_SOCKET"]
        token = it.directory / "token"
        token.write_text("t0ken\n")
        url = f"http://{host}:{port}"
        said = it.run("--url", url, "--token-file", str(token), "status", env=plain)
        check.equal((said.status, said.out), (0, b"status: ok\n"), "--url and --token-file")
        variables = plain | {"GHOSTKEY_URL": f"http://localhost:{port}/"}
        check.equal(it.run("status", env=variables).status, 0, "GHOSTKEY_URL, and no token")
        check.ok("\r\nAuthorization: Bearer t0ken\r\n" in requests[0], "the token goes along")
        check.ok(f"\r\nHost: {host}:{port}\r\n" in requests[0], "the host with its port", requests)
        check.ok(f"\r\nHost: localhost:{port}\r\n" in requests[1], "as it was given", requests)
        check.ok("Authorization" not in requests[1], "no token, no header", requests)
        for bad in ("https://localhost:1", "http://example.org", "localhost:1"):
            check.equal(it.run("--url", bad, "status", env=plain).status, 2, f"{bad}: 2")
        check.equal(it.run("--url", url, "--socket", "/s", "status").status, 2, "two places: 2")
        for where, arguments, env in (("--socket", ["--socket", it.socket], plain), ("GHOSTKEY_SOCKET", [], it.environment()),
                                      ("both variables", [], it.environment(GHOSTKEY_URL=url)),
                                      ("the default socket", [], plain | {"XDG_RUNTIME_DIR": str(it.directory)})):
            said = it.run(*arguments, "--token-file", str(token), "status", env=env)
            check.ok(said.status == 2 and said.out == b"" and "--token-file goes with --url" in said.err and str(token) not in said.err,
                     f"--token-file and {where}: 2", said)
        said = it.run("status", env=it.environment(GHOSTKEY_TOKEN_FILE=str(token)))
        check.equal(said.status, 0, "GHOSTKEY_TOKEN_FILE may be set beside a socket")


def who_may_not_ask_is_told_why(check):
    with tempfile.TemporaryDirectory() as own, ctl.Ctl("--tcp", "127.0.0.1:0", "--token-file", f"{own}/token") as it:
        plain = it.environment()
        del plain["GHOSTKEY_SOCKET"]
        url = f"http://{json.loads(it.run('status', '--json').out)['tcp']}"
        wrong = it.directory / "wrong"
        wrong.write_text("A" * 43 + "\n")
        for arguments in (["status"], ["events", "--follow"], ["requests", "--follow"], ["get", "a"]):
            said = it.run("--url", url, "--token-file", str(wrong), *arguments, env=plain)
            check.equal((said.status, said.out, said.err), (1, b"", "ghostctl: the daemon does not know this token; --token-file names the "
                        "file of the daemon's own token\n"), f"{arguments}: a wrong token")
        if os.getuid() != 0:
            check.skip("another user's daemon", "only root can be another user")
            return
        for directory in (it.directory.parent, it.directory):
            os.chmod(directory, 0o711)
        for mode, status, message in ((0o600, 5, "you may not use that socket; --socket or GHOSTKEY_SOCKET names another"),
                                      (0o666, 1, "the daemon belongs to another user; it answers that user and root alone")):
            os.chmod(it.socket, mode)
            with open(ctl.program(), "rb") as program:  # which may lie where that user cannot go
                done = subprocess.run([f"/proc/self/fd/{program.fileno()}", "get", "a"], pass_fds=[program.fileno()], user=65534, group=65534,
                                      extra_groups=[], cwd="/", env=it.environment(), capture_output=True, text=True, check=False)
            check.ok(done.returncode == status and message in done.stderr and "start it with" not in done.stderr, message, done)


def a_token_that_is_made_late_is_waited_for(check):
    """A service manager starts the daemon for this call, so the token file is made after ghostctl's start."""
    with ctl.Ctl() as it:
        plain = it.environment()
        del plain["GHOSTKEY_SOCKET"]
        runtime = it.directory / "run"
        token = runtime / "ghostkey/token"
        token.parent.mkdir(parents=True)

        def make():
            token.write_text("t0ken\n")

        for what, env, options in (
                ("the default file", {"XDG_RUNTIME_DIR": str(runtime)}, []),
                ("a named file", {}, ["--token-file", str(token)]),
                ("a variable's", {"GHOSTKEY_TOKEN_FILE": str(token)}, [])):
            token.unlink(missing_ok=True)
            with server(REFUSAL, ANSWER, before=make) as ((host, port), requests):
                said = it.run("--url", f"http://{host}:{port}", *options, "status", env=plain | env)
                check.equal((said.status, said.out), (0, b"status: ok\n"), f"{what}: it is answered")
            check.ok("Authorization" not in requests[0], f"{what}: no token yet", requests)
            check.ok("\r\nAuthorization: Bearer t0ken\r\n" in requests[1],
                     f"{what}: then the one that the daemon made", requests)
        token.unlink()
        with server(REFUSAL) as ((host, port), requests):
            said = it.run("--url", f"http://{host}:{port}", "--token-file", str(token), "put", "a",
                          stdin=b"x", env=plain)
            check.ok(said.status == 1 and "--token-file" in said.err and "No such file" in said.err,
                     "a named file that nobody makes: 1", said)
        check.ok(len(requests) == 1 and requests[0].startswith("GET /v1/status "),
                 "and no request carried a token or a value", requests)
        token.write_text("a b\n")
        with server() as ((host, port), requests):
            said = it.run("--url", f"http://{host}:{port}", "--token-file", str(token), "status",
                          env=plain)
        check.ok(said.status == 1 and f"{token} holds no token" in said.err and requests == [],
                 "a file without a token is said before anybody is asked", said)


def what_may_be_a_password_is_not_repeated(check):
    with ctl.Ctl() as it:
        plain = it.environment()
        del plain["GHOSTKEY_SOCKET"]
        for url in ("http://me:hunter2@127.0.0.1:1", "http://127.0.0.1:1/?token=hunter2", "hunter2"):
            for by, arguments, env in (("--url", ["--url", url], {}), ("GHOSTKEY_URL", [], {"GHOSTKEY_URL": url})):
                said = it.run(*arguments, "status", env=plain | env)
                check.ok(said.status == 2 and by in said.err and
                         "hunter2" not in said.err, f"{by} {url}: 2, and it is not shown", said)
        for token in ("hunter2", "hunter2/", "hunter2" * 100):
            for by, arguments, env in (("--token-file", ["--token-file", token], {}),
                                       ("GHOSTKEY_TOKEN_FILE", [], {"GHOSTKEY_TOKEN_FILE": token})):
                with server(REFUSAL) as ((host, port), _):
                    said = it.run("--url", f"http://{host}:{port}", *arguments, "status", env=plain | env)
                    if "long" in said.err:  # which is known before anybody is asked
                        socket.create_connection((host, port)).close()
                check.ok(said.status == 1 and by in said.err and "hunter2" not in said.err,
                         f"{by} {token}: 1, and it is not shown", said)


def a_silent_daemon_is_reported(check):
    """As while a start is refused: the service manager's socket takes the connection."""
    with ctl.Ctl() as it:
        path = str(it.directory / "waiting")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            with it.begin("--socket", path, "status") as asking:
                said = asking.error_line(NOTE_DEADLINE_S).decode()
                check.ok(path in said and "systemctl --user status ghostkey.service" in said,
                         "the message says where to look", said)
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(ANSWER)
                    got = asking.end()
        check.equal((got.status, got.out), (0, b"status: ok\n"), "and gets the answer when it comes")


def answers_that_are_not_the_contracts_are_reported(check):
    def ok(length, body):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (length, body)

    strange = {
        "no answer": ("status", b""),
        "no HTTP": ("status", b"hello\r\n\r\n"),
        "an answer cut short": ("status", ok(100, b'{"status":"ok"}')),
        "no JSON": ("status", ok(2, b"hi")),
        "another JSON": ("status", ok(2, b"[]")),
        "no body": ("status", ok(0, b"")),
        "no secret": ("get", ok(2, b"{}")),
        "no page": ("list", ok(2, b"{}")),
        "a redirect": ("delete", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
        "a bare 500": ("delete", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"),
    }
    with ctl.Ctl() as it:
        path = str(it.directory / "strange")
        answers = [answer for _, answer in strange.values()]
        with server(*answers, family=socket.AF_UNIX, address=path):
            for what, (command, _) in strange.items():
                names = ["a"] if command in ("get", "delete") else []
                said = it.run("--socket", path, command, *names)
                check.ok(said.status == 1 and said.out == b"" and said.err.startswith("ghostctl: "),
                         f"{what}: 1", said)


ctl.main(the_socket_is_found, a_missing_daemon_is_reported_with_what_to_do, a_url_is_asked_with_its_token,
         who_may_not_ask_is_told_why, a_token_that_is_made_late_is_waited_for, what_may_be_a_password_is_not_repeated, a_silent_daemon_is_reported,
         answers_that_are_not_the_contracts_are_reported)

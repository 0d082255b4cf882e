#!/usr/bin/env python3
"""Where ghostctl looks for the daemon: options, variables, the default; and what it says if nobody
is there or what is there is no GhostKey."""

import contextlib
import socket
import threading

import ctl

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"ok"}'


@contextlib.contextmanager
def server(*answers, family=socket.AF_INET, address=("127.0.0.1", 0)):
    """Answers one connection after another with these bytes -> (its address, requests so far)"""
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


def nobody_there_is_told_with_what_to_do(check):
    with ctl.Ctl() as it:
        stale = it.directory / "stale"
        with socket.socket(socket.AF_UNIX) as left_over:
            left_over.bind(str(stale))
        for path, reason in (("/missing/s", "No such file"), (str(stale), "Connection refused")):
            said = it.run("--socket", path, "get", "a")
            check.ok(said.status == 5 and said.out == b"", f"{reason}: 5", said)
            check.ok(all(word in said.err for word in (
                path, reason, "systemctl --user start ghostkey.socket",
                f"ghostkeyd --socket {path}")), "with the path, the reason and two ways", said)
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


def strange_answers_are_told(check):
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


ctl.main(the_socket_is_found, nobody_there_is_told_with_what_to_do, a_url_is_asked_with_its_token,
         strange_answers_are_told)

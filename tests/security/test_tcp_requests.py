#!/usr/bin/env python3
"""Requests over TCP: the token, Host and Origin; no CORS. What another local user, a page in a
browser and a name that is rebound to loopback can try (contract, section 7)."""

import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import http1
import seckit
import tap
from seckit import is_problem, start_tcp

A = "/v1/secrets/a"
TARGETS = [("GET", A), ("GET", "/v1/secrets"), ("GET", "/v1/nothing"), ("GET", "/"),
           ("GET", "/metrics"), ("GET", "/v1/openapi.json"), ("GET", "/v1/status"),
           ("HEAD", A), ("DELETE", A), ("POST", "/v1/rotate/a"), ("POST", "/v1/cleanup"),
           ("PUT", A), ("PATCH", A), ("BREW", A), ("OPTIONS", A), ("OPTIONS", "*"),
           ("GET", "/v1/secrets/a//b"), ("GET", "/v1/secrets?x=1"), ("GET", "/v1/events")]


def start():
    daemon = start_tcp()
    daemon.request("PUT", A, '{"value":"canary-value"}')
    return daemon


def cors_of(answer):
    return [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def unchanged(daemon):
    """Whether nothing was done but what start() did."""
    return daemon.json("GET", "/v1/status")[1]["last_event"] == 1


def wrong_tokens(token):
    """(what, the Authorization headers of a request)"""
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    yield "no token", []
    for what, text in [
            ("an empty header", ""), ("the scheme alone", "Bearer"), ("no token behind it", "Bearer "),
            ("a wrong token", f"Bearer {swapped}"), ("the first half", f"Bearer {token[:20]}"),
            ("one byte less", f"Bearer {token[:-1]}"), ("one more", f"Bearer {token}x"),
            ("twice in one", f"Bearer {token}{token}"), ("a list", f"Bearer {token}, Bearer {token}"),
            ("other case", f"Bearer {token.swapcase()}"), ("no scheme", token),
            ("another scheme", f"Basic {token}"), ("no blank", f"Bearer{token}"),
            ("quotes", f'Bearer "{token}"'), ("a tab before it", f"Bearer \t{token}x"),
            ("a NUL behind it", f"Bearer {token}\\0"), ("a parameter", f"Bearer token={token}")]:
        yield what, [("Authorization", text)]
    yield "two headers, the second wrong", [("Authorization", f"Bearer {token}"),
                                            ("Authorization", "Bearer wrong")]
    yield "two headers, the first wrong", [("Authorization", "Bearer wrong"),
                                           ("Authorization", f"Bearer {token}")]
    yield "a header of another name", [("X-Authorization", f"Bearer {token}")]
    yield "a proxy's header", [("Proxy-Authorization", f"Bearer {token}")]
    yield "a cookie", [("Cookie", f"token={token}")]


def tokens(check):
    with start() as daemon:
        for what, headers in wrong_tokens(daemon.token):
            answer = daemon.ask("GET", A, headers=[daemon.host(), *headers])
            check.ok(is_problem(answer, 401) and b"canary" not in answer.body
                     and daemon.token.encode() not in answer.body
                     and http1.header(answer.headers, "www-authenticate") == "Bearer",
                     f"{what}: 401, and WWW-Authenticate says what is wanted", answer)
        for scheme in ("Bearer", "bearer", "BEARER"):
            answer = daemon.ask("GET", A, headers=[
                daemon.host(), ("Authorization", f"{scheme} {daemon.token}")])
            check.equal(answer.status, 200, f"'{scheme}' and the token: 200")
        with daemon.tcp() as client:
            client.send(http1.encode("PUT", A, '{"value":"canary-value"}', [
                daemon.host(), ("Authorization", f"Bearer {daemon.token} \t")]))
            check.equal(client.answer().status, 200, "blanks behind the token are none of it: 200")
        answer = daemon.ask("GET", f"{A}?token={daemon.token}", headers=[daemon.host()])
        check.equal(answer.status, 401, "a token in the query does not count")


def order(check):
    with start() as daemon:
        for method, target in TARGETS:
            with daemon.tcp() as connection:
                answer = connection.request(method, target, headers=[daemon.host()])
                check.ok(answer.status == 401 and connection.is_closed(),
                         f"without a token {method} {target} is a 401, and the end", answer)
            answer = daemon.ask(method, target, headers=[("Host", "evil.example"), daemon.bearer()])
            check.equal(answer.status, 403, f"for a foreign host {method} {target} is a 403")
        answer = daemon.ask("GET", A, headers=[("Host", "evil.example")])
        check.equal(answer.status, 403, "403 comes before 401")
        answer = daemon.ask("PUT", A, headers=[daemon.host(), ("Content-Length", "99999999")])
        check.equal(answer.status, 401, "401 before 413, and before the body is sent")
        answer = daemon.ask("PUT", A, "x", [daemon.host(), ("Content-Type", "text/plain")])
        check.equal(answer.status, 401, "401 before 415")
        statuses = [(method, target, daemon.ask(method, target, headers=[
            daemon.host(), daemon.bearer()]).status) for method, target in TARGETS
            if method not in ("DELETE", "POST")]
        check.ok(all(status not in (401, 403) for _, _, status in statuses),
                 "with both each is answered by itself", statuses)
        check.ok(unchanged(daemon), "nothing of what was refused happened")


def hosts(check):
    with start() as daemon:
        port, right = daemon.port, daemon.bearer()
        own = [f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}",
               f"LocalHost:{port}", f"localhost:{port} \t"]
        for host in own:
            answer = daemon.ask("GET", A, headers=[("Host", host), right])
            check.equal(answer.status, 200, f"Host: {host.replace(str(port), 'PORT')}")
        foreign = [
            "", "localhost", "127.0.0.1", "[::1]", f"localhost:{port + 1}", "localhost:80",
            f"localhost:0{port}", f"localhost:{port}0", f"localhost:{port}:80", f"localhost.:{port}",
            f"127.0.0.2:{port}", f"127.1:{port}", f"0.0.0.0:{port}", f"2130706433:{port}",
            f"::1:{port}", f"[0:0:0:0:0:0:0:1]:{port}", f"[::ffff:127.0.0.1]:{port}",
            f"rebound.example:{port}", f"localhost.rebound.example:{port}",
            f"rebound-localhost:{port}", f"localhost:{port}.rebound.example",
            f"user@localhost:{port}", f"localhost:{port}@rebound.example", f"localhost:{port}/",
            f"localhost :{port}", f"localhost:{port},localhost:{port}", f"http://localhost:{port}"]
        for host in foreign:
            answer = daemon.ask("GET", A, headers=[("Host", host), right])
            check.ok(is_problem(answer, 403) and b"canary" not in answer.body,
                     f"Host: '{host.replace(str(port), 'PORT')}': 403", answer)
        with daemon.tcp() as connection:
            connection.send(f"GET {A} HTTP/1.0\r\n{right[0]}: {right[1]}\r\n\r\n".encode())
            check.equal(connection.answer().status, 403, "HTTP/1.0 without a Host: 403")
        with daemon.tcp() as connection:
            connection.send(f"GET {A} HTTP/1.1\r\n{right[0]}: {right[1]}\r\n\r\n".encode())
            check.ok(connection.answer().status in (400, 403), "HTTP/1.1 without a Host: refused")
        for first, second in [("evil.example", f"localhost:{port}"),
                              (f"localhost:{port}", "evil.example")]:
            answer = daemon.ask("GET", A, headers=[("Host", first), ("Host", second), right])
            check.ok(answer.status in (400, 403), "two hosts, one of them foreign: refused "
                     f"({first.split(':')[0]} first)", answer)


def bodies_without_a_token(check):
    """A request is refused by its head: the daemon neither waits for the body nor keeps it."""
    with start() as daemon:
        head = [daemon.host(), ("Content-Length", "300000")]
        before = seckit.memory_kib(daemon.pid)
        clients = [daemon.tcp() for _ in range(50)]
        statuses = []
        for client in clients:
            client.send(http1.encode("PUT", A, None, head) + b" " * 60000)
        for client in clients:
            statuses.append(client.answer().status)
        check.equal(statuses, [401] * 50, "50 that send a fifth of a body: 401, without the rest")
        seckit.costs_at_most(check, daemon.pid, before, 4096, "which costs nothing that stays")
        for what, more in [("in chunks", ("Transfer-Encoding", "chunked")),
                           ("that waits for 100", ("Expect", "100-continue"))]:
            with daemon.tcp() as client:
                client.send(http1.encode("PUT", A, None, [*head[:1], more] if "chunks" in what
                                           else [*head, more]))
                answer = client.answer()
                check.ok(answer.status == 401 and client.is_closed(),
                         f"a body {what}: 401, and the end", answer)
        with daemon.tcp() as client:
            client.send(http1.encode("PUT", A, None, [("Host", "evil.example"), daemon.bearer(),
                                                        ("Content-Length", "300000")]))
            check.equal(client.answer().status, 403, "for a foreign host: 403")
        with daemon.tcp() as client:
            client.send(b"GET /" + b"x" * 20000)
            check.ok(client.answer().status == 400 and client.is_closed(),
                     "a head of more than 16 KiB that does not end: 400, and the end")
        with daemon.tcp() as client:
            client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            check.ok(client.answer().status == 400 and client.is_closed(),
                     "what begins as TLS does: 400, and the end, at once")
        with daemon.tcp() as client:
            for byte in http1.encode("PUT", A, '{"value":"canary-value"}', [daemon.host(), daemon.bearer()]):
                client.send(bytes([byte]))
            check.equal(client.answer().status, 200, "who has the token may send it byte by byte")
            client.send(http1.encode("PUT", A, '{"value":"canary-value"}', [
                daemon.host(), daemon.bearer(), ("Expect", "100-continue")]))
            check.equal([client.answer().status for _ in range(2)], [100, 200], "or wait for 100")
            answer = client.request("GET", A, None, [daemon.host(), daemon.bearer()])
            check.ok(b"canary" in answer.body, "and go on", answer)


def another_loopback_address(check):
    """An address that --tcp accepts is one that requests may name."""
    for address, name in (("127.0.0.2:0", "127.0.0.2"), ("[::1]:0", "[::1]")):
        with start_tcp(address=address) as daemon:
            for host, status in ((name, 200), ("localhost", 200), ("127.0.0.3", 403)):
                with seckit.Tcp(daemon.port, host=name.strip("[]")) as connection:
                    answer = connection.request("GET", "/v1/status", None,
                                                [daemon.host(host), daemon.bearer()])
                check.equal(answer.status, status, f"--tcp {address}, Host: {host}:PORT")
            if status == 403:
                check.ok(f"{name}:{daemon.port}".encode() in answer.body, "which names that address",
                         answer)


def targets(check):
    """The host of a target in absolute form counts as well (RFC 9112, section 3.2.2)."""
    with start() as daemon:
        port, right = daemon.port, daemon.bearer()
        for authority in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
            answer = daemon.ask("GET", f"http://{authority}{A}", headers=[daemon.host(), right])
            check.equal(answer.status, 200, f"a target at {authority.replace(str(port), 'PORT')}")
        for authority in ("evil.example", f"evil.example:{port}", "", "localhost",
                          f"localhost:{port + 1}", f"localhost:{port}@evil.example",
                          f"evil.example@localhost:{port}"):
            answer = daemon.ask("GET", f"http://{authority}{A}", headers=[daemon.host(), right])
            check.ok(is_problem(answer, 403),
                     f"a target at '{authority.replace(str(port), 'PORT')}': 403", answer)
        answer = daemon.ask("GET", f"http://localhost:{port}{A}",
                            headers=[("Host", "evil.example"), right])
        check.equal(answer.status, 403, "a target of one's own does not mend a foreign Host")


def origins(check):
    with start() as daemon:
        port, right = daemon.port, daemon.bearer()
        for name in ("localhost", "127.0.0.1", "[::1]"):
            answer = daemon.ask("GET", A, headers=[
                daemon.host(name), right, ("Origin", f"http://{name}:{port}")])
            check.equal(answer.status, 200, f"a page of that same host: {name}")
        foreign = ["null", "", "https://evil.example", "http://evil.example", f"http://localhost:{port}",
                   "http://127.0.0.1", f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}",
                   f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}.evil.example",
                   f"http://127.0.0.1:{port} http://evil.example", f"127.0.0.1:{port}", "file://",
                   "chrome-extension://abcdef", f"http://127.0.0.1:{port}\t", f"ws://127.0.0.1:{port}"]
        for origin in foreign:
            for method in ("GET", "DELETE", "OPTIONS"):
                answer = daemon.ask(method, A, headers=[daemon.host(), right, ("Origin", origin)])
                wanted = [403] if not origin.endswith("\t") else [200, 403, 405]
                check.ok(answer.status in wanted and not cors_of(answer),
                         f"{method} of a page at '{origin.replace(str(port), 'PORT')}': 403", answer)
            if origin.endswith("\t"):
                daemon.request("PUT", A, '{"value":"canary-value"}')
        two = [("Origin", "http://evil.example"), ("Origin", f"http://127.0.0.1:{port}")]
        for headers in (two, two[::-1]):
            answer = daemon.ask("GET", A, headers=[daemon.host(), right, *headers])
            check.equal(answer.status, 403, f"two origins, {headers[0][1].split(':')[1]} first: 403")


def browser(page, port, method="GET", body=None, mode="cors", **headers):
    """A request as a browser sends it for a script in that page -> its headers, its body"""
    sent = [("Host", f"127.0.0.1:{port}"), ("Connection", "keep-alive"),
            ("User-Agent", "Mozilla/5.0"), ("Accept", "*/*"), ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "empty"), ("Referer", page + "/"),
            ("Accept-Encoding", "gzip, deflate, br")]
    if method not in ("GET", "HEAD") or mode == "cors":
        sent.insert(1, ("Origin", page))
    return sent + [(name.replace("_", "-"), value) for name, value in headers.items()], body


def a_page_in_a_browser(check):
    with start() as daemon:
        port = daemon.port
        for page in ("http://localhost:3000", "http://127.0.0.1:8000", "https://evil.example", "null"):
            headers, _ = browser(page, port)
            answer = daemon.ask("GET", A, headers=headers)
            check.ok(answer.status == 403 and b"canary" not in answer.body and not cors_of(answer),
                     f"fetch() of {page}: 403, nothing to read", answer)
            headers, body = browser(page, port, "POST", mode="no-cors", Content_Type="text/plain",
                                    body='{"value":"theirs"}')
            answer = daemon.ask("POST", "/v1/rotate/a", body, headers)
            check.ok(answer.status == 403 and not cors_of(answer),
                     f"a simple POST of {page}, which needs no preflight: 403", answer)
            headers, _ = browser(page, port, "OPTIONS", Access_Control_Request_Method="PUT",
                                 Access_Control_Request_Headers="authorization,content-type",
                                 Access_Control_Request_Private_Network="true")
            answer = daemon.ask("OPTIONS", A, headers=headers)
            check.ok(answer.status == 403 and not cors_of(answer),
                     f"the preflight of {page} is refused, without any CORS header", answer)
        headers, _ = browser("http://localhost:3000", port, mode="no-cors")
        answer = daemon.ask("GET", A, headers=headers)
        check.ok(answer.status == 401 and b"canary" not in answer.body,
                 "an <img> or <script>, which sends no Origin, bears no token: 401", answer)
        rebound = [("Host", f"rebound.example:{port}"), ("Origin", f"http://rebound.example:{port}"),
                   ("Sec-Fetch-Site", "same-origin"), daemon.bearer()]
        answer = daemon.ask("GET", A, headers=rebound)
        check.ok(answer.status == 403 and b"canary" not in answer.body,
                 "DNS rebinding: the page's name now means 127.0.0.1, and is refused even if it "
                 "has the token", answer)
        check.ok(unchanged(daemon), "none of it did anything")


def no_cors(check):
    with start() as daemon:
        own = [daemon.host(), daemon.bearer(), ("Origin", f"http://127.0.0.1:{daemon.port}")]
        for method, target in TARGETS:
            for headers in (own, [daemon.host()], [("Host", "evil.example")]):
                answer = daemon.ask(method, target, headers=headers)
                if cors_of(answer):
                    break
            check.equal(cors_of(answer), [], f"{method} {target} has no Access-Control header")
        status, headers, _ = daemon.request("OPTIONS", A, headers={"Origin": "http://localhost"})
        check.ok(status == 405 and not [n for n in headers if n.startswith("access-control")],
                 "nor over the Unix socket", status, headers)


def pipeline(check):
    """Each request is checked by itself, whatever came before it on the connection."""
    with start() as daemon, daemon.tcp() as connection:
        good = http1.encode("GET", A, headers=[daemon.host(), daemon.bearer()])
        connection.send(good * 2 + http1.encode("GET", A, headers=[daemon.host()]) + good)
        statuses = [connection.answer().status for _ in range(3)]
        check.ok(statuses == [200, 200, 401] and connection.is_closed(),
                 "a request without the token behind two with it: 401, and the end", statuses)


def another_local_user(check):
    if not seckit.may_become_others():
        check.skip("another local user", "needs root to become another user")
        return
    with start() as daemon:
        os.chmod(daemon.directory, 0o755)
        said = seckit.as_other(lambda: [
            seckit.attempt(os.open, f"{daemon.directory}/token", os.O_RDONLY),
            daemon.ask("GET", A, headers=[daemon.host()]).status,
            daemon.ask("GET", A, headers=[daemon.host(), ("Authorization", "Bearer x")]).status])
        check.equal(said, ["EACCES", 401, 401],
                    "another local user can connect, but has no token to bear")


def constant_time(check):
    """A measurement could not show it, so this looks at the source."""
    source = pathlib.Path(__file__).resolve().parents[2] / "daemon/http/token.c"
    text = source.read_text("utf-8")
    matches = text[text.index("bool token_matches("):]
    check.ok("CRYPTO_memcmp(" in matches and " memcmp(" not in matches
             and "strcmp(" not in matches and "strncmp(" not in matches,
             "the token is compared by CRYPTO_memcmp()")


def said_in_the_document(check):
    with start() as daemon:
        answer = daemon.ask("GET", "/v1/openapi.json", headers=[daemon.host(), daemon.bearer()])
        check.ok(daemon.token.encode() not in answer.body and json.loads(answer.body),
                 "the token is not in the OpenAPI document")
        answer = daemon.ask("GET", "/metrics", headers=[daemon.host(), daemon.bearer()])
        check.ok(daemon.token.encode() not in answer.body,
                 "nor in the metrics")
        check.ok(daemon.token not in daemon.stdout() + daemon.stderr(), "nor in the log")


if __name__ == "__main__":
    sys.exit(tap.run(tokens, order, hosts, bodies_without_a_token, another_loopback_address,
                     targets, origins, a_page_in_a_browser, no_cors, pipeline,
                     another_local_user, constant_time, said_in_the_document))

#!/usr/bin/env python3
"""The page over raw HTTP: its files and their headers, the code that is good once, the token of a tab (contract,
section 12).

The program is $GHOSTKEYD."""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security")]

# pylint: disable=wrong-import-position
import tap
from http1 import header
from seckit import start_tcp

PAGE = ROOT.parent / "daemon/api/page"
MEDIA = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}
MAX_BYTES = 60 * 1024
HTML = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'", "img-src": "'self'",
    "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'", "require-trusted-types-for": "'script'",
    "trusted-types": "'none'"}
HEADERS = {
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "same-origin", "x-frame-options": "DENY",
    "cache-control": "no-store"}


def files():
    """{path: file}"""
    found = [path for path in PAGE.iterdir() if path.suffix in MEDIA]
    return {"/" if path.name == "index.html" else f"/page/{path.name}": path for path in found}


def ask(daemon, method, path, body=None, headers=()):
    """One request over TCP, to this host unless the headers say otherwise."""
    if not any(name == "Host" for name, _ in headers):
        headers = [daemon.host(), *headers]
    return daemon.ask(method, path, body, headers)


def give_code(daemon):
    status, said = daemon.json("POST", "/v1/page-code")
    assert status == 200 and list(said) == ["code"], said
    return said["code"]


def exchange(daemon, code, *headers):
    return ask(daemon, "POST", "/v1/page-token", json.dumps({"code": code}), headers)


def token_of(daemon):
    answer = exchange(daemon, give_code(daemon))
    assert answer.status == 200, answer
    return ("Authorization", "Bearer " + json.loads(answer.body)["token"])


def each_file_is_served_as_it_stands_in_the_tree(check):
    total = 0
    with start_tcp() as daemon:
        for path, file in sorted(files().items()):
            answer = ask(daemon, "GET", path, headers=[HTML])
            total += len(answer.body)
            check.equal((answer.status, answer.body), (200, file.read_bytes()), f"{path}: the file")
            check.equal(header(answer.headers, "content-type"), MEDIA[file.suffix], f"{path}: its type")
            policy = dict(part.strip().split(" ", 1) for part in header(answer.headers, "content-security-policy").split(";"))
            check.equal(policy, POLICY, f"{path}: the policy")
            check.equal({name: header(answer.headers, name) for name in HEADERS}, HEADERS, f"{path}: the other headers")
            head = ask(daemon, "HEAD", path, headers=[HTML])
            check.equal((head.status, head.body, header(head.headers, "content-length")), (200, b"", str(len(answer.body))),
                        f"{path}: HEAD")
    check.ok(total <= MAX_BYTES, f"all together at most {MAX_BYTES} bytes", total)


def the_page_needs_nothing_but_its_own_files(check):
    linked = re.findall(r'(?:href|src)="([^"#]+)"', files()["/"].read_text("utf-8"))
    check.ok(linked and set(linked) <= set(files()), "it links to its own files alone", linked)
    for path, file in files().items():
        text = file.read_text("utf-8")
        outside = [each for each in re.findall(r"https?://[^\s\"'`)]+", text) if each != "http://www.w3.org/2000/svg"]
        check.equal(outside, [], f"{path}: no address of another site")
        inline = re.findall(r"<script(?![^>]*src=)[^>]*>|<style|\sstyle=|\son[a-z]+=\"|innerHTML|outerHTML|insertAdjacentHTML|"
                            r"document\.write|\beval\(|new Function|localStorage|indexedDB|document\.cookie", text)
        check.equal(inline, [], f"{path}: no inline code, no text as markup, nothing kept in the browser")


def what_is_not_a_file_is_refused(check):
    with start_tcp() as daemon:
        plain = ask(daemon, "GET", "/")
        check.equal(plain.status, 401, "GET / of a program that does not ask for HTML")
        check.equal(ask(daemon, "GET", "/", headers=[("Accept", "application/json, text/htmlx")]).status, 401, "nor for this")
        check.ok(ask(daemon, "POST", "/", "{}", [HTML]).status != 405, "nor POST /, which is AWS's")
        check.equal(ask(daemon, "GET", "/", headers=[("Accept", "TEXT/HTML;q=1")]).status, 200, "in any case, with parameters")
        for path in ("/page/", "/page/none.js", "/page/../page/app.js", "/page/app.js/", "/page/%61pp.js", "/page/index.html"):
            check.equal(ask(daemon, "GET", path, headers=[HTML]).status, 404, f"{path}: 404")
        refused = ask(daemon, "POST", "/page/app.js", "{}")
        check.equal((refused.status, header(refused.headers, "allow")), (405, "GET, HEAD"), "POST to a file")
        check.equal(json.loads(refused.body)["title"], "Method Not Allowed", "as a problem document")
        for path in files():
            check.equal(daemon.request("GET", path, headers=[HTML])[0], 404, f"{path}: not over the Unix socket")


def another_host_or_origin_is_refused(check):
    with start_tcp() as daemon:
        token = token_of(daemon)
        code = give_code(daemon)
        evil = ("Origin", "http://evil.example")
        own = ("Origin", f"http://127.0.0.1:{daemon.port}")
        for path in ("/", "/page/app.js"):
            for name in ("evil.example", "rebound.example"):
                check.equal(ask(daemon, "GET", path, headers=[HTML, daemon.host(name)]).status, 403, f"{path}: Host {name}")
            check.equal(ask(daemon, "GET", path, headers=[HTML, evil]).status, 403, f"{path}: a foreign origin")
            check.equal(ask(daemon, "GET", path, headers=[HTML, ("Origin", "null")]).status, 403, f"{path}: of a sandboxed frame")
            check.equal(ask(daemon, "GET", path, headers=[HTML, own]).status, 200, f"{path}: its own origin")
        for headers in ([evil], [("Origin", "null")], [daemon.host("rebound.example")]):
            check.equal(exchange(daemon, code, *headers).status, 403, f"the code with {headers}")
            refused = ask(daemon, "GET", "/v1/secrets", headers=[token, *headers])
            check.equal(refused.status, 403, f"the tab's token with {headers}")
            check.ok(not any(name.lower().startswith("access-control") for name, _ in refused.headers), "no CORS header")
        check.equal(exchange(daemon, code, own).status, 200, "a refused exchange does not use the code up")


def a_code_is_good_once(check):
    with start_tcp() as daemon:
        code = give_code(daemon)
        check.ok(re.fullmatch(r"[A-Za-z0-9_-]{43}", code), "a code of 256 bits", code)
        first = exchange(daemon, code)
        token = json.loads(first.body)
        check.equal((first.status, list(token), header(first.headers, "cache-control")), (200, ["token"], "no-store"), "taken")
        second = exchange(daemon, code)
        check.equal((second.status, header(second.headers, "www-authenticate")), (401, "Bearer"), "the second time: 401")
        check.ok("ghostctl page" in json.loads(second.body)["detail"], "and what to do", second.body)
        check.equal(exchange(daemon, token["token"]).status, 401, "a token is no code")
        check.equal(ask(daemon, "GET", "/v1/status", headers=[("Authorization", f"Bearer {give_code(daemon)}")]).status, 401,
                    "a code is no token")
        for body, status in (("", 400), ("{}", 400), ('{"code":1}', 400), ('{"code":""}', 401), ('{"code":"x","more":1}', 400),
                             ('{"code":"x","code":"y"}', 400), ("nonsense", 400)):
            check.equal(ask(daemon, "POST", "/v1/page-token", body).status, status, f"{body!r}: {status}")
        check.equal(ask(daemon, "GET", "/v1/page-token").status, 405, "only POST")
        check.equal(daemon.request("GET", "/v1/page-code")[0], 405, "only POST")
        check.equal(daemon.request("POST", "/v1/page-code", '{"more":1}')[0], 400, "a code takes no body")


def codes_are_given_over_the_unix_socket_only(check):
    with start_tcp() as daemon:
        for what, headers in (("without a token", []), ("with the daemon's token", [daemon.bearer()]), ("with a tab's", [token_of(daemon)])):
            check.equal(ask(daemon, "POST", "/v1/page-code", headers=headers).status, 403, f"over TCP {what}: 403")
        codes = [give_code(daemon) for _ in range(17)]
        check.equal(len(set(codes)), 17, "each is another one")
        check.equal([exchange(daemon, code).status for code in codes], [401] + [200] * 16, "the newest 16 are good")


def a_tab_opens_ghostkeys_own_api_alone(check):
    with start_tcp() as daemon:
        one, two = token_of(daemon), token_of(daemon)
        check.ok(one != two, "each tab has a token of its own")
        for what, token in (("one tab", one), ("another", two)):
            check.equal(ask(daemon, "PUT", "/v1/secrets/a", '{"value":"x"}', [token]).status, 200, f"{what} writes")
            check.equal(json.loads(ask(daemon, "GET", "/v1/secrets/a", headers=[token]).body)["value"], "x", f"{what} reads")
        value = token[1].removeprefix("Bearer ")
        check.equal(ask(daemon, "GET", "/v1/secret/data/a", headers=[("X-Vault-Token", value)]).status, 403, "not Vault's")
        wrong = [("Authorization", one[1][:-1] + ("A" if one[1][-1] != "A" else "B"))]
        check.equal(ask(daemon, "GET", "/v1/secrets/a", headers=wrong).status, 401, "a wrong token")
        check.equal(ask(daemon, "GET", "/v1/secrets/a", headers=[("Authorization", "Bearer " + "A" * 43)]).status, 401,
                    "nor a token that was never given")
        tokens = [token_of(daemon) for _ in range(64)]
        check.equal(ask(daemon, "GET", "/v1/status", headers=[one]).status, 401, "64 tabs later the first one has none")
        check.equal([ask(daemon, "GET", "/v1/status", headers=[each]).status for each in (tokens[0], tokens[-1])], [200, 200], "they have")
        daemon.request("POST", "/v1/reset")
        check.equal(ask(daemon, "GET", "/v1/status", headers=[tokens[0]]).status, 200, "a reset leaves the tabs alone")
    with start_tcp() as daemon:
        check.equal(ask(daemon, "GET", "/v1/status", headers=[tokens[-1]]).status, 401, "the token ends with the daemon")


def rules_and_requests_know_the_page(check):
    with start_tcp() as daemon:
        check.equal(daemon.request("PUT", "/v1/faults/all", '{"effect":{"error":"internal"}}')[0], 200, "a rule for all")
        check.equal(ask(daemon, "GET", "/", headers=[HTML]).status, 200, "does not touch the page")
        check.equal(exchange(daemon, give_code(daemon)).status, 200, "nor its token")
        check.equal(daemon.request("PUT", "/v1/faults/page", '{"match":{"api":"page"},"effect":{"error":"internal"}}')[0], 400,
                    "and no rule can name it")
        asked = [(each["api"], each["status"]) for each in daemon.json("GET", "/v1/requests")[1]["requests"]]
        check.ok(("page", 200) in asked, "it is listed among the requests", asked)


if __name__ == "__main__":
    sys.exit(tap.run(each_file_is_served_as_it_stands_in_the_tree, the_page_needs_nothing_but_its_own_files,
                     what_is_not_a_file_is_refused, another_host_or_origin_is_refused, a_code_is_good_once,
                     codes_are_given_over_the_unix_socket_only, a_tab_opens_ghostkeys_own_api_alone,
                     rules_and_requests_know_the_page))

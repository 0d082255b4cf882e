#!/usr/bin/env python3
"""The page by the rules of others: axe-core's for people who use a screen reader or the keyboard, and the CSP
evaluator's. Both are installed by tests/interop/install; what is missing is skipped, with GHOSTKEY_INTEROP_ALL=1 it fails.

The program is $GHOSTKEYD."""

import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security", "interop")]

# pylint: disable=wrong-import-position
import browser
import tap
from opened import Opened, put
from readers import npm_directory
from seckit import start_tcp

MODULES = pathlib.Path(npm_directory(), "node_modules")
EVALUATE = """
const {createRequire} = require("module");
const load = createRequire(process.argv[1] + "/");
const {CspEvaluator} = load("csp_evaluator/dist/evaluator.js");
const {CspParser} = load("csp_evaluator/dist/parser.js");
const {Severity} = load("csp_evaluator/dist/finding.js");
const found = new CspEvaluator(new CspParser(process.argv[2]).csp).evaluate();
console.log(JSON.stringify(found.map(({severity, directive, description}) => [Severity[severity], directive, description])));
"""
# The evaluator cannot know what else comes from the page's host: the API's answers need a token, which no script element sends.
MAY_BE = ["MEDIUM_MAYBE", "script-src", "'self' can be problematic if you host JSONP, AngularJS or user uploaded files."]
VIOLATIONS = """
const {violations, passes} = await axe.run(document, {resultTypes: ["violations"]});
return [passes.length, violations.map(({id, impact, nodes}) => `${id} (${impact}): ${nodes.map(({html}) => html.slice(0, 160)).join(" | ")}`)];
"""


def is_installed(check, module, what):
    if (MODULES / module).is_dir() and shutil.which("node"):
        return True
    if os.environ.get("GHOSTKEY_INTEROP_ALL"):
        check.ok(False, what, f"{module} is not in {MODULES}")
    else:
        check.skip(what, f"{module} is not installed; tests/interop/install does that")
    return False


def findings(policy):
    said = subprocess.run(["node", "-e", EVALUATE, npm_directory(), policy], capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def the_policy_is_strict(check):
    if not is_installed(check, "csp_evaluator", "the CSP evaluator"):
        return
    check.ok(any(found[0] == "HIGH" for found in findings("default-src *")), "the evaluator finds fault with a policy that allows all")
    with start_tcp() as daemon:
        for path in ("/", "/page/app.js"):
            connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
            connection.request("GET", path, headers={"Accept": "text/html"})
            policy = connection.getresponse().getheader("Content-Security-Policy", "")
            connection.close()
            check.equal([each for each in findings(policy) if each != MAY_BE], [], f"{path}: the CSP evaluator finds nothing")


class Judged:
    """A page in which axe-core is loaded."""

    def __init__(self, check, page):
        self.check, self.page = check, page
        page.run((MODULES / "axe-core/axe.min.js").read_text("utf-8"))

    def has_no_violation(self, state):
        for width in (1280, 360):
            for scheme in ("light", "dark"):
                self.page.show(width, 800, scheme)
                self.page.wait("return innerWidth === arguments[0]", width)
                passed, found = self.page.run(VIOLATIONS)
                self.check.ok(passed > 0 and not found, f"axe-core, {scheme}, {width} pixels: {state}", *found)


def nobody_is_left_out(check):
    if not is_installed(check, "axe-core", "axe-core"):
        return
    with start_tcp() as daemon, Opened(daemon) as page:
        judge = Judged(check, page)
        judge.has_no_violation("no secret")
        fill(daemon)
        page.wait("return document.querySelectorAll('.row:not([hidden])').length === 6")
        judge.has_no_violation("secrets of each kind")
        read_old(daemon)
        page.open_secret("app/db")
        page.click_text("Show value for 10 seconds")
        page.wait("return document.querySelector('#detail td.bad')")
        judge.has_no_violation("a secret with versions, readers and its value")
        for tab in ("requests", "faults"):
            page.click(f"#tab-{tab}")
            page.wait(f"return document.querySelector('#{tab}').innerText.trim() !== ''")
            judge.has_no_violation(f"the tab {tab}")
        for opener, within in (("New secret", "#lanes"), ("Put a value", "#detail"), ("Delete", "#detail"), ("Add fault", "#faults")):
            page.click_text(opener, within)
            page.wait("return document.querySelector('dialog[open]')")
            judge.has_no_violation(f"the dialog of {opener}")
            page.press("Escape")
            page.wait("return !document.querySelector('dialog[open]')")
        page.run("document.querySelector('#handle').focus()")
        page.press("PageUp")
        page.wait("return !document.querySelector('#tip').hidden")
        page.click("#step")
        page.wait("return !document.querySelector('#notice').hidden")
        judge.has_no_violation("a notice")
    with start_tcp() as daemon, Opened(daemon) as page:
        judge = Judged(check, page)
        daemon.end()
        page.wait("return document.querySelector('#connection').textContent !== 'Live'")
        judge.has_no_violation("a daemon that is away")
        page.wait("return true")
    with start_tcp() as daemon, browser.Browser() as page:
        page.go(f"http://127.0.0.1:{daemon.port}/")
        page.wait("return document.querySelector('#closed:not([hidden])')")
        Judged(check, page).has_no_violation("a tab without access")


def fill(daemon):
    put(daemon, "app/db", value="x", ttl="15m", rotation={"strategy": "token", "on_expiry": True}, description="of the app", labels={"team": "a"})
    put(daemon, "static", value="x")
    put(daemon, "expires", value="x", ttl="1h")
    put(daemon, "expired", value="x", ttl="1s")
    put(daemon, "deleted", value="x")
    put(daemon, "pending", generate=True)
    daemon.json("POST", "/v1/clock/advance", '{"by":"10s"}')
    daemon.json("DELETE", "/v1/secrets/deleted?recover=7d")
    daemon.json("POST", "/v1/rotate/pending", '{"pending":true}')


def read_old(daemon):
    """A reader that has the old value."""
    with daemon.tcp() as connection:
        connection.request("GET", "/v1/secrets/app/db", None, (daemon.host(), daemon.bearer(), ("User-Agent", "old-app")))
    daemon.json("POST", "/v1/rotate/app/db", "{}")
    daemon.json("POST", "/v1/rotate/app/db", '{"pending":true}')


if __name__ == "__main__":
    if not browser.is_there():
        print("1..0 # SKIP there is no chromium, or no chromedriver")
        sys.exit(0)
    sys.exit(tap.run(the_policy_is_strict, nobody_is_left_out))

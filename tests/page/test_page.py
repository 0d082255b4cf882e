#!/usr/bin/env python3
"""The page in a real browser, Debian's Chromium (contract, section 12). Skipped where that is not installed.

The program is $GHOSTKEYD."""

import http.server
import json
import pathlib
import sys
import threading
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security")]

# pylint: disable=wrong-import-position
import browser
import tap
from opened import ROW, Opened, code_of, metadata, put, wait_for
from seckit import start_tcp

MARKUP = "<img src=x onerror=\"document.title='hit'\"><b>bold</b>"
VALUE = "canary-5b1d"
LIVE_S = 0.1
TRIES = 5


def each_action_is_done(check):
    with start_tcp() as daemon:
        put(daemon, "a", value=VALUE, ttl="15m", rotation={"strategy": "token", "on_expiry": True})
        with Opened(daemon) as page:
            check.equal(page.run("return location.hash"), "", "the code has left the address")
            page.open_secret("a")
            check.ok(VALUE not in page.run("return document.documentElement.outerHTML"), "no value stands in the page")
            page.click_text("Show value for 10 seconds")
            page.wait("return document.querySelector('#value').textContent === arguments[0]", VALUE)
            shown = time.monotonic()
            page.wait("return document.querySelector('#value').textContent === ''")
            check.ok(8 < time.monotonic() - shown < 13, "the value is shown for ten seconds", time.monotonic() - shown)
            page.click_text("Rotate", "#detail")
            wait_for(check, lambda: metadata(daemon, "a")["version"] == 2, "rotate")
            page.click_text("Rotate in two steps", "#detail")
            page.click_text("Promote v3", "#detail")
            wait_for(check, lambda: metadata(daemon, "a")["version"] == 3, "rotate in two steps, promote")
            page.click_text("Roll back to v2", "#detail")
            wait_for(check, lambda: metadata(daemon, "a")["version"] == 2, "roll back")
            page.click_text("Put a value", "#detail")
            page.type("dialog textarea", "new-value")
            page.click_text("Put", "dialog")
            wait_for(check, lambda: daemon.json("GET", "/v1/secrets/a")[1]["value"] == "new-value", "put")
            page.click_text("Put a value", "#detail")
            page.click_text("Put", "dialog")
            wait_for(check, lambda: daemon.json("GET", "/v1/secrets/a")[1]["value"] not in ("", "new-value"), "put without a value makes one")
            page.click_text("Delete", "#detail")
            page.click_text("Delete", "dialog")
            wait_for(check, lambda: daemon.request("GET", "/v1/secrets/a")[0] == 404, "delete")
            page.click_text("Restore", "#detail")
            wait_for(check, lambda: daemon.request("GET", "/v1/secrets/a")[0] == 200, "restore")
            page.click("#new")
            page.type("dialog input[name=name]", "made/here")
            page.click_text("Make", "dialog")
            wait_for(check, lambda: daemon.request("GET", "/v1/secrets/made/here")[0] == 200, "a new secret")
            page.click("#tab-faults")
            page.click_text("Add fault", "#faults")
            for name, text in (("id", "busy"), ("name", "app/**"), ("times", "3")):
                page.type(f"dialog input[name={name}]", text)
            page.click_text("Add", "dialog")
            wait_for(check, lambda: [[each[part] for part in ("id", "match", "effect", "when")] for each in daemon.json("GET", "/v1/faults")[1]["faults"]] ==
                     [["busy", {"name": "app/**"}, {"error": "unavailable"}, {"times": 3}]], "a fault")
            page.click_text("Remove busy", "#faults")
            wait_for(check, lambda: daemon.json("GET", "/v1/faults")[1]["faults"] == [], "and none")
            page.click("#step")
            wait_for(check, lambda: daemon.json("GET", "/v1/clock")[1]["now"] == "2000-01-01T00:15:00.000Z", "to the next thing due")
            page.type("#by", "30m")
            page.click_text("Advance", "#clock")
            wait_for(check, lambda: daemon.json("GET", "/v1/clock")[1]["now"] == "2000-01-01T00:45:00.000Z", "by an amount")
            page.wait("const x = document.querySelector('#handle').style.left; const was = window.was; window.was = x; return x === was")
            page.drag("#handle", 80)
            wait_for(check, lambda: daemon.json("GET", "/v1/clock")[1]["now"] > "2000-01-01T00:45:00.000Z", "by dragging now")
            check.equal(page.run("return [localStorage.length, sessionStorage.length, document.cookie]"), [0, 0, ""], "nothing is kept")
            blocked = [each for each in page.messages() if "Security Policy" in each or "TrustedHTML" in each or "is not defined" in each]
            check.equal(blocked, [], "nothing was blocked")


def a_change_shows_at_once(check):
    with start_tcp() as daemon, Opened(daemon) as page:
        page.run("window.seen = {}; new MutationObserver(() => document.querySelectorAll('.row:not([hidden])').forEach((row) => {"
                 "window.seen[row.dataset.name] ??= Date.now(); })).observe(document.querySelector('#rows'), {subtree: true, childList: true,"
                 "attributes: true, characterData: true})")
        taken = []
        for number in range(TRIES):
            begun = time.time() * 1000
            put(daemon, f"live-{number}", value="x")
            taken.append((page.wait("return window.seen[arguments[0]]", f"live-{number}") - begun) / 1000)
        check.ok(min(taken) < LIVE_S, f"from put to the change on the page: under {LIVE_S} s", taken)


def text_stays_text(check):
    with start_tcp() as daemon:
        put(daemon, "a=b@c!", value=MARKUP, description=MARKUP, labels={MARKUP: MARKUP})
        with Opened(daemon) as page:
            page.open_secret("a=b@c!")
            page.click_text("Show value for 10 seconds")
            page.wait("return document.querySelector('#value').textContent === arguments[0]", MARKUP)
            check.ok(MARKUP in page.text("#detail dl"), "markup in a description and a label is shown as it is", page.text("#detail dl"))
            check.equal(page.run("return [document.title, document.querySelectorAll('#detail img, #detail b').length]"), ["GhostKey", 0], "and is no element")


def the_keyboard_is_enough(check):
    with start_tcp() as daemon:
        for name in "abc":
            put(daemon, name, value="x")
        with Opened(daemon) as page:
            page.run("document.querySelector('#rows').focus()")
            page.press("Down", "Down", "Enter")
            page.wait("return document.querySelector('#detail h2')?.textContent === 'b'")
            check.ok(True, "arrows choose a secret, and Enter opens it")
            page.press("Escape")
            check.equal(page.run("return [document.querySelector('#detail').hidden, document.activeElement.id]"), [True, "rows"], "Escape closes it")
            page.run("document.querySelector('#handle').focus()")
            page.press("PageUp", "Enter")
            wait_for(check, lambda: daemon.json("GET", "/v1/clock")[1]["now"] > "2000-01-01T00:00:00.000Z", "the clock moves by keys")


def tab_to(page, text):
    """Tab alone, from where the focus is, to the button with that text."""
    for _ in range(60):
        page.press("Tab")
        if page.run("const at = document.activeElement; return at.matches('button') && at.textContent === arguments[0]", text):
            return
    raise AssertionError(f"Tab does not come to {text}")


def dialogs_by_keys(check):
    """Nothing is focused by a script here, and no pointer is used."""
    with start_tcp() as daemon:
        put(daemon, "b", value="x", rotation={"strategy": "hex"})
        with Opened(daemon) as page:
            tab_to(page, "New secret")
            page.press("Enter")
            page.wait("return document.activeElement.name === 'name'")
            page.press(*"made", "Tab", "Tab", *"15m", "Tab", "h", "Tab", " ", "Enter")
            wait_for(check, lambda: daemon.request("GET", "/v1/secrets/made")[0] == 200, "a secret is made by its dialog")
            made = daemon.json("GET", "/v1/metadata/made")[1]["metadata"]
            check.equal((made["ttl"], made["rotation"]["strategy"], made["rotation"]["on_expiry"]), (900, "hex", True), "as it was typed and chosen")
            page.wait("return !document.querySelector('#dialog').open")
            check.equal(page.run("return document.activeElement.textContent"), "New secret", "and the focus is where it was")
            page.press("Enter")
            page.wait("return document.activeElement.name === 'name'")
            page.press(*"made", "Enter")
            page.wait("return document.querySelector('#dialog [role=alert]').textContent !== ''")
            check.ok(page.run("return document.querySelector('#dialog').open"), "a refusal stays open, and says why", page.text("#dialog [role=alert]"))
            page.press("Escape")
            page.wait("return !document.querySelector('#dialog').open")
            tab_to(page, "Events")
            page.press("Right", "Right")
            tab_to(page, "Add fault")
            page.press("Enter")
            page.wait("return document.activeElement.name === 'id'")
            page.press("Tab", "v", "Tab", "Tab", "Tab", "Tab", "3", "Enter")
            wait_for(check, lambda: [(each["id"], each["match"], each["when"]) for each in daemon.json("GET", "/v1/faults")[1]["faults"]] ==
                     [("fault", {"api": "vault"}, {"times": 3})], "a fault by its dialog")
            tab_to(page, "Remove fault")
            page.press("Enter")
            wait_for(check, lambda: daemon.json("GET", "/v1/faults")[1]["faults"] == [], "and none")
            page.wait("return document.activeElement.textContent === 'Add fault'")
            check.ok(True, "the focus goes to the button that is left")
            for _ in range(60):
                page.press("Tab")
                if page.run("return document.activeElement.id === 'rows'"):
                    break
            page.press("Home", "Enter")
            page.wait("return document.querySelector('#detail h2')?.textContent === 'b'")
            for verb, wanted in (("Rotate", 2), ("Roll back to v1", 1)):
                tab_to(page, verb)
                page.press("Enter")
                wait_for(check, lambda: daemon.json("GET", "/v1/metadata/b")[1]["metadata"]["version"] == wanted, f"{verb} by keys")  # pylint: disable=cell-var-from-loop
                page.wait("return document.querySelector('#versions tbody').rows[0].innerText.includes('current') === arguments[0]", wanted == 2)
                check.equal(page.run("return document.activeElement.textContent"), "Rotate" if wanted == 2 else "b",
                            "the focus stays there, or goes to the title if that button is gone")


def a_tab_without_access_says_how_to_go_on(check):
    with start_tcp() as daemon:
        put(daemon, "a", value="x")
        code = code_of(daemon)
        with browser.Browser() as page:
            for what, end in (("no code", ""), ("a wrong one", "#" + "A" * 43)):
                page.go(f"http://127.0.0.1:{daemon.port}/{end}")
                page.wait("return document.querySelector('#closed:not([hidden])')")
                check.ok("ghostctl page" in page.text("#closed") and page.run("return location.hash") == "", f"{what}: it says so")
                page.go("about:blank")
            page.go(f"http://127.0.0.1:{daemon.port}/#{code}")
            page.wait("return document.querySelector('#connection').textContent === 'Live'")
            page.ask("POST", "/refresh")
            page.wait("return document.querySelector('#closed:not([hidden])')")
            check.ok(True, "a tab that is loaded again has none")


def a_tab_ends_with_its_daemon(check):
    daemon = start_tcp()
    with daemon, Opened(daemon) as page:
        port = daemon.port
        daemon.end()
        page.wait("return document.querySelector('#connection').textContent.startsWith('The daemon is away')")
        check.ok(True, "a daemon that is away is said")
        with start_tcp(address=f"127.0.0.1:{port}"):
            page.wait("return document.querySelector('#closed:not([hidden])')")
            check.ok("ghostctl page" in page.text("#closed"), "another one does not know the tab", page.text("#closed"))


class Foreign(http.server.BaseHTTPRequestHandler):
    """A site of somebody else."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title><p>foreign")

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def another_site_gets_nothing(check):
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    with start_tcp() as daemon, browser.Browser("--host-resolver-rules=MAP rebound.example 127.0.0.1") as page:
        put(daemon, "a", value=VALUE)
        code, base = code_of(daemon), f"http://127.0.0.1:{daemon.port}"
        page.go(f"http://127.0.0.1:{site.server_address[1]}/")
        page.run("window.got = []; for (const [path, options] of [['/', {}], ['/v1/secrets/a', {}], ['/v1/page-token', {method: 'POST',"
                 "headers: {'Content-Type': 'text/plain'}, body: JSON.stringify({code: arguments[1]})}], ['/v1/secrets/b', {method: 'PUT', body: '{}'}],"
                 "['/v1/reset', {method: 'POST', mode: 'no-cors'}]])"
                 "fetch(arguments[0] + path, options).then((a) => a.text()).then((t) => window.got.push(t), () => window.got.push('refused'))", base, code)
        page.wait("return window.got.length === 5")
        check.ok(not any(text for text in page.run("return window.got") if text != "refused"), "it reads nothing", page.run("return window.got"))
        check.equal(daemon.request("GET", "/v1/secrets/a")[0], 200, "and changes nothing")
        page.run("const frame = document.createElement('iframe'); frame.src = arguments[0]; frame.onload = () => { window.framed = true; };"
                 "document.body.append(frame)", base + "/")
        page.wait("return window.framed")
        check.ok(page.run("try { return document.querySelector('iframe').contentDocument === null; } catch { return true; }"), "no frame shows it")
        page.go(f"http://rebound.example:{daemon.port}/#{code}")
        check.ok("GhostKey" not in page.run("return document.title"), "a name that was rebound gets no page", page.run("return document.body.innerText"))
        page.go(f"{base}/#{code}")
        page.wait("return document.querySelector('#connection').textContent === 'Live'")
        check.ok(True, "the code is still good for the page itself")
    site.shutdown()
    site.server_close()


def it_fits(check):
    with start_tcp() as daemon:
        for name in ("db_pass", "a/name/that/is/rather/long/and/goes/on/and/on"):
            put(daemon, name, generate=True, ttl="15m")
        with Opened(daemon) as page:
            for width in (360, 768, 1280, 2560, 3840):
                page.show(width, 800)
                page.wait("return innerWidth === arguments[0]", width)
                check.ok(page.run("return document.documentElement.scrollWidth <= innerWidth"), f"{width} pixels: nothing is beside the page")


if __name__ == "__main__":
    if not browser.is_there():
        print("1..0 # SKIP there is no chromium, or no chromedriver")
        sys.exit(0)
    sys.exit(tap.run(each_action_is_done, a_change_shows_at_once, text_stays_text, the_keyboard_is_enough, dialogs_by_keys,
                     a_tab_without_access_says_how_to_go_on, a_tab_ends_with_its_daemon, another_site_gets_nothing, it_fits))

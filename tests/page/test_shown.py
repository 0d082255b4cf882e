#!/usr/bin/env python3
"""What the page shows of the daemon's state (contract, section 12): the time line by its pixels, readers, requests, events,
and how it goes on after it was hidden, was refused, or everything was forgotten.

The program is $GHOSTKEYD."""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("support", "security")]

# pylint: disable=wrong-import-position
import browser
import tap
from daemon import Daemon, wait_for
from opened import ROW, Opened, metadata, put
from seckit import start_tcp, tcp_port

AXIS, LANE = 28, 44
NEAR = 4  # pixels: bars have a gap and round ends
# The runs [from, to] of pixels of a colour in the line `y` of the time line.
RUNS = """
const [colour, y] = arguments;
const canvas = document.querySelector("#canvas");
const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim();
const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const {data} = canvas.getContext("2d").getImageData(0, y, canvas.width, 1);
const runs = [];
for (let x = 0; x < canvas.width; x++) {
    if (wanted.every((part, at) => Math.abs(part - data[4 * x + at]) < 40)) {
        if (runs.at(-1)?.[1] === x - 1) {
            runs.at(-1)[1] = x;
        } else {
            runs.push([x, x]);
        }
    }
}
return runs;
"""
STANDS = "const x = document.querySelector('#handle').style.left; const was = window.was; window.was = x; return x === was"


def advance(daemon, by):
    status, said = daemon.json("POST", "/v1/clock/advance", json.dumps({"by": by}))
    assert status == 200, said


def row(page, name):
    return page.run(ROW + "?.innerText.replaceAll('\\n', ' ')", name)


def shows(page, selector, text):
    page.wait("return document.querySelector(arguments[0])?.innerText.includes(arguments[1])", selector, text)


def is_near(got, wanted):
    return len(got) == len(wanted) and all(abs(one - two) <= NEAR for one, two in zip(got, wanted))


def width(run):
    return run[1] - run[0]


def each_state_has_its_shape(check):
    with start_tcp() as daemon:
        put(daemon, "a-rotates", generate=True, ttl="15m", rotation={"strategy": "token", "on_expiry": True})
        put(daemon, "b-expires", value="x", ttl="50m")
        put(daemon, "c-expired", value="x", ttl="10m")
        put(daemon, "d-deleted", value="x")
        put(daemon, "e-pending", generate=True)
        put(daemon, "f-static", value="x")
        put(daemon, "g-promoted", generate=True)
        put(daemon, "h-discarded", generate=True)
        advance(daemon, "20m")
        for name in ("e-pending", "g-promoted", "h-discarded"):
            daemon.json("POST", f"/v1/rotate/{name}", '{"pending":true}')
        advance(daemon, "10m")
        daemon.json("POST", "/v1/promote/g-promoted", '{"version":2}')
        daemon.json("POST", "/v1/discard/h-discarded", '{"version":2}')
        advance(daemon, "10m")
        daemon.json("DELETE", "/v1/secrets/d-deleted?recover=10m")
        with Opened(daemon) as page:
            shows(page, "#count", "8 of 8 secrets")
            page.wait(STANDS)
            now = float(page.run("return document.querySelector('#handle').style.left").removesuffix("px"))

            def runs(colour, lane, y):
                return page.run(RUNS, colour, AXIS + lane * LANE + y)

            def begins(colour, lane, y):
                return [one for one, _ in runs(colour, lane, y) if one < now + NEAR]

            def ahead(colour, lane, y):
                """From where to where it is there, right of now."""
                found = [each for each in runs(colour, lane, y) if each[0] > now + NEAR]
                return [found[0][0], found[-1][1]]

            zero = begins("current", 5, 16)[0]

            def at(minute):
                return zero + (now - zero) * minute / 40

            check.ok(is_near([runs("now", 8, 20)[0][0]], [now]), "a line stands at now")
            check.ok(is_near(begins("current", 0, 16), [at(0), at(15), at(30)]), "each version has its bar", begins("current", 0, 16))
            check.ok(is_near([runs("current", 0, 16)[2][1]], [now]), "the current one ends now")
            check.ok(is_near([runs("previous", 0, 35)[0][0], runs("previous", 0, 35)[-1][1]], [at(15), now]), "the previous one is a line below")
            check.equal(runs("previous", 5, 35), [], "that a first version has not")
            check.ok(is_near([runs("current", 2, 16)[0][1]], [at(10)]), "what has expired is current until then")
            check.ok(is_near([begins("expired", 2, 14)[0], runs("expired", 2, 14)[-1][1]], [at(10), now]), "and hatched from then on")
            check.ok(3 < len(runs("expired", 2, 22)) < now / 4, "with gaps", runs("expired", 2, 22))
            dashes = runs("pending", 4, 3)
            check.ok(len(dashes) > 5 and is_near([dashes[0][0], dashes[-1][1]], [at(20) + 3, now]), "a pending one is dashed", dashes[:2], at(20))
            check.equal(runs("pending", 5, 3), [], "where there is one")
            check.ok(is_near([runs("pending", 6, 3)[-1][1], *begins("current", 6, 16)], [at(30), at(0), at(30)]), "until it is promoted, and in force from then on")
            check.ok(is_near([runs("pending", 7, 3)[-1][1], *begins("current", 7, 16)], [at(30), at(0)]), "or is discarded")
            check.ok(is_near(ahead("current", 0, 17), [at(45) - 1, at(45) + 1]) and 9 < width(ahead("current", 0, 22)), "a diamond where it rotates")
            check.ok(is_near(ahead("current", 1, 17), [at(50) - 5, at(50) + 5]), "a cross where it expires")
            check.ok(is_near(ahead("expired", 3, 16), [at(50) - 6, at(50) + 6]) and width(ahead("expired", 3, 27)) < 7, "a triangle where it is gone")
            check.equal([each for each in runs("current", 5, 17) if each[0] > now + NEAR], [], "and nothing is due of a static one")
            check.equal([row(page, name) for name in ("a-rotates", "b-expires", "c-expired", "d-deleted", "f-static")],
                        ["a-rotates v3, rotates in 5m", "b-expires v1, expires in 10m", "c-expired v1, expired",
                         "d-deleted deleted, gone in 10m", "f-static v1, static"], "the list says the same in words")
            check.equal(page.run("return [...document.querySelectorAll('.row:not([hidden]) progress')].map((each) => each.hidden ? null : each.value)"),
                        [1 / 3, 0.2, 0] + [None] * 5, "and the time left as a bar")
            check.equal(page.text("#due-text"), "virtual clock, next due in 5m", "and what is due next")
            moves(check, daemon, page, now)


def moves(check, daemon, page, now):
    page.drag("#canvas", -200)
    page.wait("return Math.abs(parseFloat(document.querySelector('#handle').style.left) - arguments[0]) < 3", now - 200)
    check.ok(True, "the view is dragged")
    page.click("#fit")
    page.wait("return Math.abs(parseFloat(document.querySelector('#handle').style.left) - arguments[0]) < 3", now)
    page.run("document.querySelector('#handle').focus()")
    page.press(*["PageDown"] * 3)
    page.wait("return document.querySelector('#tip').innerText === 'to 2000-01-01 00:40:00'")
    check.ok(True, "now is not moved back")
    page.press("PageUp")
    page.wait("return /^to 2000-01-01 00:4[1-9]/.test(document.querySelector('#tip').innerText)")
    page.press("Escape")
    page.wait("return document.querySelector('#tip').hidden")
    page.press("Enter")
    check.equal(daemon.json("GET", "/v1/clock")[1]["now"], "2000-01-01T00:40:00.000Z", "Escape leaves the clock alone")
    page.press("PageUp", "Left", "Left", "Enter")
    shows(page, "#notice", "The clock stands at 2000-01-01 00:4")
    check.ok("1 rotated" in page.text("#notice") or "nothing was due" in page.text("#notice"), "what fired is said", page.text("#notice"))
    page.click("#step")
    wait_for(lambda: metadata(daemon, "a-rotates")["version"] > 3, "a rotation")
    page.wait("const row = [...document.querySelectorAll('.row')].find((each) => each.dataset.name === 'a-rotates'); return row.innerText.includes('v4')")
    check.ok(True, "and shown")


def many_narrow_bars_are_one(check):
    with start_tcp() as daemon:
        put(daemon, "a", generate=True, ttl="1s", rotation={"strategy": "token", "on_expiry": True})
        advance(daemon, "1h")
        with Opened(daemon) as page:
            page.wait(STANDS)

            def zoom_in(times):
                for _ in range(times):
                    page.click("#zoom-in")
                page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

            for times in (0, 6):  # bars of 0.2 and of 4 pixels
                zoom_in(times)
                check.ok(width(page.run(RUNS, "current", AXIS + 20)[0]) > 400 and len(page.run(RUNS, "previous", AXIS + 35)) == 1, "one bar, one line")
            zoom_in(2)
            runs = page.run(RUNS, "current", AXIS + 20)
            check.ok(len(runs) > 20, "nearer, each is there", len(runs))


def who_reads_and_what_is_asked(check):
    with start_tcp() as daemon:
        put(daemon, "a", generate=True)

        def read(agent, path):
            with daemon.tcp() as connection:
                connection.request("GET", path, None, (daemon.host(), daemon.bearer(), ("User-Agent", agent)))

        with Opened(daemon) as page:
            page.open_secret("a")
            shows(page, "#detail", "Nobody has read it")
            read("has-old", "/v1/secrets/a")
            daemon.json("POST", "/v1/rotate/a", "{}")
            read("has-new", "/v1/secrets/a")
            daemon.json("POST", "/v1/rotate/a", '{"pending":true}')
            read("has-next", "/v1/secrets/a?stage=pending")
            shows(page, "#detail", "has-next")
            found = page.run("return [...document.querySelectorAll('#detail table:last-child tbody tr')].map((each) =>"
                             "[each.cells[0].innerText, each.cells[2].innerText, each.cells[2].className, each.cells[3].innerText]).filter(([name]) => name.startsWith('has'))")
            check.equal(found, [["has-next", "v3", "", "1"], ["has-new", "v2", "", "1"], ["has-old", "v1 (old)", "bad", "1"]], "who holds an old value is marked")
            page.click_text("Show value for 10 seconds")
            page.wait("return document.querySelector('#value').textContent !== ''")
            shows(page, "#detail table:last-child", "this page")
            page.click_text("Hide value")
            check.equal(page.run("return [document.querySelector('#value').textContent, document.querySelector('#value').hidden]"), ["", True], "hidden at once")
            page.click_text("Show value for 10 seconds")
            page.wait("return document.querySelector('#value').textContent !== ''")
            page.ask("POST", "/window/minimize")
            page.wait("return document.hidden")
            check.equal(page.text("#value"), "", "and when the tab is hidden")
            page.ask("POST", "/window/rect", {"width": 1280, "height": 800})
            page.wait("return !document.hidden && document.querySelector('#connection').textContent === 'Live'")
            page.click_text("Discard v3", "#detail")
            wait_for(lambda: len(metadata(daemon, "a")["versions"]) == 2, "discard")
            page.click("#tab-requests")
            read("asks-for-b", "/v1/secrets/b")
            shows(page, "#requests", "asks-for-b")
            found = page.run("const line = [...document.querySelectorAll('#requests .line')].find((each) => each.innerText.includes('asks-for-b'));"
                             "return [...line.children].slice(1).map((each) => each.textContent).concat(line.children[1].className)")
            check.ok(found[:2] == ["404", "ghostkey get b"] and found[2].endswith(" ms, asks-for-b") and found[3] == "bad", "a request", found)
            check.ok("Mozilla" not in page.text("#requests"), "the page's own are left out")
            daemon.json("POST", "/v1/reset")
            page.wait("return document.querySelector('#empty').checkVisibility()")
            read("asks-after-all", "/v1/secrets/b")
            shows(page, "#requests", "asks-after-all")
            check.ok("asks-for-b" not in page.text("#requests"), "and after a reset what was asked before it", page.text("#requests"))


def it_catches_up(check):
    with start_tcp() as daemon:
        put(daemon, "a", generate=True, ttl="1s", rotation={"strategy": "token", "on_expiry": True})
        for number in range(50):
            put(daemon, f"static-{number}", value="x")
        with Opened(daemon) as page:
            page.ask("POST", "/window/minimize")
            page.wait("return document.hidden")
            advance(daemon, "2500s")
            for number in range(50):
                daemon.json("POST", f"/v1/rotate/static-{number}", "{}")
            page.ask("POST", "/window/rect", {"width": 1280, "height": 800})
            page.wait("return !document.hidden")
            page.wait("return [...document.querySelectorAll('.row')].some((each) => each.innerText.includes('v2501')) &&"
                      "document.querySelector('#events > div').style.height === arguments[0]", f"{26 * (51 + 2500 + 50)}px")
            check.ok(True, "a tab that was hidden for 2,550 events has them all")
            check.equal(row(page, "static-1"), "static-1 v2, static", "and each secret's version")
            check.ok(page.text("#events .line b") == "rotated" and "static-49" in page.text("#events"), "the newest event first", page.text("#events .line"))
            advance(daemon, "5000s")
            page.wait("return document.querySelector('#events > div').style.height === arguments[0]", f"{26 * (51 + 7500 + 50)}px")
            check.ok(True, "5,000 events while it looks, in pieces as they come, are all there")
            page.ask("POST", "/window/minimize")
            page.wait("return document.hidden")
            for number in range(50):
                daemon.json("DELETE", f"/v1/secrets/static-{number}")
            page.ask("POST", "/window/rect", {"width": 1280, "height": 800})
            page.wait(ROW + "?.innerText.endsWith('deleted')", "static-1")
            check.ok(True, "what was deleted for good meanwhile is said")
            daemon.json("POST", "/v1/reset")
            page.wait("return document.querySelector('#empty').checkVisibility()")
            check.equal(page.text("#count"), "0 of 0 secrets", "a reset is seen")
            put(daemon, "after", value="x")
            page.wait(ROW, "after")
            check.equal(page.run("return document.querySelectorAll('#events .line:not([hidden])').length"), 1, "and what follows it")


def a_refusal_is_said(check):
    with start_tcp() as daemon:
        put(daemon, "a", value="x")
        put(daemon, "b", value="y")
        with Opened(daemon) as page:
            page.click("#new")
            page.type("dialog input[name=name]", "a")
            page.click_text("Make", "dialog")
            shows(page, "dialog .bad", "a")
            check.ok(page.run("return document.querySelector('dialog').open"), "a name that is taken: the dialog stays, and says so", page.text("dialog .bad"))
            page.press("Escape")
            page.wait("const dialog = document.querySelector('dialog'); return !dialog.open && dialog.children.length === 0")
            check.ok(True, "a closed dialog keeps nothing")
            check.ok(page.run("return document.querySelector('#step').disabled"), "no step where nothing is due")
            page.type("#by", "soon")
            page.click_text("Advance", "#clock")
            page.wait("return !document.querySelector('#notice').hidden")
            check.ok("by" in page.text("#notice"), "a wrong amount is said", page.text("#notice"))
            page.open_secret("a")
            daemon.json("PUT", "/v1/faults/all", '{"match":{"name":"**"},"effect":{"error":"unavailable"}}')
            page.run("document.querySelector('#notice').hidden = true")
            page.click_text("Show value for 10 seconds")
            page.wait("return !document.querySelector('#notice').hidden")
            check.equal(page.text("#value"), "", "a fault of the API is a notice, and no value")
            daemon.json("DELETE", "/v1/faults/all")
            daemon.json("PUT", "/v1/faults/late", '{"match":{"name":"a","operation":"read"},"effect":{"delay":"1s"}}')
            page.click_text("Show value for 10 seconds")
            page.open_secret("b")
            wait_for(lambda: any(each["fault"] == "late" for each in daemon.json("GET", "/v1/requests")[1]["requests"]), "the answer that is late")
            page.run("return new Promise((done) => setTimeout(done, 300))")
            check.equal([page.text("#detail h2"), page.text("#value")], ["b", ""], "a value that comes late is not shown as another secret's")
            daemon.json("DELETE", "/v1/faults/late")
            page.open_secret("a")
            page.click_text("Delete", "#detail")
            page.type("dialog input[name=recover]", "")
            page.click_text("Delete", "dialog")
            shows(page, "#detail", "deleted for good")
            check.ok(row(page, "a") in (None, "a deleted"), "what is deleted for good is said", row(page, "a"))


class SystemDaemon(Daemon):
    """A daemon with the system's clock, on a TCP port that it chooses."""

    def __init__(self):
        self.kept = tempfile.TemporaryDirectory(prefix="ghostkey-page-")
        super().__init__("--tcp", "127.0.0.1:0", "--token-file", f"{self.kept.name}/token")
        self.port = tcp_port(self.stdout())

    def __exit__(self, *more):
        super().__exit__(*more)
        self.kept.cleanup()


def the_list_goes_by_keys(check):
    with SystemDaemon() as daemon:
        for number in range(100):
            put(daemon, f"s{number:02}", value="x")
        with Opened(daemon) as page:
            check.ok(page.run("return document.querySelector('#clock-form').hidden && document.querySelector('#handle').hidden"), "the system's clock cannot be moved")
            page.wait("return document.querySelector('#now-text').textContent > arguments[0]", page.text("#now-text"))
            check.ok(True, "and goes on")

            page.run("document.activeElement.blur()")
            for _ in range(20):
                page.press("Tab")
                if page.run("return document.activeElement.id") == "rows":
                    break
            check.equal(page.run("return document.activeElement.id"), "rows", "Tab leads to the list")
            for key, name in (("Home", "s00"), ("Down", "s01"), ("End", "s99"), ("Up", "s98"), ("Home", "s00")):
                page.press(key)
                page.wait("return document.querySelector('.row[aria-selected=true]:not([hidden])')?.dataset.name === arguments[0]", name)
                check.ok(page.run(ROW + ".checkVisibility()", name), f"{key}: {name}")
            page.press("PageDown")
            page.wait("return (document.querySelector('.row[aria-selected=true]')?.dataset.name ?? 's00') > 's03'")
            check.ok(True, "a page further")
            page.run("document.querySelector('#filter').focus()")
            page.press("5", "0")
            shows(page, "#count", "1 of 100")
            check.equal(page.run("return [...document.querySelectorAll('.row:not([hidden])')].map((each) => each.dataset.name)"), ["s50"], "the filter")
            page.run("document.querySelector('#tab-events').focus()")
            page.press("Right")
            check.equal(page.run("return [document.activeElement.id, document.querySelector('#requests').hidden, document.querySelector('#events').hidden]"),
                        ["tab-requests", False, True], "arrows change the tab")
            page.press("Left", "Left")
            check.equal(page.run("return document.activeElement.id"), "tab-faults", "around the end")


def now_glides_unless_that_is_not_wanted(check):
    with start_tcp() as daemon:
        put(daemon, "a", generate=True, ttl="1h", rotation={"strategy": "token", "on_expiry": True})
        with Opened(daemon) as page:
            page.run("window.seen = new Set(); new MutationObserver(() => window.seen.add(document.querySelector('#handle').style.left))"
                     ".observe(document.querySelector('#handle'), {attributes: true})")

            stands = "await new Promise((done) => setTimeout(done, 300));" + STANDS

            def move(to):
                page.run("document.querySelector('#zoom-out').click()")
                page.wait(stands)
                page.run("window.seen.clear()")
                advance(daemon, "1h")
                shows(page, "#now-text", to)

            move("01:00:00")
            page.wait("return window.seen.size > 3")
            check.ok(True, "now glides to where the clock stands")
            page.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
            move("02:00:00")
            page.wait(stands)
            found = page.run("return [...window.seen]")
            check.ok(len(found) <= 2, "and jumps if the system asks for less motion", found)
            advance(daemon, "1m")
            page.run("window.dispatchEvent(new Event('focus'))")
            shows(page, "#now-text", "02:01:00")
            check.ok(True, "a move of the clock without an event is seen by who comes back to the page")


if __name__ == "__main__":
    if not browser.is_there():
        print("1..0 # SKIP there is no chromium, or no chromedriver")
        sys.exit(0)
    sys.exit(tap.run(each_state_has_its_shape, many_narrow_bars_are_one, who_reads_and_what_is_asked, it_catches_up, a_refusal_is_said,
                     the_list_goes_by_keys, now_glides_unless_that_is_not_wanted))

"""The page of a daemon, opened in a browser, and what the tests of it share."""

import json
import time

import browser

ROW = "return [...document.querySelectorAll('.row')].find((each) => !each.hidden && each.dataset.name === arguments[0])"


def code_of(daemon):
    return daemon.json("POST", "/v1/page-code")[1]["code"]


def put(daemon, name, **members):
    status, said = daemon.json("PUT", f"/v1/secrets/{name}", json.dumps(members))
    assert status == 200, said


def metadata(daemon, name):
    return daemon.json("GET", f"/v1/metadata/{name}")[1]["metadata"]


class Opened(browser.Browser):
    """A browser that has the page of a daemon open."""

    def __init__(self, daemon, *options):
        super().__init__(*options)
        self.show(1280, 800)
        self.go(f"http://127.0.0.1:{daemon.port}/#{code_of(daemon)}")
        self.wait("return document.querySelector('#connection').textContent === 'Live'")

    def open_secret(self, name):
        self.wait(ROW + "?.checkVisibility()", name)
        self.run(ROW + ".click()", name)
        self.wait("return document.querySelector('#detail h2')?.textContent === arguments[0] &&"
                  "document.querySelector('#detail .actions').children.length > 0", name)


def wait_for(check, condition, name):
    end = time.monotonic() + browser.DEADLINE_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    check.ok(condition(), name)

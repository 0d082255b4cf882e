"""A real browser: Debian's Chromium, by its WebDriver (https://www.w3.org/TR/webdriver2/), and a page in it."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from daemon import die_with

DEADLINE_S = 15
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "Right": "\ue014", "Left": "\ue012", "Down": "\ue015",
        "Up": "\ue013", "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010", "Home": "\ue011"}


def is_there():
    return all(shutil.which(program) for program in ("chromium", "chromedriver"))


class Browser:
    """Chromium without a window, with a profile of its own that is removed. If the test is killed, the kernel ends
    chromedriver, and Chromium ends itself since its pipe to chromedriver is closed."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="ghostkey-browser-")
        self.driver = subprocess.Popen(  # pylint: disable=consider-using-with
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            start_new_session=True, preexec_fn=lambda parent=os.getpid(): die_with(parent), env=dict(os.environ, HOME=self.folder.name, TMPDIR=self.folder.name))
        self.session = None
        try:
            self.base = self.find_address()
            self.session = self.open_session(options)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def find_address(self):
        for line in self.driver.stdout:
            port = re.search(r"successfully on port (\d+)", line)
            if port:
                return f"http://127.0.0.1:{port[1]}"
        raise RuntimeError("chromedriver has ended")

    def open_session(self, options):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={self.folder.name}/profile", *options]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium")},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        said = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        return f"/session/{said['sessionId']}"

    def close(self):
        if self.session is not None:
            self.call("DELETE", self.session)
        os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.communicate()
        self.folder.cleanup()

    def call(self, method, path, body=None):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def ask(self, method, path, body=None):
        return self.call(method, self.session + path, body)

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def go(self, address):
        self.ask("POST", "/url", {"url": address})

    def open_window(self):
        """The page that follows opens in a new window, and those before stay in sight."""
        self.ask("POST", "/window", {"handle": self.ask("POST", "/window/new", {"type": "window"})["handle"]})

    def run(self, script, *arguments):
        """The result of a function's body in the page."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": arguments})

    def wait(self, script, *arguments, deadline_s=DEADLINE_S):
        """Waits until the function's body returns something that is true, and returns it."""
        end = time.monotonic() + deadline_s
        while True:
            found = self.run(script, *arguments)
            if found:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"not within {deadline_s} s: {script} {arguments}; the page: {self.run('return document.body.innerText')[:600]}")
            time.sleep(0.02)

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click")

    def click_text(self, text, within="body"):
        """Clicks the button with that text. The page may make it anew meanwhile."""
        end = time.monotonic() + DEADLINE_S
        while True:
            found = self.wait("return [...document.querySelectorAll(arguments[0] + ' button')]"
                              ".find((each) => each.textContent === arguments[1] && each.checkVisibility())", within, text)
            try:
                return self.ask("POST", f"/element/{found[ELEMENT]}/click")
            except RuntimeError as error:
                if "stale element" not in str(error) or time.monotonic() > end:
                    raise

    def type(self, selector, text):
        element = self.find(selector)
        self.ask("POST", f"/element/{element}/clear")
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def press(self, *keys):
        actions = [action for key in keys for action in (
            {"type": "keyDown", "value": KEYS.get(key, key)}, {"type": "keyUp", "value": KEYS.get(key, key)})]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def drag(self, selector, pixels):
        origin = {ELEMENT: self.find(selector)}
        moves = [{"type": "pointerMove", "duration": 20, "origin": "pointer", "x": pixels // 4, "y": 0} for _ in range(4)]
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "origin": origin, "x": 0, "y": 0}, {"type": "pointerDown", "button": 0}, *moves,
            {"type": "pointerUp", "button": 0}]}]})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? null", selector)

    def messages(self):
        """What the browser has to say: blocked resources, errors of scripts."""
        return [each["message"] for each in self.ask("POST", "/se/log", {"type": "browser"})]

    def show(self, width, height, scheme="light"):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

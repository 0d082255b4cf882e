"""What the tests of Vault's API share: a daemon, spoken to as Vault's clients do, over HTTP written by hand."""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from daemon import Daemon  # pylint: disable=wrong-import-position

VIRTUAL = ("--seed", "vault", "--clock", "virtual")
START = "2000-01-01T00:00:00.000Z"
ENVELOPE = ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"]
MERGE_PATCH = [("Content-Type", "application/merge-patch+json")]
MISSING = b'{"errors":[]}'


class Vault(Daemon):
    """call() and the calls below answer (status, what the body says: data of an envelope, errors, or the text)."""

    def __init__(self, *options, **more):
        super().__init__(*(options or VIRTUAL), **more)

    def call(self, method, path, body=None, headers=()):
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        answer = self.answer(method, f"/v1/{path}", text, headers)
        check_form(answer, method)
        return answer.status, said(answer)

    def raw(self, method, path, body=None, headers=()):
        """-> (status, the bytes of the body)"""
        answer = self.answer(method, f"/v1/{path}", body, headers)
        return answer.status, answer.body

    def write(self, path, data, **options):
        body = {"data": data, **({"options": options} if options else {})}
        return self.call("POST", f"secret/data/{path}", body)

    def read(self, path, version=None):
        query = "" if version is None else f"?version={version}"
        return self.call("GET", f"secret/data/{path}{query}")

    def patch(self, path, data, **options):
        body = {"data": data, **({"options": options} if options else {})}
        return self.call("PATCH", f"secret/data/{path}", body, MERGE_PATCH)

    def metadata(self, path):
        return self.call("GET", f"secret/metadata/{path}")

    def states(self, path):
        """{number: "live", "deleted" or "destroyed"}"""
        status, data = self.metadata(path)
        assert status == 200, data
        return {number: "destroyed" if each["destroyed"] else "deleted" if each["deletion_time"] else "live"
                for number, each in data["versions"].items()}

    def advance(self, by):
        status, document = self.json("POST", "/v1/clock/advance", json.dumps({"by": by}))
        assert status == 200, document

    def own(self, name):
        """The secret as GhostKey's own API shows it."""
        return self.json("GET", f"/v1/secrets/{name}")[1]

    def events(self):
        """[(event, name, version, cause)]"""
        found = self.json("GET", "/v1/events?limit=1000")[1]["events"]
        return [(each["event"], each["name"], each["version"], each["cause"]) for each in found]


def said(answer):
    if not answer.body:
        return None
    document = json.loads(answer.body)
    if "errors" in document:
        return document["errors"]
    return document["data"] if "data" in document else document


def check_form(answer, method):
    """Whatever is answered has Vault's form."""
    headers = {name.lower(): value for name, value in answer.headers}
    assert headers.get("cache-control") == "no-store", headers
    if answer.status == 204:
        assert not answer.body and "content-type" not in headers and "content-length" not in headers, headers
        return
    assert headers.get("content-type") == "application/json", headers
    if method == "HEAD":
        return
    document = json.loads(answer.body)
    if "errors" in document:
        assert list(document) == ["errors"] and all(isinstance(each, str) and each for each in document["errors"]), document
        assert answer.status >= 400, document

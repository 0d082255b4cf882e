"""Turns operations of register.py into HTTP requests, and answers into operations."""

import json

import http1
import register

PAGE = 1000


def precondition(asked):
    headers = {}
    if "if_match" in asked:
        headers["If-Match"] = f'"{asked["if_match"]}"'
    if asked.get("if_none"):
        headers["If-None-Match"] = "*"
    if "if_none_match" in asked:
        headers["If-None-Match"] = f'"{asked["if_none_match"]}"'
    return headers


def put_body(asked):
    body = {"value": asked["value"]} if "value" in asked else {"generate": True}
    if asked.get("ttl"):
        body["ttl"] = asked["ttl"]
    return json.dumps({**body, "rotation": {**register.POLICY,
                                            "on_expiry": asked.get("on_expiry", False)}})


def request_of(operation):
    """-> (method, target, body, headers)"""
    asked, name = operation["in"], operation.get("name")
    secret = f"/v1/secrets/{name}"
    return {
        "put": lambda: ("PUT", secret, put_body(asked), precondition(asked)),
        "patch": lambda: ("PATCH", secret, '{"labels":{"by":"%s"}}' % operation["client"],
                          precondition(asked)),
        "get": lambda: ("GET", secret, None, precondition(asked)),
        "delete": lambda: ("DELETE", secret, None, precondition(asked)),
        "rotate": lambda: ("POST", f"/v1/rotate/{name}", None, {}),
        "list": lambda: ("GET", f"/v1/secrets?values=true&limit={PAGE}", None, {}),
        # the request that ghostctl makes for so few secrets
        "export": lambda: ("GET", f"/v1/secrets?limit={PAGE}&expired=exclude&values=true", None,
                           {}),
        "cleanup": lambda: ("POST", "/v1/cleanup", None, {}),
        "advance": lambda: ("POST", "/v1/clock/advance", json.dumps({"by": asked["by"]}), {}),
        "events": lambda: ("GET", "/v1/events?after=%(after)d&limit=%(limit)d" % asked, None, {}),
    }[operation["op"]]()


def bytes_of(operation):
    return http1.encode(*request_of(operation))


def milliseconds(text):
    """Milliseconds since the epoch of a time in an answer, without datetime's rounding; None for None."""
    if text is None:
        return None
    import calendar  # pylint: disable=import-outside-toplevel
    parts = [int(each) for each in (text[0:4], text[5:7], text[8:10], text[11:13], text[14:16],
                                    text[17:19])]
    return calendar.timegm((*parts, 0, 0, 0)) * 1000 + int(text[20:23])


def document(secret):
    shown = {"status": 200, "version": secret["metadata"]["version"],
             "revision": secret["metadata"]["revision"], "expired": secret["expired"],
             "expires": milliseconds(secret["metadata"]["expires_at"])}
    return {**shown, "value": secret["value"]} if "value" in secret else shown


def answer_of(operation, answer):
    """The answer in the form of register.py."""
    kind, status = operation["op"], answer.status
    if status != 200:
        return {"status": status}
    body = json.loads(answer.body)
    if kind in ("put", "patch", "get", "rotate"):
        return document(body)
    if kind in ("list", "export"):
        return {"status": 200, "secrets": {each["name"]: document(each)
                                           for each in body["secrets"]}}
    if kind == "cleanup":
        return {"status": 200, "removed": body["removed"]}
    if kind == "advance":
        return {"status": 200, "now": milliseconds(body["now"])}
    if kind == "events":
        return {"status": 200, "events": body["events"]}
    return {"status": 200}


def choose(rng, role, names, seen, count):
    """A random operation for a client of that role. seen: name -> the last revision that this client saw."""
    name = rng.choice(names)
    kind = rng.choice(ROLES[role])
    asked = {}
    if kind == "put":
        asked = {"value": f"{role}{count}"} if rng.random() < 0.7 else {}
        if rng.random() < 0.3:
            asked.update(ttl=rng.choice((5, 10, 60)), on_expiry=rng.random() < 0.5)
        if rng.random() < 0.1:
            asked["if_none"] = True
    if kind in ("put", "patch", "delete") and name in seen and rng.random() < 0.25:
        asked = {**asked, "if_match": seen[name]}
        asked.pop("if_none", None)
    if kind == "get" and name in seen and rng.random() < 0.25:
        asked = {"if_none_match": seen[name]}
    if kind == "advance":
        asked = {"by": rng.choice((1, 3, 5, 7))}
    if kind == "events":
        return {"op": kind, "in": {"after": seen.get("", 0), "limit": PAGE}}
    if kind in ("list", "export", "cleanup", "advance"):
        return {"op": kind, "in": asked}
    return {"op": kind, "name": name, "in": asked}


def remember(seen, operation):
    """Notes the revision, for the next choice."""
    out = operation["out"]
    if out and "revision" in out:
        seen[operation["name"]] = out["revision"]
    if out and operation["op"] == "events" and out["events"]:
        seen[""] = out["events"][-1]["seq"]


ROLES = {
    "reader": ("get",),
    "writer": ("put", "put", "patch", "get"),
    "rotator": ("rotate", "rotate", "get"),
    "deleter": ("delete", "put", "get", "cleanup"),
    "lister": ("list",),
    "follower": ("events",),
    "exporter": ("export",),
    "mover": ("advance", "advance", "cleanup", "rotate", "get"),
}

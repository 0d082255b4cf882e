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
    grace = {"grace": asked["grace"]} if "grace" in asked else {}
    return json.dumps({**body, "rotation": {**register.POLICY, **grace,
                                            "on_expiry": asked.get("on_expiry", False)}})


def query_of(asked, *members):
    given = "&".join(f"{each}={asked[each]}" for each in members if each in asked)
    return f"?{given}" if given else ""


def number_body(asked):
    return json.dumps({"version": asked["version"]}) if "version" in asked else None


def request_of(operation):
    """-> (method, target, body, headers)"""
    asked, name = operation["in"], operation.get("name")
    secret = f"/v1/secrets/{name}"
    return {
        "put": lambda: ("PUT", secret, put_body(asked), precondition(asked)),
        "patch": lambda: ("PATCH", secret, '{"labels":{"by":"%s"}}' % operation["client"],
                          precondition(asked)),
        "get": lambda: ("GET", secret + query_of(asked, "version", "stage"), None,
                        precondition(asked)),
        "metadata": lambda: ("GET", f"/v1/metadata/{name}", None, {}),
        "delete": lambda: ("DELETE", secret + query_of(asked, "recover"), None,
                           precondition(asked)),
        "rotate": lambda: ("POST", f"/v1/rotate/{name}",
                           '{"pending":true}' if asked.get("pending") else None, {}),
        "promote": lambda: ("POST", f"/v1/promote/{name}", number_body(asked), {}),
        "discard": lambda: ("POST", f"/v1/discard/{name}", number_body(asked), {}),
        "restore": lambda: ("POST", f"/v1/restore/{name}", number_body(asked), {}),
        "verify": lambda: ("POST", f"/v1/verify/{name}", json.dumps({"value": asked["value"]}), {}),
        "list": lambda: ("GET", f"/v1/secrets?values=true&limit={PAGE}" +
                         query_of(asked, "deleted").replace("?", "&"), None, {}),
        # the request that ghostctl makes for so few secrets
        "export": lambda: ("GET", f"/v1/secrets?limit={PAGE}&expired=exclude&values=true", None,
                           {}),
        "cleanup": lambda: ("POST", "/v1/cleanup", None, {}),
        "advance": lambda: ("POST", "/v1/clock/advance", json.dumps({"by": asked["by"]}), {}),
        "reset": lambda: ("POST", "/v1/reset", None, {}),
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
    metadata = secret["metadata"]
    shown = {"status": 200, "version": metadata["version"], "revision": metadata["revision"],
             "expired": secret["expired"], "expires": milliseconds(metadata["expires_at"]),
             "deleted": milliseconds(metadata.get("deleted_at")),
             "gone": milliseconds(metadata.get("gone_at"))}
    if "value" in secret:
        shown["value"] = secret["value"]
    if "versions" in metadata:
        shown["versions"] = [[each["version"], each["id"], each["cause"],
                              milliseconds(each["created_at"]), each["state"], each["stages"]]
                             for each in metadata["versions"]]
    return shown


def answer_of(operation, answer):
    """The answer in the form of register.py."""
    kind, status = operation["op"], answer.status
    if status != 200:
        return {"status": status}
    body = json.loads(answer.body)
    if kind in ("put", "patch", "get", "metadata", "rotate", "promote", "restore"):
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
    if kind == "delete":
        return {"status": 200, "gone": milliseconds(body.get("gone_at"))}
    if kind == "discard":
        return {"status": 200, "discarded": body["discarded"]}
    if kind == "verify":
        return {"status": 200, **{each: body[each] for each in ("accepted", "version", "stage",
                                                                "expired")}}
    return {"status": 200}


def choose_put(rng, role, last, count):
    asked = {"value": f"{role}{count}"} if rng.random() < 0.7 else {}
    if rng.random() < 0.3:
        asked.update(ttl=rng.choice((5, 10, 60)), on_expiry=rng.random() < 0.5)
    if rng.random() < 0.3:
        asked["grace"] = rng.choice((3, 10))
    if rng.random() < 0.1:
        asked["if_none"] = True
    return asked


def choose_get(rng, role, last, count):
    if last and rng.random() < 0.25:
        return {"if_none_match": last["revision"]}
    return {"stage": rng.choice(register.STAGES)} if rng.random() < 0.2 else {}


def choose_old(rng, role, last, count):
    """The number of a version that there may be."""
    newest = last["version"] if last else 1
    return {"version": rng.choice((newest, newest + 1, max(1, newest - 1), rng.randint(1, newest)))}


def choose_verify(rng, role, last, count):
    return {"value": last["value"] if last and "value" in last else "nobody's"}


# what a role does -> (the operation, what is asked in it)
KINDS = {
    "put": ("put", choose_put),
    "get": ("get", choose_get),
    "get-old": ("get", choose_old),
    "rollback": ("promote", choose_old),
    "restore-old": ("restore", choose_old),
    "verify": ("verify", choose_verify),
    "pending": ("rotate", lambda *_: {"pending": True}),
    "hide": ("delete", lambda rng, *_: {"recover": rng.choice((3, 5, 10, 60))}),
    "advance": ("advance", lambda rng, *_: {"by": rng.choice((1, 3, 5, 7))}),
    "list": ("list", lambda rng, *_: {"deleted": rng.choice(("include", "only"))}
             if rng.random() < 0.3 else {}),
}


def choose(rng, role, names, seen, count):
    """A random operation for a client of that role. seen: name -> what this client was last told of it."""
    name = rng.choice(names)
    chosen = rng.choice(ROLES[role])
    kind, ask = KINDS.get(chosen, (chosen, lambda *_: {}))
    last = seen.get(name)
    asked = ask(rng, role, last, count)
    if kind in ("put", "patch", "delete") and last and rng.random() < 0.25:
        asked = {**asked, "if_match": last["revision"]}
        asked.pop("if_none", None)
    if kind == "events":
        return {"op": kind, "in": {"after": seen.get("", 0), "limit": PAGE}}
    if kind in ("list", "export", "cleanup", "advance"):
        return {"op": kind, "in": asked}
    return {"op": kind, "name": name, "in": asked}


def remember(seen, operation):
    """Notes what the answer told, for the next choice."""
    out = operation["out"]
    if out and "revision" in out:
        seen[operation["name"]] = {**seen.get(operation["name"], {}), **out}
    if out and operation["op"] == "events" and out["events"]:
        seen[""] = out["events"][-1]["seq"]


ROLES = {
    "reader": ("get", "get", "get", "metadata", "get-old", "verify"),
    "writer": ("put", "put", "patch", "get"),
    "rotator": ("rotate", "rotate", "get", "pending", "verify"),
    "stager": ("pending", "pending", "promote", "promote", "rollback", "discard", "metadata", "put"),
    "deleter": ("delete", "put", "put", "get", "cleanup"),
    "undoer": ("hide", "restore", "restore", "restore-old", "metadata", "put"),
    "lister": ("list",),
    "follower": ("events",),
    "exporter": ("export",),
    "mover": ("advance", "advance", "cleanup", "rotate", "get"),
}

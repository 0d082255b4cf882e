#!/usr/bin/env python3
"""test_contract_page.py GHOSTKEY.CONTRACT.7.scd SOURCE_ROOT: the page of the contract has the requests,
parameters, statuses, strategies, events and limits that the daemon has, and its example value."""

import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402
from daemon import Daemon  # noqa: E402

PAGE = pathlib.Path(sys.argv[1]).read_text("utf-8")
ROOT = pathlib.Path(sys.argv[2])
REQUEST = re.compile(r"^\*(GET|PUT|PATCH|POST|DELETE) (/[^*]*)\*(?:_(?:NAME|ID)_)?$", re.M)


def section(title):
    return re.split(r"^# ", PAGE.split(f"# {title}\n", 1)[1], flags=re.M)[0]


def items(text, indented=""):
    """What is described in a list: {"version", …} of *version*=_N_"""
    heads = re.findall(rf"^{indented}((?:\*\w+\*(?:, )?)+)", text, re.M)
    return {word for head in heads for word in re.findall(r"\*(\w+)\*", head)}


def requests():
    """-> {(method, path): its text}"""
    parts = REQUEST.split(section("REQUESTS"))
    return {(method, path + ("{id}" if path == "/v1/faults/" else "{name}" if path.endswith("/") else "")): text
            for method, path, text in zip(parts[1::3], parts[2::3], parts[3::3])}


def resolved(document, thing):
    while "$ref" in thing:
        place = document
        for step in thing["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        thing = place
    return thing


def openapi(daemon):
    return json.loads(daemon.request("GET", "/v1/openapi.json")[2])


def requests_agree(check):
    described = requests()
    with Daemon("--seed", "fixture", "--clock", "virtual") as daemon:
        document = openapi(daemon)
    known = {(method.upper(), path): operation for path, operations in document["paths"].items()
             for method, operation in operations.items() if method not in ("parameters", "head")}
    check.equal(sorted(described), sorted(known), "the page has the requests of the daemon")
    for request, operation in known.items():
        query = {each["name"] for each in map(lambda part: resolved(document, part),
                                              operation.get("parameters", [])) if each["in"] == "query"}
        told = items(described.get(request, ""), "\t")
        if request == ("PUT", "/v1/secrets/{name}"):
            query = set(document["components"]["schemas"]["Put"]["properties"])
        check.equal(told, query, f"and what can be given to {' '.join(request)}")
    event = document["components"]["schemas"]["Event"]["properties"]
    told = section("EVENTS")
    check.equal(items(told), set(event["event"]["enum"]), "the events")
    check.equal({cause for causes in re.findall(r"\(([*a-z, ]+)\)", told)
                 for cause in re.findall(r"\*(\w+)\*", causes)}, set(event["cause"]["enum"]),
                "their causes")


def statuses_agree(check):
    table = (ROOT / "include/ghostkey/error.h").read_text("utf-8")
    known = set(re.findall(r"X\(\w+, (\d{3}),", table))
    check.equal(items(section("ERRORS")), known, "the page has the statuses of the daemon")


def strategies_agree(check):
    table = (ROOT / "daemon/broker/strategies/table.h").read_text("utf-8")
    known = re.findall(r"^ +X\((\w+)\)", table, re.M)
    check.equal(items(section("ROTATION")), set(known), "the page has the strategies of the daemon")
    for name in known:
        source = (ROOT / f"daemon/broker/strategies/{name}.c").read_text("utf-8")
        told = re.search(rf"^\*{name}\*\n((?:\t.*\n)+)", section("ROTATION"), re.M)[1]
        default = re.search(r"#define LENGTH_DEFAULT (\d+)", source)
        check.ok(not default or f"by default {default[1]}." in told, f"the default length of {name}", told)
        fields = re.findall(r'\{\.name = "(\w+)", \.alphabet', source)
        check.ok(all(f"{{{field}:_N_}}" in told for field in fields), f"the fields of {name}", told)


LIMITS = {
    "GK_NAME_MAX_BYTES": "1 to {} bytes: segments", "GK_VALUE_MAX_BYTES_DEFAULT": "{} bytes by default",
    "GK_KEEP_VERSIONS_DEFAULT": "The newest {} are kept", "GK_TTL_MAX_S": "Whole seconds, 1 to {};",
    "GK_LABELS_MAX": "At most {}, names", "GK_LABEL_NAME_MAX_BYTES": "names of at most {} bytes",
    "GK_LABEL_VALUE_MAX_BYTES": "values of at most {}",
    "GK_ENV_MAX_BYTES": "Another one, at most {} bytes", "GK_PAGE_MAX": "1 to {}, by default",
    "GK_PAGE_DEFAULT": "by default {}.", "GK_PRECONDITION_TAGS_MAX": "at most {} revisions",
    "GK_GENERATED_MAX_CHARS": "2 to {}, by default", "GK_CYCLE_VALUES_MAX": "2 to {} of them",
    "GK_EVENTS_KEPT": "the newest {:,} are kept", "GK_CONNECTIONS_MAX": "{:,} connections",
}
SCALED = {
    "GK_HEAD_MAX_BYTES": (1024, "head may have {} KiB"),
    "GK_REQUEST_TIME_MAX_MS": (1000, "and {} seconds to arrive"),
    "GK_ANSWER_TIME_MAX_MS": (1000, "A client has {} seconds to take"),
    "GK_STREAM_HEARTBEAT_MS": (1000, "a comment every {} seconds"),
    "GK_STREAM_BEHIND_MAX_BYTES": (1024 * 1024, "reader that is {} MiB behind"),
}


def limits_agree(check):
    header = (ROOT / "include/ghostkey/protocol.h").read_text("utf-8")
    text = re.sub(r"\s+", " ", PAGE)
    for name, (scale, sentence) in ({name: (1, each) for name, each in LIMITS.items()} | SCALED).items():
        number = re.search(rf"^#define {name} \(?([0-9* ]+)\)?", header, re.M)[1]
        value = eval(number) // scale  # pylint: disable=eval-used  # digits and stars
        check.ok(sentence.format(value) in text, f"{name}: {sentence.format(value)}")


def the_example_value_is_right(check):
    said = re.search(r"With the seed _(\w+)_ the first \*token\* of _(\w+)_ is\s+(ghost_\w+)\.",
                     re.sub(r"\s+", " ", PAGE))
    with Daemon("--seed", said[1], "--clock", "virtual") as daemon:
        daemon.request("PUT", f"/v1/secrets/{said[2]}", '{"generate":true}')
        check.equal(daemon.json("GET", f"/v1/secrets/{said[2]}")[1]["value"], said[3],
                    "the example of a derived value")


def the_curl_example_runs(check):
    lines = section("EXAMPLES").split("```")[1].replace("\\\\", "\\").strip().splitlines()
    with Daemon("--clock", "virtual") as daemon:
        directory = pathlib.Path(daemon.directory)
        (directory / "ghostkey").mkdir()
        (directory / "ghostkey/ghostkey.sock").symlink_to(daemon.socket)
        done = subprocess.run(["/bin/sh", "-euc", "\n".join(lines[:-1])], capture_output=True, text=True,
                              check=False, env=os.environ | {"XDG_RUNTIME_DIR": str(directory)})
        check.ok(done.returncode == 0 and '"value":"' in done.stdout and '"status":4' not in done.stdout,
                 "the example runs as it stands", done.stdout, done.stderr)


sys.exit(tap.run(requests_agree, statuses_agree, strategies_agree, limits_agree,
                 the_example_value_is_right, the_curl_example_runs))

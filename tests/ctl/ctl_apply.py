#!/usr/bin/env python3
"""ghostctl apply and dump: files say what is there, and what is there is printed as such a file."""

import json

import ctl


def write(it, name, content):
    (it.directory / name).write_text(content if isinstance(content, str) else json.dumps(content))


def what_was_done_is_said(check):
    with ctl.Ctl() as it:
        write(it, "one.json", {"secrets": {"b": {}, "a": {"value": "x"}}})
        said = it.run("apply", "one.json", "--dry-run")
        check.equal((said.status, said.out, said.err), (0, b"would make a\nwould make b\n", ""), "--dry-run")
        said = it.run("apply", "one.json")
        check.equal((said.status, said.out, said.err), (0, b"made a\nmade b\n", ""), "made")
        said = it.run("apply", "one.json")
        check.equal((said.status, said.out, said.err), (0, b"", "ghostctl: nothing to change\n"), "nothing is left to do")
        said = it.run("apply", "-", "--prune", stdin=b'{"secrets":{"b":{"ttl":"1h"}}}')
        check.equal((said.status, said.out), (0, b"changed b\ndeleted a\n"), "standard input, --prune")
        check.equal(it.run("apply", "one.json", "--json").out,
                    b'{"made":["a"],"changed":["b"],"deleted":[],"faults":{"made":[],"changed":[],"deleted":[]}}\n', "--json")


def faults_are_applied(check):
    rule = {"match": {"name": "a"}, "effect": {"error": "throttled"}}
    with ctl.Ctl() as it:
        write(it, "one.json", {"secrets": {"a": {"value": "x"}}, "faults": {"f": rule}})
        write(it, "two.json", {"faults": {"a": {"effect": {"delay": "2s"}, "match": {"name": "no"}}}})
        write(it, "again.json", {"faults": {"f": {}}})
        said = it.run("apply", "one.json", "two.json", "--dry-run")
        check.equal((said.status, said.out), (0, b"would make a\nwould make fault a\nwould make fault f\n"), "--dry-run")
        said = it.run("apply", "one.json", "two.json")
        check.equal((said.status, said.out), (0, b"made a\nmade fault a\nmade fault f\n"), "the faults of both files")
        check.equal(it.run("apply", "one.json").err, "ghostctl: nothing to change\n", "nothing is left to do")
        said = it.run("apply", "two.json", "one.json", "again.json")
        check.equal((said.status, said.out), (2, b""), "an id in two of them: 2")
        check.ok("again.json: 'f' is in 'faults' of another file, too" in said.err, "which is named", said)
        said = it.run("dump", "--values")
        check.equal(json.loads(said.out)["faults"], {
            "a": {"match": {"name": "no"}, "effect": {"delay": "2s"}, "when": {}}, "f": rule | {"when": {}}}, "dumped")
        check.equal(it.run("apply", "-", "--prune", stdin=said.out).err, "ghostctl: nothing to change\n", "and applied again")
        said = it.run("apply", "-", "--prune", stdin=b'{"faults":{"f":{"effect":{"stale":true}}}}')
        check.equal((said.status, said.out), (0, b"changed fault f\ndeleted fault a\n"), "--prune")
        said = it.run("apply", "again.json")
        check.ok(said.status == 1 and said.err.startswith("ghostctl: fault 'f': member 'effect'"), "a mistake", said)


def several_files_count_as_one(check):
    with ctl.Ctl() as it:
        write(it, "one.json", {"secrets": {"a": {}}})
        write(it, "two.json", {"secrets": {"b": {}}})
        write(it, "again.json", {"secrets": {"a": {}}})
        write(it, "empty.json", {})
        check.equal(it.run("apply", "one.json", "two.json", "empty.json", "--prune").out, b"made a\nmade b\n", "together")
        said = it.run("apply", "one.json", "again.json")
        check.equal((said.status, said.out), (2, b""), "a name in two of them: 2")
        check.ok("again.json: 'a' is in 'secrets' of another file, too" in said.err, "which is named", said)
        said = it.run("apply", "-", "-", stdin=b"{}")
        check.ok(said.status == 2 and "'-' can be given only once" in said.err, "standard input twice: 2, and why", said.err)
        check.equal(it.run("apply").status, 2, "no file: 2")


def mistakes_are_named(check):
    with ctl.Ctl() as it:
        write(it, "bad.json", {"secrets": {"a": {"ttl": 0}, "b b": {}, "c": {"value": "canary", "generate": True}}})
        said = it.run("apply", "bad.json")
        lines = said.err.splitlines()
        check.equal((said.status, len(lines)), (1, 3), "each has a line")
        check.ok(all(line.startswith("ghostctl: secret '") for line in lines), "of ghostctl's", said)
        for text, said_of_it in (('{"secrets":{\n  "a": canary}}', "line 2, column "), ("[1]", "it must be a JSON object"),
                                 ('{"secrets":{"a":{},"a":{}}}', "given a second time"), ("", "not JSON"),
                                 ('{"secrets":{"a":{"value":"\\u0000"}}}', "NUL"), ('{"nope":{}}', "unknown member 'nope'")):
            write(it, "bad.json", text)
            said = it.run("apply", "bad.json")
            check.ok(said.status in (1, 2) and said_of_it in said.err and "canary" not in said.err, f"{text!r}: {said_of_it}", said)
        said = it.run("apply", "missing.json")
        check.ok(said.status == 1 and "missing.json" in said.err, "a file that is not there", said)
        check.equal(it.daemon.json("GET", "/v1/status")[1]["secrets"], 0, "nothing is done")


def a_dump_is_applied_again(check):
    with ctl.Ctl() as it:
        check.equal(it.run("dump").out, b'{\n  "secrets": {},\n  "faults": {}\n}\n', "of an empty broker")
        it.put("a", "x\n\"\\", ttl=60, labels={"t": "", "u": "[]{},:"})
        it.put("b", "\u00e9", rotation={"strategy": "cycle", "values": ["one", "two"]})
        said = it.run("dump", "--values")
        check.equal(said.out.decode(), """{
  "secrets": {
    "a": {
      "value": "x\\n\\"\\\\",
      "ttl": 60,
      "rotation": {
        "strategy": "token",
        "on_expiry": false
      },
      "labels": {
        "t": "",
        "u": "[]{},:"
      }
    },
    "b": {
      "value": "\u00e9",
      "rotation": {
        "strategy": "cycle",
        "values": [
          "one",
          "two"
        ],
        "on_expiry": false
      }
    }
  },
  "faults": {}
}
""", "indented")
        check.equal(it.run("dump", "--values", "--json").out, it.daemon.request("GET", "/v1/dump?values=true")[2] + b"\n",
                    "--json: as the daemon sends it")
        check.ok(b"value" not in it.run("dump").out, "no values")
        check.equal(it.run("apply", "-", stdin=said.out).err, "ghostctl: nothing to change\n", "it agrees with itself")
        for at in range(60):
            it.put(f"n{at:02}", "v" * 20000)
        whole = it.run("dump", "--values").out
        check.equal(json.loads(whole), it.daemon.json("GET", "/v1/dump?values=true")[1], "a long one, which comes in pieces")
        check.equal(it.run("reset", "--yes").status, 0, "all is forgotten")
        check.equal(it.run("apply", "-", stdin=whole).status, 0, "and applied")
        check.equal(it.run("dump", "--values").out, whole, "the same again")


ctl.main(what_was_done_is_said, faults_are_applied, several_files_count_as_one, mistakes_are_named, a_dump_is_applied_again)

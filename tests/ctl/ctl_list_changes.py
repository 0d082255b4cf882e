#!/usr/bin/env python3
"""ghostctl list, and the other commands that read a list page by page, while secrets change, and with unusual
secrets in the list."""

import json
import threading

import ctl

HELD_BYTES = 8 << 20  # of text that ghostctl holds back, to begin anew if something changes


class Writer(threading.Thread):
    """Puts a secret again and again."""

    def __init__(self, it, name="zz"):
        super().__init__()
        self.it = it
        self.name_of_secret = name
        self.stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()

    def run(self):
        with self.it.daemon.connect() as connection:
            while not self.stopped.is_set():
                connection.request("PUT", f"/v1/secrets/{self.name_of_secret}", '{"value":"x"}')


def a_change_while_the_list_is_read_is_reported(check):
    with ctl.Ctl() as it:
        names = [f"{'few' if number < 2000 else 'many'}/{'long' * 50}{number:05}" for number in range(14000)]
        it.run("import", "-", "--strategy", "token", stdin=json.dumps(dict.fromkeys(names, "x")).encode())
        quiet = it.run("list", "--json")
        check.ok(len(quiet.out) > HELD_BYTES and not quiet.err, "more than is held back", len(quiet.out))
        check.equal(quiet.out, b'{"secrets":[' + b",".join(
            json.dumps(each, separators=(",", ":")).encode()
            for each in json.loads(quiet.out)["secrets"]) + b'],"next":null}\n', "in one line, compact")
        with Writer(it):
            few = it.run("list", "--prefix", "zz")
            some = it.run("list", "--prefix", "few/")
            said = it.run("list", "--json")
        check.equal((few.status, few.err, len(few.out.splitlines())), (0, "", 1), "a page is of one moment")
        check.equal((some.status, len(some.out.splitlines()), some.err), (0, 2000, ""),
                    "what changes elsewhere does not count")
        document = json.loads(said.out)
        check.equal([each["name"] for each in document["secrets"] if each["name"] != "zz"], names,
                    "what was printed already goes on")
        check.ok(said.status == 0 and said.err.startswith("ghostctl: warning: the secrets changed"), "and is warned of",
                 said.status, said.err)


def endless_changes_do_not_block_a_command(check):
    """Each command reads two pages of names while one secret changes all the time, and still ends."""
    with ctl.Ctl() as it:
        names = [f"few/{number:05}" for number in range(1500)]
        it.run("import", "-", "--strategy", "token", stdin=json.dumps(dict.fromkeys(names, "x")).encode())
        (it.directory / "new.env").write_text("NEW=1\n")
        with Writer(it, "few/00007"):
            for arguments in (["list"], ["list", "--prefix", "few/"], ["import", "--prefix", "few/", "--strategy", "token", "new.env"],
                              ["export", "--stdout", "--format", "nul"], ["run", "--", "env"],
                              ["rotate", "--prefix", "few/"]):
                said = it.run(*arguments)
                check.ok(said.status == 0 and said.err.strip() in ("", "ghostctl: warning: the secrets changed while they "
                                                                   "were read; each page is as it was when it was read"),
                         f"{arguments}: ends well, perhaps with a warning", said.status, said.err)
                check.ok(arguments[0] == "import" or said.out.lower().count(b"few") >= 1500, "with all of them",
                         len(said.out))


def an_odd_secret_spoils_no_other(check):
    """Labels are named as members of a page are, on the last secret of the first page; and a default environment
    name is longer than one that can be given."""
    long_name = "1" + "x" * 254
    with ctl.Ctl() as it:
        names = [f"s{number:04}" for number in range(1001)]
        it.run("import", "-", "--strategy", "token", stdin=json.dumps(dict.fromkeys(names, "x")).encode())
        for labels in ({"env": "dev", "next": "blue"}, {"a": "x", "next": 's0001"}'}, {"name": "x", "value": "y"}):
            it.put("s0999", "x", labels=labels)
            said = it.run("list")
            check.equal((said.status, len(said.out.splitlines()), said.err), (0, 1001, ""), f"list with {labels}")
            said = it.run("export", "--stdout")
            check.equal((said.status, len(said.out.splitlines()), said.err), (0, 1002, ""), "export")
        it.put(long_name, "long")
        for arguments, wanted in ((["list"], 1002), (["get", long_name], 1), (["rotate", long_name], 1),
                                  (["export", "--stdout"], 1003), (["import", "-"], 0), (["run", "--", "env"], 1002)):
            said = it.run(*arguments)
            check.ok(said.status == 0 and len(said.out.splitlines()) >= wanted and said.err == "",
                     f"{arguments[0]} with a name of 255 bytes", said.status, said.err)
        said = it.run("export", "-o", "file", "--format", "nul")
        again = it.run("import", "file")
        version = it.document(long_name)["metadata"]["version"]
        check.ok(said.status == again.status == 0 and version == 3 and
                 it.daemon.json("GET", "/v1/status")[1]["secrets"] == 1002, "and it is imported to where it was",
                 said, again, version)


ctl.main(a_change_while_the_list_is_read_is_reported, endless_changes_do_not_block_a_command, an_odd_secret_spoils_no_other)

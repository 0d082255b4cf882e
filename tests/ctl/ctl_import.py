#!/usr/bin/env python3
"""ghostctl import: what a file has becomes secrets; or each bad line is named, and nothing does."""

import json

import ctl
import proxy

MANY = 500  # more than are on their way at a time


def names(it):
    return [each["name"] for each in it.daemon.json("GET", "/v1/secrets?limit=1000")[1]["secrets"]]


def variables_become_secrets(check):
    with ctl.Ctl() as it:
        (it.directory / ".env").write_bytes(
            b"\xef\xbb\xbf# mine\r\n\r\nexport DB_PASS = 'x y' # c\r\nPath=/bin\r\n_9=\r\nPEM=\"a\nb\"\r\n")
        ctl.quiet(check, it.run("import", ".env"), 0, "no word for what is as it should be")
        check.equal(names(it), ["_9", "db_pass", "path", "pem"], "named in lower case")
        check.equal([it.document(name)["value"] for name in names(it)], ["", "x y", "/bin", "a\nb"],
                    "their values")
        check.equal([it.document(name)["metadata"]["env"] for name in names(it)],
                    ["_9", "DB_PASS", "Path", "PEM"], "their environment names")
        said = it.run("import", "-", "--prefix", "app/", "--ttl", "90s", stdin=b"DB_PASS=z\n")
        check.equal(said.status, 0, "--prefix, --ttl, standard input")
        document = it.document("app/db_pass")
        check.equal((document["value"], document["metadata"]["ttl"], document["metadata"]["env"]),
                    ("z", 90, "DB_PASS"), "below the prefix, under its own environment name")
        said = it.run("import", "-", "--json", stdin=b'{"A": "x", "B": 7, "C": true, "app/x": "y"}')
        check.equal([json.loads(line)["name"] for line in said.out.splitlines()],
                    ["a", "b", "c", "app/x"], "JSON, and --json")
        check.equal([it.document(name)["value"] for name in ("a", "b", "c", "app/x")],
                    ["x", "7", "true", "y"], "text, integers, booleans")


def a_definition_stays(check):
    kept = {"ttl": 900, "labels": {"a": "b"}, "rotation": {"strategy": "hex", "length": 16, "on_expiry": True}}
    with ctl.Ctl() as it:
        it.put("db_pass", "old", **kept)
        it.put("app/key", "old", env="KEY")
        file = b"DB_PASS=new\nKEY=new\nOTHER=new\n"
        said = it.run("import", "-", "--dry-run", stdin=file)
        check.equal((said.status, said.out, said.err),
                    (0, b"db_pass changed DB_PASS\napp/key changed KEY\nother new OTHER\n", ""), "--dry-run says what would be")
        check.equal((names(it), it.document("db_pass")["value"]), (["app/key", "db_pass"], "old"), "and puts nothing")
        said = it.run("import", "-", "--dry-run", stdin=b"A=1\nbad\n")
        check.ok(said.status == 1 and ":2: " in said.err and said.out == b"", "a bad line is named", said)
        check.equal(it.run("import", "-", "--dry-run", "--json", stdin=file).status, 2, "--dry-run --json: 2")
        ctl.quiet(check, it.run("import", "-", stdin=file), 0, "imported")
        found = it.document("db_pass")
        check.equal((found["value"], {name: found["metadata"][name] for name in kept}), ("new", kept), "keeps its definition")
        check.equal([it.document(name)["metadata"]["rotation"]["strategy"] for name in ("app/key", "other")],
                    ["token", "none"], "a new one has the strategy none")
        said = it.run("rotate", "other")
        check.ok(said.status == 1 and "--strategy" in said.err, "and is not rotated, with the way out", said)
        it.run("import", "-", "--strategy", "hex", "--ttl", "1h", stdin=b"OTHER=x\nNEXT=x\n")
        check.equal([(each["rotation"]["strategy"], each["ttl"]) for each in (it.document(name)["metadata"] for name in ("other", "next"))],
                    [("hex", 3600)] * 2, "unless --strategy and --ttl say otherwise")
        ctl.quiet(check, it.run("import", "-", stdin=b'{"app/key": "by name", "app/new": "by name"}'), 0, "names in JSON")
        check.equal([it.document(name)["metadata"]["rotation"]["strategy"] for name in ("app/key", "app/new")],
                    ["token", "none"], "are known, too")


def each_bad_line_is_named(check):
    with ctl.Ctl() as it:
        (it.directory / "bad").write_text("A=1\nc4nary\nB='c4nary\nC=\"x\" c4nary\nA=c4nary\nGOOD=1\n")
        said = it.run("import", "bad")
        for place in ("bad:2: ", "bad:3: B: ", "bad:4: C: ", "bad:5: A "):
            check.ok(place in said.err, place, said)
        check.ok(said.status == 1 and "c4nary" not in said.err, "1, and no value is shown", said)
        check.equal(names(it), [], "nothing is put")
        check.equal(it.run("import", "bad", "--keep-going").status, 1, "--keep-going: still 1")
        check.ok("good" in names(it), "but what is good is put")
    with ctl.Ctl() as it:
        said = it.run("import", "-", stdin=b'{"a b": "x"}')
        check.ok(said.status == 1 and "'a b'" in said.err, "what cannot be a name", said)
        check.equal(it.run("import", "missing").status, 1, "no such file: 1")
        check.equal(it.run("import", "-", "--ttl", "soon").status, 2, "a bad TTL: 2")
        check.equal(it.run("import").status, 2, "no file: 2")


def what_the_daemon_refuses_is_named(check):
    with ctl.Ctl("--max-value", "10") as it:
        said = it.run("import", "-", stdin=b"A=1\nB=12345678901\nC=3\n")
        check.ok(said.status == 1 and "standard input:2: B" in said.err, "the line", said)
        check.equal(names(it), ["a", "c"], "the others are put")


def many_are_put_in_the_order_of_the_file(check):
    order = [f"v{number * 7919 % MANY:03}" for number in range(MANY)]
    lines = "".join(f"{name.upper()}={name}\n" for name in order).encode()
    with ctl.Ctl() as it:
        said = it.run("import", "-", "--json", stdin=lines)
        check.equal([json.loads(line)["name"] for line in said.out.splitlines()], order,
                    "--json: each document, in that order")
        check.equal(len(names(it)), MANY, "all are there")
        check.equal([each["name"] for each in it.daemon.json("GET", "/v1/events?limit=1000")[1]["events"]],
                    order, "and so are the events")
        ctl.quiet(check, it.run("import", "-", stdin=lines), 0, "put again, over those that are there")
        check.equal({it.document(name)["metadata"]["version"] for name in order[::50]}, {2}, "as version 2")


def each_that_fails_of_many_is_named(check):
    bad = {number for number in range(MANY) if number % 7 == 3 or number > MANY - 20}
    lines = "".join(f"V{number}={'c4nary' if number in bad else 'x'}\n" for number in range(MANY)).encode()
    with ctl.Ctl("--max-value", "5") as it:
        said = it.run("import", "-", stdin=lines)
        check.equal([line.split(":")[2] for line in said.err.splitlines() if "was not put" in line],
                    [str(number + 1) for number in sorted(bad)], "each line, in order")
        check.ok(said.status == 1 and "c4nary" not in said.err, "1, and no value is shown", said.status)
        check.equal(len(names(it)), MANY - len(bad), "the others are put")


class Cut(proxy.Proxy):
    """Cuts a connection after so many bytes of answers."""

    def __init__(self, path, target, limit):
        super().__init__(path, target)
        self.left = limit
        self.fronts = set()

    def accept(self):
        before = set(self.other)
        super().accept()
        self.fronts |= {each for each in set(self.other) - before
                        if each.getsockname() == self.path}

    def pass_on(self, source):
        if source not in self.fronts and self.left < proxy.PIECE_BYTES:
            data = source.recv(self.left)
            self.other[source].sendall(data)
            self.left -= len(data)
            if self.left == 0:
                for each in (source, self.other[source]):
                    del self.other[each]
                    each.close()
            return
        super().pass_on(source)


def a_daemon_that_ends_is_reported(check):
    lines = "".join(f"V{number:03}=x\n" for number in range(MANY)).encode()
    with ctl.Ctl() as it:
        path = str(it.directory / "cut")
        with Cut(path, it.socket, 50000):
            said = it.run("--socket", path, "import", "-", stdin=lines)
        messages = [line for line in said.err.splitlines() if "standard input:" in line]
        # Where bytes of ghostctl's were not read yet, the kernel says it by a reset.
        why = "closed the connection" in said.err or "reset by peer" in said.err
        check.ok(said.status == 1 and "broke" in said.err and why, "1, and that it broke", said)
        check.ok(len(messages) == 1 and "not known" in messages[0], "one line says from where on", said)
        first = int(messages[0].split(":")[2])
        check.ok(10 < first < MANY, "which is not the first", first)
        there = names(it)
        check.equal(there[:first - 1], [f"v{number:03}" for number in range(first - 1)],
                    "all before it are there")
        check.ok(len(there) < first + 100, "and not all of those behind it", len(there))


def what_is_not_expanded_is_warned_of(check):
    with ctl.Ctl() as it:
        said = it.run("import", "-", stdin=b"A=${HOME}/x\nB='${HOME}'\n")
        check.ok(said.status == 0 and said.err.count("warning") == 1 and ":1: A" in said.err,
                 "a warning for the one", said)
        check.equal(it.document("a")["value"], "${HOME}/x", "taken as it is")


ctl.main(variables_become_secrets, a_definition_stays, each_bad_line_is_named,
         what_the_daemon_refuses_is_named, many_are_put_in_the_order_of_the_file,
         each_that_fails_of_many_is_named, a_daemon_that_ends_is_reported, what_is_not_expanded_is_warned_of)

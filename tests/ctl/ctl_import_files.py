#!/usr/bin/env python3
"""ghostctl import: reads each format of export back, and files of other programs, or refuses them by name."""

import itertools

import ctl


def names(it):
    return [each["name"] for each in it.daemon.json("GET", "/v1/secrets?limit=1000")[1]["secrets"]]


FORMATS = ("portable", "shell", "systemd", "docker", "compose", "js", "js-expand", "python", "json", "nul")


def values_and_names(it):
    return {name: (it.document(name)["value"], it.document(name)["metadata"]["env"]) for name in names(it)}


def delete_all(it):
    for name in names(it):
        it.daemon.request("DELETE", f"/v1/secrets/{name}")


def what_was_exported_comes_back(check):
    values = {"a": "plain", "b/c-d": "it's \"x\" `y` \\z", "e": "$HOME ${X}", "f": "1\n2\n", "9": "ä",
              "g": " #x ", "h": "trailing\\", "i": '"quoted"', "j": "a\rb\r\nc", "k": "pass ", "l": "",
              "m": "'`\\t", "n": "'x`\\$y"}
    with ctl.Ctl() as it:
        for form in FORMATS:
            for name, value in values.items():
                it.put(name, value)
            it.put("named", "n", env="Mixed_Case")
            it.put("lower", "1", env="http_proxy")
            it.put("upper", "2", env="HTTP_PROXY")
            file = it.directory / (".env.ghost" + {"json": ".json", "nul": ".nul"}.get(form, ""))
            said = it.run("export", "--quiet", "--format", form, "--skip-refused", "-o", file.name)
            check.equal(said.status, 0, f"{form}: the export")
            exported = file.read_bytes()
            before = values_and_names(it)
            said = it.run("import", file.name)
            check.equal((said.status, said.err, values_and_names(it)), (0, "", before), f"{form}: to where it was")
            delete_all(it)
            ctl.quiet(check, it.run("import", file.name), 0, f"{form}: into an empty broker")
            check.equal(it.run("export", "--stdout", "--quiet", "--format", form).out, exported,
                        f"{form}: the same file")
            delete_all(it)
            file.unlink()


def names_that_differ_in_case_are_both_put(check):
    lines = [b"HTTP_PROXY=upper\n", b"http_proxy=lower\n", b"Http_Proxy=mixed\n"]
    wanted = {"http_proxy": ("lower", "http_proxy"), "HTTP_PROXY": ("upper", "HTTP_PROXY"),
              "Http_Proxy": ("mixed", "Http_Proxy")}
    with ctl.Ctl() as it:
        for order in itertools.permutations(lines):
            ctl.quiet(check, it.run("import", "-", stdin=b"".join(order)), 0, f"{order}")
            check.equal(values_and_names(it), wanted, "the same names in any order")
            it.run("import", "-", stdin=b"".join(order))
            check.equal(values_and_names(it), wanted, "and when they are put again")
            delete_all(it)
    with ctl.Ctl() as it:
        it.run("import", "-", stdin=lines[0])
        check.equal(values_and_names(it), {"http_proxy": ("upper", "HTTP_PROXY")}, "one alone is in lower case")
        it.run("import", "-", stdin=lines[1])
        check.equal(values_and_names(it), {"http_proxy": ("upper", "HTTP_PROXY"),
                                           "http_proxy-2": ("lower", "http_proxy")},
                    "the other one does not take its secret")
        it.put("hidden", "kept", env=False)
        it.run("import", "-", stdin=b"HIDDEN=new\n")
        check.equal((it.document("hidden")["value"], it.document("HIDDEN")["value"]), ("kept", "new"),
                    "nor one that is kept out of the environment")
        for name in ("a", "A", "a-2"):
            it.put(name, "kept", env="OF_" + name.replace("-", "_"))
        said = it.run("import", "-", stdin=b"B=1\nA=new\n")
        check.ok(said.status == 1 and ":2: A: " in said.err and "--env A" in said.err and "b" not in names(it),
                 "and if no name is free, that is a fault", said)
    with ctl.Ctl() as it:
        it.run("import", "-", "--json", stdin=b'{"PATH": "1", "Path": "2", "path-2": "3"}')
        check.equal(values_and_names(it), {"path": ("1", "PATH"), "Path": ("2", "Path"),
                                           "path-2": ("3", "PATH_2")}, "in JSON, too")


def files_from_elsewhere_are_read_or_named(check):
    with ctl.Ctl() as it:
        (it.directory / "mac.env").write_bytes(b"DB_USER=app\rDB_PASS=tiger\r")
        ctl.quiet(check, it.run("import", "mac.env"), 0, "CR line ends")
        check.equal([it.document(name)["value"] for name in names(it)], ["tiger", "app"], "two variables")
        for content, word in ((b"A=1\nB='x\r\ny'\r\n", "mixed:2: B: "), ("A=1\n".encode("utf-16"), "UTF-16LE"),
                              ("A=1\n".encode("utf-32-be"), "UTF-32BE"), ("G=grün\n".encode("latin-1"), "WINDOWS-1252")):
            (it.directory / "mixed").write_bytes(content)
            said = it.run("import", "mixed")
            check.ok(said.status == 1 and word in said.err and len(said.err.splitlines()) == 2,
                     f"{content}: one line says what it is", said)
        check.equal(len(names(it)), 2, "nothing more is put")


def json_is_put_whole_or_not_at_all(check):
    with ctl.Ctl() as it:
        said = it.run("import", "-", stdin=b'{"A":"x",\n"B":"a\\u0000b",\n"C":null,"D":{},\n"A":"y"}')
        for place in (":2: 'B': ", ":3: 'C': ", ":3: 'D': ", ":4: A "):
            check.ok(place in said.err, place, said)
        check.equal((said.status, names(it)), (1, []), "a fault puts nothing")
        check.equal(it.run("import", "-", "--keep-going", stdin=b'{"A":"x"').status, 1, "nor half a text")
        check.equal(names(it), [], "even with --keep-going")
        numbers = {"BIG": "12345678901234567890", "RATE": "1.50", "HUGE": "1e999", "NEGATIVE": "-0"}
        text = "{" + ",".join(f'"{name}":{number}' for name, number in numbers.items()) + "}"
        ctl.quiet(check, it.run("import", "-", stdin=text.encode()), 0, "numbers of any size")
        check.equal({name: it.document(name.lower())["value"] for name in numbers}, numbers, "with their digits")


ctl.main(what_was_exported_comes_back, names_that_differ_in_case_are_both_put, files_from_elsewhere_are_read_or_named,
         json_is_put_whole_or_not_at_all)

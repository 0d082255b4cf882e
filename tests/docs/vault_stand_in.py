#!/usr/bin/env python3
"""vault COMMAND…: stands in for the command line of Vault where that is not installed: its requests, for the commands
that ghostkey.vault(7) and the README show. Every other command is an error."""

import http.client
import json
import os
import socket
import sys
import urllib.parse


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def send(method, path, body=None):
    """-> what is answered; an error ends the program, as it ends `vault`, with status 2"""
    address = urllib.parse.urlsplit(os.environ["VAULT_ADDR"])
    connection = UnixConnection(address.path) if address.scheme == "unix" else http.client.HTTPConnection(address.netloc)
    connection.request(method, f"/v1/{path}", None if body is None else json.dumps(body), {
        "X-Vault-Request": "true", **({"X-Vault-Token": os.environ["VAULT_TOKEN"]} if "VAULT_TOKEN" in os.environ else {})})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 400:
        sys.exit(f"Code: {answer.status}. {text.decode()}") if answer.status != 403 else sys.exit("* permission denied")
    return json.loads(text) if text else None


def place(path, part):
    mount = send("GET", f"sys/internal/ui/mounts/{path}")["data"]["path"]
    return f"{mount}{part}/{path[len(mount):]}"


def fields(words):
    return dict(word.split("=", 1) for word in words)


def run(words):
    options = fields(word.lstrip("-") for word in words if word.startswith("-"))
    command, rest = [word for word in words if not word.startswith("-")][:2], [word for word in words if not word.startswith("-")][2:]
    if command == ["kv", "put"] and not options:
        return send("PUT", place(rest[0], "data"), {"data": fields(rest[1:]), "options": {}})["data"]["version"]
    if command == ["kv", "get"] and set(options) <= {"field"}:
        data = send("GET", place(rest[0], "data"))["data"]["data"]
        return data[options["field"]] if options else json.dumps(data)
    if command == ["secrets", "enable"] and set(options) == {"path", "version"}:
        return send("POST", f"sys/mounts/{options['path']}", {"type": rest[0], "options": {"version": options["version"]}})
    if command == ["secrets", "disable"] and not options:
        return send("DELETE", f"sys/mounts/{rest[0]}")
    if command[:1] == ["status"] and not options:
        return send("GET", "sys/seal-status")["version"]
    sys.exit(f"vault: the stand-in has no such command: {words}")


print(run(sys.argv[1:]))

#!/usr/bin/env python3
"""aws --endpoint-url URL secretsmanager COMMAND --OPTION VALUE…: stands in for the AWS CLI where that is not installed, for
the commands that ghostkey.aws(7) and the README show. An error ends it with status 254, as it ends `aws`."""

import json
import os
import sys
import urllib.error
import urllib.request


def camel(words):
    return "".join(word.capitalize() for word in words.split("-"))


def rules_of(text):
    name, number = text.split("=")
    return {name: int(number)}


def main():
    assert sys.argv[1] == "--endpoint-url" and sys.argv[3] == "secretsmanager", sys.argv
    members, query, output = {}, None, "json"
    rest = sys.argv[5:]
    while rest:
        option = rest.pop(0)
        if option == "--no-rotate-immediately":
            members["RotateImmediately"] = False
        elif option == "--query":
            query = rest.pop(0)
        elif option == "--output":
            output = rest.pop(0)
        else:
            value = rest.pop(0)
            members[camel(option[2:])] = rules_of(value) if option == "--rotation-rules" else value
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/{os.environ['AWS_DEFAULT_REGION']}/secretsmanager/aws4_request"
    request = urllib.request.Request(sys.argv[2], json.dumps(members).encode(), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"secretsmanager.{camel(sys.argv[4])}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        document = json.load(opener.open(request))
    except urllib.error.HTTPError as error:
        print(error.read().decode(), file=sys.stderr)
        sys.exit(254)
    told = document[query] if query else document
    print(told if output == "text" else json.dumps(told))


main()

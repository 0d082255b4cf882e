#!/usr/bin/env python3
"""What a shell does with the AWS CLI: aws.py runs this against a daemon.

    aws_cli.py PROGRAM
"""

import json
import os
import subprocess
import sys

import tap

ENDPOINT = os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"]


def run(*arguments, **options):
    """-> (exit status, what was printed, as JSON if it is, the error)"""
    output = options.get("output", "json")
    done = subprocess.run([sys.argv[1], "--endpoint-url", ENDPOINT, "--output", output, "secretsmanager", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    is_json = output == "json" and done.stdout.startswith("{")
    return done.returncode, json.loads(done.stdout) if is_json else done.stdout, done.stderr


def a_shell_gets_along(check):
    status, made, error = run("create-secret", "--name", "app/db", "--secret-string", '{"user":"u"}', "--tags", "Key=team,Value=core")
    check.equal((status, made and made["Name"]), (0, "app/db"), f"create-secret {error}")
    check.equal(run("get-secret-value", "--secret-id", "app/db", "--query", "SecretString", output="text")[:2], (0, '{"user":"u"}\n'), "get-secret-value")
    with open("value", "wb") as file:
        file.write(b"\x00\x01")
    put = run("put-secret-value", "--secret-id", "app/db", "--secret-binary", "fileb://value")[1]
    check.equal(run("get-secret-value", "--secret-id", "app/db", "--version-id", put["VersionId"])[1]["SecretBinary"], "AAE=", "a file")
    check.equal(run("rotate-secret", "--secret-id", "app/db", "--rotation-rules", "AutomaticallyAfterDays=1")[0], 0, "rotate-secret")
    told = run("describe-secret", "--secret-id", "app/db")[1]
    check.equal((told["RotationEnabled"], told["LastRotatedDate"][:10]), (True, "2000-01-01"), "describe-secret")
    names = run("list-secrets", "--filters", "Key=tag-key,Values=team", "--query", "SecretList[].Name", output="text")[1]
    check.equal(names, "app/db\n", "list-secrets")
    versions = run("list-secret-version-ids", "--secret-id", "app/db", "--include-deprecated")[1]["Versions"]
    check.equal(len(versions), 3, "list-secret-version-ids")
    check.equal(len(run("get-random-password", "--password-length", "12")[1]["RandomPassword"]), 12, "get-random-password")
    check.equal(run("delete-secret", "--secret-id", "app/db", "--recovery-window-in-days", "7")[1]["DeletionDate"][:10], "2000-01-08", "delete-secret")
    check.equal(run("restore-secret", "--secret-id", "app/db")[0], 0, "restore-secret")
    status, _, error = run("get-secret-value", "--secret-id", "none")
    check.ok(status != 0 and "(ResourceNotFoundException)" in error and "can't find the specified secret" in error, "not found", error)
    status, _, error = run("create-secret", "--name", "a b")
    check.ok(status != 0 and "(ValidationException)" in error, "a wrong name", error)


if __name__ == "__main__":
    sys.exit(tap.run(a_shell_gets_along))

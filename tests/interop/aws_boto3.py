#!/usr/bin/env python3
"""What an app does with boto3: aws.py runs this against a daemon."""

import concurrent.futures
import datetime
import json
import os
import sys

import boto3
import botocore.config
import http1
import tap
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"]
TOKEN = "11111111-2222-3333-4444-555555555555"
START = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
SECRETS, WRITERS = 50, 64


def own(method, path, body=None):
    """A request to GhostKey's own API."""
    with http1.Connection(os.environ["GHOSTKEY_SOCKET"]) as connection:
        answer = connection.request(method, path, None if body is None else json.dumps(body), [("Content-Type", "application/json")])
    return json.loads(answer.body)


def client(region="us-east-1", **more):
    return boto3.client("secretsmanager", endpoint_url=ENDPOINT, region_name=region,
                        config=botocore.config.Config(max_pool_connections=WRITERS), **more)


def code_of(function, **members):
    try:
        function(**members)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def a_secret_lives(check):
    aws = client()
    made = aws.create_secret(Name="/prod/db", SecretString='{"user":"u"}', Description="d", Tags=[{"Key": "k", "Value": "v"}])
    check.equal(aws.get_secret_value(SecretId=made["ARN"])["SecretString"], '{"user":"u"}', "create_secret, get_secret_value by ARN")
    check.equal(own("GET", "/v1/secrets/%252Fprod/db")["value"], '{"user":"u"}', "GhostKey's own API reads it")
    put = aws.put_secret_value(SecretId="/prod/db", SecretBinary=b"\x00\xff")
    value = aws.get_secret_value(SecretId="/prod/db")
    check.equal((value["SecretBinary"], value["VersionId"], value["VersionStages"]), (b"\x00\xff", put["VersionId"], ["AWSCURRENT"]), "a binary value")
    check.equal(aws.get_secret_value(SecretId="/prod/db", VersionStage="AWSPREVIOUS")["VersionId"], made["VersionId"], "the previous one")
    aws.update_secret(SecretId="/prod/db", Description="e")
    told = aws.describe_secret(SecretId="/prod/db")
    check.equal((told["Description"], told["Tags"], told["CreatedDate"]), ("e", [{"Key": "k", "Value": "v"}], START), "describe_secret")
    aws.tag_resource(SecretId="/prod/db", Tags=[{"Key": "l", "Value": ""}])
    aws.untag_resource(SecretId="/prod/db", TagKeys=["k"])
    check.equal(aws.describe_secret(SecretId="/prod/db")["Tags"], [{"Key": "l", "Value": ""}], "tags")
    aws.update_secret_version_stage(SecretId="/prod/db", VersionStage="AWSCURRENT", MoveToVersionId=made["VersionId"],
                                    RemoveFromVersionId=put["VersionId"])
    check.equal(aws.get_secret_value(SecretId="/prod/db")["VersionId"], made["VersionId"], "update_secret_version_stage")
    versions = aws.list_secret_version_ids(SecretId="/prod/db", IncludeDeprecated=True)["Versions"]
    check.equal({version["VersionId"] for version in versions}, {made["VersionId"], put["VersionId"]}, "list_secret_version_ids")
    check.equal(len(aws.get_random_password(PasswordLength=20, ExcludePunctuation=True)["RandomPassword"]), 20, "get_random_password")
    aws.put_resource_policy(SecretId="/prod/db", ResourcePolicy='{"Version":"2012-10-17"}')
    check.equal(aws.get_resource_policy(SecretId="/prod/db")["ResourcePolicy"], '{"Version":"2012-10-17"}', "resource policies")
    gone = aws.delete_secret(SecretId="/prod/db", RecoveryWindowInDays=7)["DeletionDate"]
    check.equal(gone, START + 7 * DAY, "delete_secret")
    check.equal(code_of(aws.get_secret_value, SecretId="/prod/db"), "InvalidRequestException", "a deleted one")
    aws.restore_secret(SecretId="/prod/db")
    check.equal(aws.get_secret_value(SecretId="/prod/db")["SecretString"], '{"user":"u"}', "restore_secret")
    check.equal(aws.delete_secret(SecretId="/prod/db", ForceDeleteWithoutRecovery=True)["Name"], "/prod/db", "without recovery")
    try:
        aws.get_secret_value(SecretId="/prod/db")
        check.ok(False, "not found")
    except aws.exceptions.ResourceNotFoundException as error:
        check.equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 400, "its exceptions are those of its model")
        check.equal(len(error.response["ResponseMetadata"]["RequestId"]), 36, "with a request id")


def names_are_listed_by_pages(check):
    aws = client()
    names = [f"page/{number:02}" for number in range(23)]
    for name in names:
        aws.create_secret(Name=name, SecretString=name)
    pages = aws.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": ["page/"]}], PaginationConfig={"PageSize": 5})
    check.equal([secret["Name"] for page in pages for secret in page["SecretList"]], names, "list_secrets")


def regions_have_replicas(check):
    here, there = client(), client("eu-west-1")
    made = here.create_secret(Name="repl", SecretString="1", AddReplicaRegions=[{"Region": "eu-west-1"}])
    check.equal(made["ReplicationStatus"][0]["Status"], "InSync", "a replica")
    check.equal(there.get_secret_value(SecretId="repl")["SecretString"], "1", "is read in its region")
    check.equal(code_of(there.put_secret_value, SecretId="repl", SecretString="2"), "InvalidParameterException", "not changed")
    there.stop_replication_to_replica(SecretId="repl")
    there.put_secret_value(SecretId="repl", SecretString="2")
    check.equal(here.get_secret_value(SecretId="repl")["SecretString"], "1", "until it is one of its own")


def a_retry_is_answered_the_same(check):
    aws = client()
    for function, members in ((aws.create_secret, {"Name": "retry", "SecretString": "1"}),
                              (aws.put_secret_value, {"SecretId": "retry", "SecretString": "2"}),
                              (aws.rotate_secret, {"SecretId": "retry"})):
        token = f"{function.__name__:-<40}"
        first, second = (function(**members, ClientRequestToken=token) for _ in range(2))
        first.pop("ResponseMetadata"), second.pop("ResponseMetadata")
        check.equal((first, first["VersionId"]), (second, token), f"{function.__name__}: the same answer, its token the version's id")
    versions = own("GET", "/v1/metadata/retry")["metadata"]["versions"]
    check.equal(len(versions), 3, "no version more")
    check.equal(code_of(aws.put_secret_value, SecretId="retry", SecretString="other", ClientRequestToken=f"{'put_secret_value':-<40}"),
                "ResourceExistsException", "another value with it")


def concurrent_puts_leave_one_of_each_stage(check):
    aws = client()
    aws.create_secret(Name="busy", SecretString="0")
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        done = list(pool.map(lambda number: aws.put_secret_value(SecretId="busy", SecretString=str(number))["VersionId"], range(WRITERS)))
    stages = aws.describe_secret(SecretId="busy")["VersionIdsToStages"]
    check.equal(len(set(done)), WRITERS, f"{WRITERS} puts at once")
    check.equal(sorted(stages.values()), [["AWSCURRENT"], ["AWSPREVIOUS"]], "leave one AWSCURRENT and one AWSPREVIOUS")
    check.ok(set(stages) <= set(done), "two of these puts")


def a_stranger_is_refused(check):
    check.equal(code_of(client(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="x").list_secrets),
                "UnrecognizedClientException", "another access key")


def a_year_passes(check):
    """50 secrets, of which the n-th rotates each n days."""
    aws = client()
    for number in range(1, SECRETS + 1):
        aws.create_secret(Name=f"year/{number}", SecretString="first")
        aws.rotate_secret(SecretId=f"year/{number}", RotationRules={"AutomaticallyAfterDays": number}, RotateImmediately=False)
    began = datetime.datetime.fromisoformat(own("GET", "/v1/clock")["now"].replace("Z", "+00:00"))
    members = aws.meta.service_model.operation_model("DescribeSecret").output_shape.members
    knows_next = "NextRotationDate" in members  # Debian 12's boto3 does not
    values = {number: {"first"} for number in range(1, SECRETS + 1)}
    passed, wrong = 0, []
    while passed < 365:
        passed = min(passed + 29, 365)
        own("POST", "/v1/clock/advance", {"by": f"{min(29, passed - (passed - 1) // 29 * 29)}d"})
        for number, seen in values.items():
            told = aws.describe_secret(SecretId=f"year/{number}")
            last = passed // number * number
            dates = (told.get("LastRotatedDate"), told.get("NextRotationDate"))
            if dates != (began + last * DAY if last else None, began + (last + number) * DAY if knows_next else None):
                wrong.append((number, passed, dates))
            seen.add(aws.get_secret_value(SecretId=f"year/{number}")["SecretString"])
    check.equal(wrong, [], "each of 50 secrets has rotated when it was due, and says when it will")
    check.ok(all(len(values[number]) == 1 + len({day // number for day in [*range(29, 365, 29), 365]} - {0}) for number in values),
             "each rotation is a new value", {number: len(seen) for number, seen in values.items()})
    for number in values:
        aws.cancel_rotate_secret(SecretId=f"year/{number}")
    before = aws.get_secret_value(SecretId="year/1")["VersionId"]
    own("POST", "/v1/clock/advance", {"by": "9d"})
    check.equal((aws.describe_secret(SecretId="year/1")["RotationEnabled"], aws.get_secret_value(SecretId="year/1")["VersionId"]),
                (False, before), "cancelled")


if __name__ == "__main__":
    sys.exit(tap.run(a_secret_lives, names_are_listed_by_pages, regions_have_replicas, a_retry_is_answered_the_same,
                     concurrent_puts_leave_one_of_each_stage, a_stranger_is_refused, a_year_passes))

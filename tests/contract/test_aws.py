#!/usr/bin/env python3
"""AWS Secrets Manager over raw HTTP: what its clients rely on, and what they may send that is wrong."""

import base64
import json
import pathlib
import random
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from aws import Aws, headers_of
from daemon import Daemon
from http1 import header

TOKEN = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
WRITERS = 64
NOT_FOUND = "Secrets Manager can't find the specified secret."
OPERATIONS = (
    "BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret DescribeSecret "
    "GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds ListSecrets PutResourcePolicy "
    "PutSecretValue RemoveRegionsFromReplication ReplicateSecretToRegions RestoreSecret RotateSecret "
    "StopReplicationToReplica TagResource UntagResource UpdateSecret UpdateSecretVersionStage "
    "ValidateResourcePolicy").split()


def started(*more):
    return Daemon("--seed", "test", "--clock", "virtual", *more)


def broken_bodies_are_refused_in_awss_form(check):
    bodies = ["{", "[]", "null", "1", '"x"', "{} {}", '{"SecretId":}', '{"SecretId":"\xff"}'.encode("latin-1"),
              b'{"SecretId":"a\xc0\xaf"}', "[" * 5000, '{"SecretId":' + "[" * 5000, '{"a":1}' * 2]
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        for body in bodies:
            answer = aws.raw("GetSecretValue", body)
            check.equal((answer.status, json.loads(answer.body)["__type"]), (400, "SerializationException"),
                        f"{body[:24]!r}")
        wrong = {"SecretId": [1, True, [], {}, 1e400], "SecretBinary": ["?", "AAA", 5, "\u0000"], "Tags": ["x", {}, [1]],
                 "VersionStages": ["x", [1], [None], {}], "MaxResults": ["1", 1.5, 10 ** 400, [], -10 ** 30],
                 "Filters": [[[]], [{"Key": 1}], "x"], "RotationRules": [[], "x", {"AutomaticallyAfterDays": "1"}],
                 "ForceDeleteWithoutRecovery": [1, "true", None], "PasswordLength": [10 ** 30, "8", -1, 0]}
        for operation in OPERATIONS:
            for member, values in wrong.items():
                for value in values:
                    answer = aws.raw(operation, json.dumps({"SecretId": "a", "Name": "a", member: value}))
                    document = json.loads(answer.body)
                    if answer.status == 200 or (answer.status == 400 and document["__type"] and document["Message"]):
                        continue
                    check.ok(False, f"{operation} with {member} {value!r}", f"{answer.status} {document}")
        check.ok(True, "no member of a wrong type is answered with anything but 200 or 400")


def random_bodies_never_end_in_a_500(check):
    pick = random.Random(4711)
    texts = ["", "a", "/x", "aws.eu-west-1/x", "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-abcdef", "\ud800",
             "A" * 300, TOKEN, "AWSCURRENT", "current", "ü" * 100, "cron(0 0 * * ? *)", "rate(1 day)", "{}", "a\u0000b"]
    names = ("SecretId Name SecretString SecretBinary ClientRequestToken Description KmsKeyId Tags TagKeys VersionId "
             "VersionStage VersionStages MoveToVersionId RemoveFromVersionId RotationRules Filters MaxResults NextToken "
             "SecretIdList AddReplicaRegions RemoveReplicaRegions ResourcePolicy ExcludeCharacters").split()

    def value(depth=0):
        kind = pick.randrange(8 if depth < 3 else 5)
        if kind < 3:
            return pick.choice(texts)
        if kind < 5:
            return pick.choice([0, 1, -1, 7, 1000, 1.5, True, False, None, 2 ** 53, -2 ** 63])
        if kind == 5:
            return [value(depth + 1) for _ in range(pick.randrange(4))]
        keys = pick.sample(["Key", "Value", "Values", "Region", "AutomaticallyAfterDays", "ScheduleExpression"], 2)
        return {key: value(depth + 1) for key in keys}

    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        worst = 0
        for _ in range(6000):
            body = {name: value() for name in pick.sample(names, pick.randrange(1, 6))}
            body.setdefault("SecretId", pick.choice(["a", "b"]))
            body.setdefault("Name", pick.choice(["a", "b"]))
            answer = aws.raw(pick.choice(OPERATIONS), json.dumps(body))
            worst = max(worst, answer.status)
            if answer.status >= 500:
                check.ok(False, "no 500", json.dumps(body))
                return
        check.equal(worst, 400, "6,000 random requests are answered with 200 or 400")
        check.equal(connection.request("GET", "/v1/status").status, 200, "the daemon goes on")


def unknown_operations_are_named(check):
    with started() as daemon, daemon.connect() as connection:
        for headers in (headers_of("Nonsense"), [("X-Amz-Target", "other.GetSecretValue")],
                        [("Content-Type", "application/x-amz-json-1.1")], [("X-Amz-Target", "")]):
            answer = connection.request("POST", "/", "{}", headers)
            check.equal((answer.status, json.loads(answer.body)["__type"]), (400, "UnknownOperationException"),
                        f"{headers}")
            check.ok(len(header(answer.headers, "x-amzn-RequestId") or "") == 36, "it has a request id")


def a_retry_makes_no_version(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        create = {"Name": "app/db", "SecretString": "one", "ClientRequestToken": TOKEN}
        first = aws("CreateSecret", **create)
        check.equal(first["VersionId"], TOKEN, "the token is the version's id")
        check.equal(aws("CreateSecret", **create), first, "the same request, the same answer")
        used = ("ResourceExistsException", f"You can't use ClientRequestToken {TOKEN} because that value is already in "
                                           f"use for a version of secret {first['ARN']}.")
        check.equal(aws.refusal("CreateSecret", **(create | {"SecretString": "two"})), used, "another value")
        check.equal(aws.refusal("PutSecretValue", SecretId="app/db", SecretString="two", ClientRequestToken=TOKEN), used,
                    "another value by PutSecretValue")
        put = {"SecretId": "app/db", "SecretString": "two", "ClientRequestToken": OTHER}
        check.equal(aws("PutSecretValue", **put), aws("PutSecretValue", **put), "PutSecretValue")
        rotate = {"SecretId": "app/db", "ClientRequestToken": "7" * 32}
        check.equal(aws("RotateSecret", **rotate), aws("RotateSecret", **rotate), "RotateSecret")
        versions = connection.request("GET", "/v1/metadata/app/db").body
        check.equal(len(json.loads(versions)["metadata"]["versions"]), 3, "three versions, made by three requests")


def concurrent_puts_leave_one_of_each_label(check):
    with started() as daemon:
        with daemon.connect() as connection:
            Aws(connection)("CreateSecret", Name="busy", SecretString="0")
        failed = []

        def write(number):
            try:
                with daemon.connect() as own:
                    Aws(own)("PutSecretValue", SecretId="busy", SecretString=str(number))
            except Exception as error:  # pylint: disable=broad-except
                failed.append(error)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check.equal(failed, [], f"{WRITERS} writers at once")
        with daemon.connect() as connection:
            aws = Aws(connection)
            stages = sorted(aws("DescribeSecret", SecretId="busy")["VersionIdsToStages"].values())
            check.equal(stages, [["AWSCURRENT"], ["AWSPREVIOUS"]], "one current, one previous")


def all_apis_read_what_one_writes(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="/prod//db", SecretString="by aws", Description="d", Tags=[{"Key": "k", "Value": ""}])
        own = json.loads(connection.request("GET", "/v1/secrets/%252Fprod%252F%252Fdb").body)
        check.equal((own["name"], own["value"], own["metadata"]["env"], own["metadata"]["labels"]),
                    ("%2Fprod%2F%2Fdb", "by aws", "PROD_DB", {"k": ""}), "GhostKey's own API reads it")
        connection.request("PUT", "/v1/secrets/%252Fprod%252F%252Fdb", '{"value":"by ghostkey"}')
        check.equal(aws("GetSecretValue", SecretId="/prod//db")["SecretString"], "by ghostkey", "and the other way round")
        connection.request("PUT", "/v1/secrets/plain", '{"value_base64":"AAE="}')
        check.equal(aws("GetSecretValue", SecretId="plain")["SecretBinary"], "AAE=", "a binary value")
        names = [secret["Name"] for secret in aws("ListSecrets")["SecretList"]]
        check.equal(names, ["/prod//db", "plain"], "AWS lists both")
        connection.request("POST", "/v1/rotate/plain", '{"pending":true}')
        stages = aws("DescribeSecret", SecretId="plain")["VersionIdsToStages"].values()
        check.equal(sorted(stages), [["AWSCURRENT"], ["AWSPENDING"]], "a pending version is AWSPENDING")
        token = '"}],"other":[{"x":"' + "y" * 20
        aws("CreateSecret", Name="odd", SecretString="1", ClientRequestToken=token)
        versions = json.loads(connection.request("GET", "/v1/metadata/odd").body)["metadata"]["versions"]
        check.equal([version["id"] for version in versions], [token], "an id may be any text")


def a_current_version_with_awspending_is_not_pending(check):
    """A rotation function moves AWSCURRENT, and may leave AWSPENDING where it is."""
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)

        def labels():
            return aws("DescribeSecret", SecretId="db")["VersionIdsToStages"]

        def status(method, path, body=None):
            return connection.request(method, path, body).status

        first = aws("CreateSecret", Name="db", SecretString="1")["VersionId"]
        made = aws("PutSecretValue", SecretId="db", SecretString="2", VersionStages=["AWSPENDING"])["VersionId"]
        aws("UpdateSecretVersionStage", SecretId="db", VersionStage="AWSCURRENT", MoveToVersionId=made,
            RemoveFromVersionId=first)
        check.equal(labels(), {first: ["AWSPREVIOUS"], made: ["AWSCURRENT", "AWSPENDING"]}, "AWS shows both")
        check.equal(aws("GetSecretValue", SecretId="db", VersionStage="AWSPENDING")["VersionId"], made, "and finds it by both")
        versions = json.loads(connection.request("GET", "/v1/metadata/db").body)["metadata"]["versions"]
        check.equal([version["stages"] for version in versions], [["previous"], ["current"]], "in GhostKey it is current alone")
        check.equal((status("GET", "/v1/secrets/db?stage=pending"), status("POST", "/v1/promote/db", "{}"),
                     status("POST", "/v1/discard/db", "{}")), (404, 404, 404), "none is pending")
        told = json.loads(connection.request("GET", "/v1/secret/metadata/db").body)["data"]
        check.equal((told["current_version"], sorted(told["versions"])), (2, ["1", "2"]), "Vault's clients see it")
        check.equal(status("POST", "/v1/rotate/db", '{"pending":true}'), 200, "the next one can be prepared")
        check.equal(sorted(labels().values()), [["AWSCURRENT"], ["AWSPENDING"], ["AWSPREVIOUS"]], "AWSPENDING moves to it")
        connection.request("POST", "/v1/discard/db")
        connection.request("DELETE", "/v1/secret/data/db")
        check.equal(status("GET", "/v1/secret/data/db"), 404, "and can delete it")


def what_another_label_keeps_is_not_discarded(check):
    """GhostKey's discard takes the stage off a version that a label or another stage keeps, and leaves it its value."""
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)

        def discarded():
            answer = json.loads(connection.request("POST", "/v1/discard/db").body)
            stages = aws("DescribeSecret", SecretId="db")["VersionIdsToStages"].values()
            return answer.get("discarded"), sorted(stages)

        first = aws("CreateSecret", Name="db", SecretString="1")["VersionId"]
        aws("PutSecretValue", SecretId="db", SecretString="2", VersionStages=["AWSPENDING", "MINE"])
        check.equal(discarded(), (2, [["AWSCURRENT"], ["MINE"]]), "a version that bears a label")
        check.equal(aws("GetSecretValue", SecretId="db", VersionStage="MINE")["SecretString"], "2", "keeps its value")
        aws("PutSecretValue", SecretId="db", SecretString="3")
        aws("UpdateSecretVersionStage", SecretId="db", VersionStage="AWSPENDING", MoveToVersionId=first)
        check.equal(discarded(), (1, [["AWSCURRENT"], ["AWSPREVIOUS"], ["MINE"]]), "so does the previous one")
        check.equal(aws("GetSecretValue", SecretId="db", VersionStage="AWSPREVIOUS")["SecretString"], "1", "with its value")


def a_first_value_can_be_pending(check):
    """Of a secret that has none in force: it is told to who asks for it, and does not expire."""
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)

        def own(method, path, body=None):
            answer = connection.request(method, "/v1/" + path, body)
            return answer.status, answer.body

        aws("CreateSecret", Name="db")
        own("PATCH", "secrets/db", '{"ttl":60}')
        made = own("POST", "rotate/db", '{"pending":true}')
        document = json.loads(made[1])
        check.equal((document["expired"], document["metadata"]["expires_at"]), (False, None), "the first value is prepared")
        for query in ("stage=pending", "version=1"):
            check.equal(own("GET", f"secrets/db?{query}"), made, f"{query} tells it")
        check.equal(aws("GetSecretValue", SecretId="db", VersionStage="AWSPENDING")["SecretString"], document["value"],
                    "and so does AWSPENDING")
        for path in ("secrets/db", "secrets/db?stage=current", "secrets/db?stage=previous", "secrets/db?version=2"):
            status, body = own("GET", path)
            check.ok(status == 404 and b"'db' has no value yet" in body, f"{path}: none yet", status, body)
        check.equal(own("GET", "secret/data/db?version=1")[0], 404, "Vault's clients are not told it")
        connection.request("POST", "/v1/promote/db")
        document = json.loads(own("GET", "secrets/db")[1])
        check.equal(document["metadata"]["expires_at"], "2000-01-01T00:01:00.000Z", "promoted, it has its whole TTL")


def regions_are_stores_of_their_own(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        here("CreateSecret", Name="a", SecretString="here")
        arn = there("CreateSecret", Name="a", SecretString="there")["ARN"]
        check.equal(here("GetSecretValue", SecretId="a")["SecretString"], "here", "here")
        check.equal(there("GetSecretValue", SecretId=arn)["SecretString"], "there", "there, by ARN")
        check.equal(here.refusal("GetSecretValue", SecretId=arn), ("ResourceNotFoundException", NOT_FOUND),
                    "an ARN of another region")
        check.equal([s["ARN"] for s in there("ListSecrets")["SecretList"]], [arn], "its list")
        check.equal(len(here("ListSecrets")["SecretList"]), 1, "is not the other's")
        check.equal(connection.request("GET", "/v1/secrets/aws.eu-west-1/a").status, 200, "its name in GhostKey")
        check.equal(here.refusal("CreateSecret", Name="aws.eu-west-1/b", SecretString="x")[0], "ValidationException",
                    "no way round")
        nowhere = Aws(connection, "nowhere")
        check.equal(nowhere.refusal("ListSecrets")[0], "InvalidSignatureException", "no region")


def a_name_made_again_has_another_arn(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        first = aws("CreateSecret", Name="a", SecretString="1")["ARN"]
        check.equal(aws("GetSecretValue", SecretId=first[:-7])["ARN"], first, "an ARN without its end")
        aws("DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
        second = aws("CreateSecret", Name="a", SecretString="2")["ARN"]
        check.ok(first != second and first[:-6] == second[:-6], "six other characters")
        check.equal(aws.refusal("GetSecretValue", SecretId=first), ("ResourceNotFoundException", NOT_FOUND), "the old one")


def pages_meet_each_secret_once(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        names = [f"s{number:02}" for number in range(23)]
        for name in random.Random(1).sample(names, len(names)):
            aws("CreateSecret", Name=name, SecretString=name)
        for order in ("asc", "desc"):
            found, token = [], {}
            while True:
                page = aws("ListSecrets", MaxResults=5, SortOrder=order, **token)
                found += [secret["Name"] for secret in page["SecretList"]]
                if "NextToken" not in page:
                    break
                token = {"NextToken": page["NextToken"]}
            check.equal(found, names if order == "asc" else names[::-1], f"pages of 5, {order}")
        for token in ("?", "AAAA", "MQ=="):
            check.equal(aws.refusal("ListSecrets", NextToken=token)[0], "InvalidNextTokenException", f"token {token}")
        batch = aws("BatchGetSecretValue", Filters=[{"Key": "name", "Values": ["s1"]}], MaxResults=4)
        check.equal([value["SecretString"] for value in batch["SecretValues"]], ["s10", "s11", "s12", "s13"], "a batch")
        check.ok("NextToken" in batch, "has more")


def a_year_of_rotations_is_told(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        for number in range(50):
            aws("CreateSecret", Name=f"s{number}", SecretString="first")
            aws("RotateSecret", SecretId=f"s{number}", RotationRules={"AutomaticallyAfterDays": number + 1},
                RotateImmediately=False)
        check.equal(aws("GetSecretValue", SecretId="s0")["SecretString"], "first", "RotateImmediately is false")
        connection.request("POST", "/v1/clock/advance", '{"by":"365d"}')
        start = 946684800
        for number in (0, 6, 49):
            days = number + 1
            told = aws("DescribeSecret", SecretId=f"s{number}")
            last = 365 // days * days
            check.equal((told["LastRotatedDate"], told["NextRotationDate"], told["RotationRules"]),
                        (start + last * 86400, start + (last + days) * 86400, {"AutomaticallyAfterDays": days}),
                        f"every {days} days")
        aws("CancelRotateSecret", SecretId="s0")
        check.equal(aws("DescribeSecret", SecretId="s0")["RotationEnabled"], False, "off again")
        check.equal(json.loads(connection.request("GET", "/v1/metadata/s0").body)["metadata"]["mode"], "static", "static")
        check.equal(aws.refusal("RotateSecret", SecretId="s0", RotationRules={"ScheduleExpression": "cron(0 8 1 * ? *)"})[0],
                    "InvalidParameterException", "there is no calendar")
        aws("TagResource", SecretId="s0", Tags=[{"Key": "ghostkey:rotation", "Value": '{"strategy":"hex","length":8}'}])
        aws("RotateSecret", SecretId="s0")
        check.equal(len(aws("GetSecretValue", SecretId="s0")["SecretString"]), 8, "the policy of the tag")
        check.equal(aws.refusal("TagResource", SecretId="s0", Tags=[{"Key": "ghostkey:rotation", "Value": "nonsense"}])[0],
                    "InvalidParameterException", "a tag that is no policy")
        aws("TagResource", SecretId="s1", Tags=[{"Key": "ghostkey:rotation", "Value": "none"}]) \
            if aws("CancelRotateSecret", SecretId="s1") else None
        check.equal(aws.refusal("RotateSecret", SecretId="s1")[0], "InvalidRequestException", "a policy that makes none")


def the_agent_is_answered(check):
    with started() as daemon, daemon.connect() as connection:
        value = Aws(connection)("CreateSecret", Name="app/db", SecretString="v")
        agent = [("X-Aws-Parameters-Secrets-Token", "any")]
        for path in ("/secretsmanager/get?secretId=app%2Fdb", f"/secretsmanager/get?secretId={value['ARN']}&refreshNow=true",
                     "/v1/app/db", "/v1/app%2Fdb?versionStage=AWSCURRENT", f"/v1/app/db?versionId={value['VersionId']}"):
            answer = connection.request("GET", path, headers=agent)
            check.equal((answer.status, json.loads(answer.body).get("SecretString")), (200, "v"), path)
        check.equal(connection.request("GET", "/secretsmanager/get?secretId=a").status, 403, "without the header")
        check.equal(connection.request("GET", "/v1/none", headers=agent).status, 400, "there is none")
        for path in ("/secretsmanager/get?secretId=%ff", "/v1/%ff", "/v1/app/db?versionStage=%ff", "/v1/app/db?versionId=%c3", "/v1/app/db?versionId=%"):
            answer = connection.request("GET", path, headers=agent)
            check.equal((answer.status, json.loads(answer.body)["__type"]), (400, "InvalidParameterException"), path)
        check.equal(connection.request("GET", "/v1/status").status, 200, "GhostKey's own paths are its own")


def passwords_are_made_to_order(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        first = aws("GetRandomPassword")["RandomPassword"]
        check.ok(first != aws("GetRandomPassword")["RandomPassword"], "no two are equal")
        connection.request("POST", "/v1/reset")
        check.equal(aws("GetRandomPassword")["RandomPassword"], first, "a state that began anew makes the same ones")
        only = aws("GetRandomPassword", PasswordLength=300, ExcludeLowercase=True, ExcludeUppercase=True,
                   ExcludePunctuation=True, ExcludeCharacters="0123456")["RandomPassword"]
        check.equal((len(only), set(only)), (300, set("789")), "what is left of the digits")
        one = aws("GetRandomPassword", PasswordLength=5, IncludeSpace=True)["RandomPassword"]
        check.equal(sum((any(map(str.islower, one)), any(map(str.isupper, one)), any(map(str.isdigit, one)), " " in one)),
                    4, "one of each type")
        check.equal(aws.refusal("GetRandomPassword", PasswordLength=4, IncludeSpace=True)[0], "InvalidParameterException",
                    "too short for all types")
        check.equal(aws.refusal("GetRandomPassword", PasswordLength=4097)[0], "ValidationException", "too long")


def replicas_follow_their_primary(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        made = here("CreateSecret", Name="a", SecretString="1", AddReplicaRegions=[{"Region": "eu-west-1"}])
        arn = made["ARN"].replace("us-east-1", "eu-west-1")
        here("PutSecretValue", SecretId="a", SecretString="2")
        check.equal(there("GetSecretValue", SecretId=arn)["SecretString"], "2", "it has the primary's value")
        check.equal(there("ListSecrets")["SecretList"][0]["PrimaryRegion"], "us-east-1", "it is listed")
        check.equal(there.refusal("PutSecretValue", SecretId="a", SecretString="3")[0], "InvalidParameterException",
                    "it cannot be changed")
        there("StopReplicationToReplica", SecretId="a")
        check.equal(there("PutSecretValue", SecretId=arn, SecretString="3")["ARN"], arn, "until it is one of its own")
        check.equal(here("GetSecretValue", SecretId="a")["SecretString"], "2", "the primary stays")
        here("DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
        stages = there("DescribeSecret", SecretId="a")["VersionIdsToStages"]
        check.equal(sorted(stages.values()), [["AWSCURRENT"], ["AWSPREVIOUS"]], "its own versions are there")
        here("CreateSecret", Name="b", SecretString="1")
        there("CreateSecret", Name="b", SecretString="own")
        status = here("ReplicateSecretToRegions", SecretId="b", AddReplicaRegions=[{"Region": "eu-west-1"}])
        check.equal(status["ReplicationStatus"][0]["StatusMessage"],
                    "Replication failed: Secret name b already exists in region eu-west-1.", "the name is taken")


def values_of_all_sizes_are_kept(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        for length in (49152, 49153, 65536):
            whole = base64.b64encode(b"\xff" * length).decode()
            aws("CreateSecret", Name=f"b{length}", SecretBinary=whole)
            check.ok(aws("GetSecretValue", SecretId=f"b{length}")["SecretBinary"] == whole, f"{length} bytes")
            body = json.dumps({"SecretId": f"b{length}", "SecretBinary": whole}).replace("/", "\\/")
            check.equal(aws.raw("PutSecretValue", body).status, 200, f"{length} bytes, with escapes")
            check.ok(aws("GetSecretValue", SecretId=f"b{length}")["SecretBinary"] == whole, "the same")
        code, message = aws.refusal("CreateSecret", Name="c", SecretBinary=base64.b64encode(b"\xff" * 65537).decode())
        check.equal((code, message[:27]), ("ValidationException", "1 validation error detected"), "a byte too many")


def an_arn_without_its_end_is_found(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        first = aws("CreateSecret", Name="my-secret", SecretString="1")["ARN"]
        for secret_id in (first, first[:-7], "my-secret"):
            check.equal(aws("GetSecretValue", SecretId=secret_id)["SecretString"], "1", secret_id)
        second = aws("CreateSecret", Name="my", SecretString="2")["ARN"]
        for secret_id, value in ((first, "1"), (first[:-7], "1"), (second, "2"), (second[:-7], "2")):
            check.equal(aws("GetSecretValue", SecretId=secret_id)["SecretString"], value, secret_id)
        long = first.replace("my-secret", "x" * 250)
        check.equal(aws.refusal("GetSecretValue", SecretId=long), ("ResourceNotFoundException", NOT_FOUND), "a long name")


def a_refused_request_about_replicas_changes_nothing(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        regions = [{"Region": "eu-west-1"}]
        code, message = here.refusal("CreateSecret", Name="q" * 250, SecretString="1", AddReplicaRegions=regions)
        check.equal((code, message[:14]), ("ValidationException", "Invalid name. "), "no room for the replica's name")
        check.equal(here("ListSecrets")["SecretList"], [], "no secret is made")
        here("CreateSecret", Name="p" * 239, SecretString="1")
        check.equal(here.refusal("ReplicateSecretToRegions", SecretId="p" * 239,
                                 AddReplicaRegions=regions + [{"Region": "us-gov-west-1"}])[0],
                    "ValidationException", "the second region has no room")
        check.ok("ReplicationStatus" not in here("DescribeSecret", SecretId="p" * 239), "the first one is not added")
        check.equal(there("ListSecrets")["SecretList"], [], "nor answers")
        there("CreateSecret", Name="p" * 239, SecretString="own")
        here.refusal("ReplicateSecretToRegions", SecretId="p" * 239, ForceOverwriteReplicaSecret=True,
                     AddReplicaRegions=regions + [{"Region": "us-gov-west-1"}])
        check.equal(there("GetSecretValue", SecretId="p" * 239)["SecretString"], "own", "nothing is overwritten")


def a_list_of_replicas_loses_none(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        for name, key, count in (("long", "k" * 2048, 31), ("many", "", 50)):
            aws("CreateSecret", Name=name, SecretString="1")
            add = [{"Region": f"eu-west-{at}", "KmsKeyId": key} for at in range(100, 100 + count)]
            aws("ReplicateSecretToRegions", SecretId=name, AddReplicaRegions=add)
            more = [{"Region": f"eu-west-{at}", "KmsKeyId": key} for at in range(200, 215)]
            check.equal(aws.refusal("ReplicateSecretToRegions", SecretId=name, AddReplicaRegions=more)[0],
                        "InvalidParameterException", f"{name}: too long")
            check.equal(len(aws("DescribeSecret", SecretId=name)["ReplicationStatus"]), count, f"{name}: nothing is lost")
            check.equal(Aws(connection, "eu-west-200").refusal("DescribeSecret", SecretId=name)[0],
                        "ResourceNotFoundException", f"{name}: nothing is added")
            aws("ReplicateSecretToRegions", SecretId=name, AddReplicaRegions=add)
            regions = [status["Region"] for status in aws("DescribeSecret", SecretId=name)["ReplicationStatus"]]
            check.equal(regions, [replica["Region"] for replica in add], f"{name}: what fits goes on")


def a_replica_that_cannot_be_copied_stays(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        regions = [{"Region": "eu-west-1"}]
        for name in ("deleted", "destroyed", "first", "empty"):
            value = {} if name == "empty" else {"SecretString": "1"}
            here("CreateSecret", Name=name, AddReplicaRegions=regions, **value)
        connection.request("DELETE", "/v1/secrets/deleted?recover=1d")
        check.equal(there.refusal("StopReplicationToReplica", SecretId="deleted")[0], "InvalidRequestException",
                    "the primary is deleted")
        connection.request("POST", "/v1/restore/deleted")
        check.equal(there("GetSecretValue", SecretId="deleted")["SecretString"], "1", "its replica is there again")
        here("PutSecretValue", SecretId="first", SecretString="2")
        for name in ("destroyed", "first"):
            connection.request("DELETE", f"/v1/secret/data/{name}", headers=[("X-Vault-Token", "any")])
            check.equal(there.refusal("StopReplicationToReplica", SecretId=name)[0], "ResourceNotFoundException",
                        f"{name}: no value is current")
            check.equal(there("DescribeSecret", SecretId=name)["PrimaryRegion"], "us-east-1", f"{name}: it stays")
        there("StopReplicationToReplica", SecretId="empty")
        check.ok("PrimaryRegion" not in there("DescribeSecret", SecretId="empty"), "one without a version is its own")
        check.ok("ReplicationStatus" not in here("DescribeSecret", SecretId="empty"), "and the primary's no more")


def a_replica_shows_its_policy(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        here("CreateSecret", Name="a", SecretString="1", AddReplicaRegions=[{"Region": "eu-west-1"}])
        here("PutResourcePolicy", SecretId="a", ResourcePolicy='{"a":1}')
        check.equal(there("GetResourcePolicy", SecretId="a")["ResourcePolicy"], '{"a":1}', "the primary's")
        check.ok(there("ValidateResourcePolicy", SecretId="a", ResourcePolicy="{}")["PolicyValidationPassed"], "a check")
        check.equal(there.refusal("PutResourcePolicy", SecretId="a", ResourcePolicy="{}")[0],
                    "InvalidParameterException", "a change is refused")


def a_secret_has_at_most_50_tags(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        tags = [{"Key": f"k{at:02}", "Value": "v"} for at in range(54)]
        aws("CreateSecret", Name="a", SecretString="1", Tags=tags[:48])
        check.equal(aws.refusal("TagResource", SecretId="a", Tags=tags[48:51])[0], "InvalidParameterException", "51")
        aws("TagResource", SecretId="a", Tags=tags[46:50])
        check.equal(aws("DescribeSecret", SecretId="a")["Tags"], tags[:50], "50")


def names_of_members_may_have_escapes(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws.raw("CreateSecret", r'{"N\u0061me":"a","SecretStrin\u0067":"1","Tags":[{"\u004bey":"k"}]}')
        check.equal(json.loads(aws.raw("GetSecretValue", r'{"\u0053ecretId":"a"}').body)["SecretString"], "1", "escapes")
        check.equal(aws("DescribeSecret", SecretId="a")["Tags"], [{"Key": "k", "Value": ""}], "in a structure")
        check.equal(aws.raw("GetSecretValue", r'{"SecretId":"a","\u0053ecretId":"a"}').status, 400, "given twice")
        for name in (r"\u0061" * 33, r"\ud800", r"\u0053ecretId\u0000"):
            check.equal(aws.raw("GetSecretValue", '{"SecretId":"a","' + name + '":1}').status, 200, "another one")


if __name__ == "__main__":
    sys.exit(tap.run(broken_bodies_are_refused_in_awss_form, random_bodies_never_end_in_a_500,
                     a_current_version_with_awspending_is_not_pending, what_another_label_keeps_is_not_discarded,
                     a_first_value_can_be_pending,
                     unknown_operations_are_named, a_retry_makes_no_version, concurrent_puts_leave_one_of_each_label,
                     all_apis_read_what_one_writes, regions_are_stores_of_their_own,
                     a_name_made_again_has_another_arn, pages_meet_each_secret_once, a_year_of_rotations_is_told,
                     the_agent_is_answered, passwords_are_made_to_order, replicas_follow_their_primary,
                     values_of_all_sizes_are_kept, an_arn_without_its_end_is_found,
                     a_refused_request_about_replicas_changes_nothing, a_list_of_replicas_loses_none,
                     a_replica_that_cannot_be_copied_stays,
                     a_replica_shows_its_policy, a_secret_has_at_most_50_tags, names_of_members_may_have_escapes))

#!/usr/bin/env python3
"""AWS Secrets Manager over raw HTTP: requests at the edge of what it takes, and what a refused one leaves."""

import http.client
import json
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import tap
from aws import Aws, headers_of
from daemon import Daemon

TOKEN = "11111111-2222-3333-4444-555555555555"
AGENT = "X-Aws-Parameters-Secrets-Token"
DAY_S = 86400
START = 946684800  # of the virtual clock
EU = [{"Region": "eu-west-1"}]


def started(*more):
    return Daemon("--seed", "test", "--clock", "virtual", *more)


def metadata(connection, name):
    return json.loads(connection.request("GET", f"/v1/metadata/{name}").body)["metadata"]


def rotation_of(aws, name):
    """The members of DescribeSecret that tell about rotation."""
    return {key: value for key, value in aws("DescribeSecret", SecretId=name).items() if "Rotat" in key}


def a_rotation_that_fails_is_not_switched_on(check):
    with started("--max-value", "16") as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")
        for more in ({"RotationRules": {"AutomaticallyAfterDays": 2}}, {"RotationLambdaARN": "arn:x"}, {}):
            check.equal(aws.refusal("RotateSecret", SecretId="a", **more)[0], "InvalidRequestException",
                        f"the value would be too large: {more}")
            check.equal(rotation_of(aws, "a"), {}, "nothing is switched on")
        check.equal(metadata(connection, "a")["mode"], "static", "static")
        aws("CreateSecret", Name="none", SecretString="1", Tags=[{"Key": "ghostkey:rotation", "Value": "none"}])
        for now in (True, False):
            check.equal(aws.refusal("RotateSecret", SecretId="none", RotateImmediately=now,
                                    RotationRules={"AutomaticallyAfterDays": 2})[0],
                        "InvalidRequestException", f"a policy that cannot rotate, immediately: {now}")
            check.equal(rotation_of(aws, "none"), {}, "nothing is switched on")


def rotation_is_on_until_it_is_cancelled(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")
        aws("RotateSecret", SecretId="a")
        check.equal(rotation_of(aws, "a"), {"RotationEnabled": True, "LastRotatedDate": START}, "without rules")
        revision = metadata(connection, "a")["revision"]
        aws("RotateSecret", SecretId="a")
        check.equal(metadata(connection, "a")["revision"], revision + 1, "the second time it is one event")
        aws("CancelRotateSecret", SecretId="a")
        check.equal(rotation_of(aws, "a")["RotationEnabled"], False, "cancelled")
        aws("RotateSecret", SecretId="a", RotationRules={"AutomaticallyAfterDays": 3})
        check.equal(rotation_of(aws, "a"), {
            "RotationEnabled": True, "RotationRules": {"AutomaticallyAfterDays": 3}, "LastRotatedDate": START,
            "NextRotationDate": START + 3 * DAY_S}, "with rules")
        aws("RotateSecret", SecretId="a")
        check.equal(rotation_of(aws, "a")["RotationRules"], {"AutomaticallyAfterDays": 3}, "they stay")
        connection.request("PATCH", "/v1/secrets/a", '{"ttl":null,"rotation":{"on_expiry":false}}')
        check.equal(rotation_of(aws, "a")["RotationEnabled"], False, "switched off by GhostKey's own API")


def a_secret_without_a_value_rotates_from_its_first_value_on(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a")
        aws("RotateSecret", SecretId="a", RotationRules={"AutomaticallyAfterDays": 2}, RotateImmediately=False)
        check.equal(rotation_of(aws, "a"), {"RotationEnabled": True, "RotationRules": {"AutomaticallyAfterDays": 2}},
                    "it is on, and nothing is due")
        connection.request("POST", "/v1/clock/advance", '{"by":"3d"}')
        aws("PutSecretValue", SecretId="a", SecretString="first")
        check.equal(rotation_of(aws, "a")["NextRotationDate"], START + 5 * DAY_S, "the days count from the first value")
        connection.request("POST", "/v1/clock/advance", '{"by":"2d"}')
        check.ok(aws("GetSecretValue", SecretId="a")["SecretString"] != "first", "it has rotated")
        aws("CreateSecret", Name="b")
        made = aws("RotateSecret", SecretId="b")
        check.equal(aws("GetSecretValue", SecretId="b")["VersionId"], made["VersionId"], "immediately: its first value")


def the_last_rotation_is_known_as_long_as_the_secret_is(check):
    with started("--keep-versions", "2") as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")
        aws("RotateSecret", SecretId="a")
        connection.request("POST", "/v1/clock/advance", '{"by":"1d"}')
        for number in range(4):
            aws("PutSecretValue", SecretId="a", SecretString=str(number))
        check.equal(rotation_of(aws, "a")["LastRotatedDate"], START, "puts do not take it away")
        check.equal(len(metadata(connection, "a")["versions"]), 2, "though the version is gone")
        connection.request("POST", "/v1/rotate/a")
        check.equal(rotation_of(aws, "a")["LastRotatedDate"], START + DAY_S, "a rotation by GhostKey's own API counts")
        connection.request("PUT", "/v1/secrets/a", '{"value":"2"}')
        check.equal(rotation_of(aws, "a")["LastRotatedDate"], START + DAY_S, "a put by it does not")


def a_token_of_a_put_is_none_of_a_rotation(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1", ClientRequestToken=TOKEN)
        code, message = aws.refusal("RotateSecret", SecretId="a", ClientRequestToken=TOKEN)
        check.equal((code, TOKEN in message), ("InvalidRequestException", True), "a version that was put has the token")
        check.equal(aws("GetSecretValue", SecretId="a")["SecretString"], "1", "nothing is rotated")
        rotate = {"SecretId": "a", "ClientRequestToken": "7" * 32, "RotationRules": {"AutomaticallyAfterDays": 2}}
        check.equal(aws("RotateSecret", **rotate), aws("RotateSecret", **rotate), "a retry is answered the same")
        check.equal(metadata(connection, "a")["version"], 2, "and makes no version")


def ids_are_unique_within_a_secret(check):
    """A client may give a version the id that a later one would have by itself."""
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        ids = []
        for name, operation in (("PutSecretValue", {"SecretString": "x"}), ("RotateSecret", {}),
                                ("PutSecretValue", {"SecretString": "x", "VersionStages": ["LABEL"]}),
                                ("PutSecretValue", {"SecretString": "x", "VersionStages": ["AWSPENDING"]})):
            aws("CreateSecret", Name="a", SecretString="1")
            ids.append(aws(name, SecretId="a", **operation)["VersionId"])
            connection.request("POST", "/v1/reset")
            aws("CreateSecret", Name="a", SecretString="1", ClientRequestToken=ids[-1])
            made = aws(name, SecretId="a", **operation)["VersionId"]
            check.ok(made != ids[-1] and len(made) == 36, f"{name} {operation}: another id than the one that was given")
            versions = metadata(connection, "a")["versions"]
            check.equal([version["id"] for version in versions], [ids[-1], made], "each has its own")
            check.equal(aws("GetSecretValue", SecretId="a", VersionId=made)["VersionId"], made, "and is found by it")
            aws("UpdateSecretVersionStage", SecretId="a", VersionStage="OTHER", MoveToVersionId=made)
            check.equal([version["id"] for version in metadata(connection, "a")["versions"]], [ids[-1], made], "keeps it")
            connection.request("POST", "/v1/reset")
        # the version with the id that was given is older than the current one
        aws("CreateSecret", Name="a", SecretString="1")
        aws("PutSecretValue", SecretId="a", SecretString="2")
        third = aws("PutSecretValue", SecretId="a", SecretString="3")["VersionId"]
        connection.request("POST", "/v1/reset")
        aws("CreateSecret", Name="a", SecretString="1", ClientRequestToken=third)
        connection.request("PUT", "/v1/secrets/a", '{"value":"2"}')
        connection.request("PUT", "/v1/secrets/a", '{"value":"3"}')
        ids = [version["id"] for version in metadata(connection, "a")["versions"]]
        check.equal((ids[0], len(set(ids))), (third, 3), "also by GhostKey's own API, two versions later")


def times_before_1970_are_numbers(check):
    with Daemon("--seed", "test", "--clock", "virtual:1969-12-30T12:00:00.250Z") as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        at = -129599.75
        aws("CreateSecret", Name="a", SecretString="1")
        value = aws("GetSecretValue", SecretId="a")
        told = aws("DescribeSecret", SecretId="a")
        check.equal((value["CreatedDate"], told["CreatedDate"], told["LastAccessedDate"]), (at, at, -172800),
                    "to the millisecond; the day that has begun")
        connection.request("POST", "/v1/clock/advance", '{"by":"1d"}')
        aws("CreateSecret", Name="b", SecretString="1")
        page = aws("ListSecrets", MaxResults=1)
        check.equal([secret["Name"] for secret in page["SecretList"]], ["a"], "the first page")
        page = aws("ListSecrets", MaxResults=1, NextToken=page["NextToken"])
        check.equal([(secret["Name"], secret["CreatedDate"]) for secret in page["SecretList"]], [("b", at + DAY_S)],
                    "the second")
        raw = aws.raw("DescribeSecret", '{"SecretId":"b"}').body
        check.ok(b'"CreatedDate":-43199.750' in raw, "a minus before the number", raw)


def a_tag_shows_no_value_of_a_cycle(check):
    policy = '{"strategy":"cycle","values":["first-secret","second-secret"]}'
    shown = '{"strategy":"cycle","count":2,"on_expiry":false}'
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="made", SecretString="1", Tags=[{"Key": "ghostkey:rotation", "Value": policy}])
        aws("CreateSecret", Name="tagged", SecretString="1")
        aws("TagResource", SecretId="tagged", Tags=[{"Key": "ghostkey:rotation", "Value": policy}])
        for name in ("made", "tagged"):
            check.equal(aws("DescribeSecret", SecretId=name)["Tags"], [{"Key": "ghostkey:rotation", "Value": shown}],
                        f"{name}: the tag")
            check.equal(metadata(connection, name)["labels"], {"ghostkey:rotation": shown}, "the label")
            aws("TagResource", SecretId=name, Tags=[{"Key": "ghostkey:rotation", "Value": shown}, {"Key": "k"}])
            aws("RotateSecret", SecretId=name)
            check.equal(aws("GetSecretValue", SecretId=name)["SecretString"], "first-secret",
                        "tags that are written back as they were read change no policy")
        everything = aws.raw("ListSecrets", "{}").body + connection.request("GET", "/v1/secrets").body
        check.ok(b"second-secret" not in everything, "no list shows a value")
        check.equal(aws("ListSecrets", Filters=[{"Key": "tag-value", "Values": ['{"strategy":"cycle","values":["first']}]),
                    {"SecretList": []}, "nor does a filter find one")
        check.equal(aws.refusal("CreateSecret", Name="c", SecretString="1",
                                Tags=[{"Key": "ghostkey:rotation", "Value": shown}])[0],
                    "InvalidParameterException", "a new secret has no such policy")
        long = json.dumps({"strategy": "template", "template": "x" * 200, "grace": 0})
        aws("CreateSecret", Name="d", SecretString="1", Tags=[{"Key": "ghostkey:rotation", "Value": long}])
        check.equal(aws("DescribeSecret", SecretId="d")["Tags"][0]["Value"], long, "any other stays as it was written")


def lengths_are_counted_in_characters(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1", ClientRequestToken="\u00e9" * 64)
        check.equal(aws("GetSecretValue", SecretId="a", VersionId="\u00e9" * 64)["SecretString"], "1", "64 characters")
        for token in ("\u00e9" * 31, "\u00e9" * 65):
            check.equal(aws.refusal("PutSecretValue", SecretId="a", SecretString="2", ClientRequestToken=token)[0],
                        "InvalidParameterException", f"{len(token)} characters, {2 * len(token)} bytes")
        longest = json.dumps({"a": "\u20ac" * 20471}, ensure_ascii=False)
        aws("PutResourcePolicy", SecretId="a", ResourcePolicy=longest)
        check.equal(aws("GetResourcePolicy", SecretId="a")["ResourcePolicy"], longest, "a resource policy of 20,480 characters, 61,422 bytes")
        check.equal(aws.refusal("PutResourcePolicy", SecretId="a", ResourcePolicy=longest + " ")[0], "ValidationException", "one more")
        aws("UpdateSecret", SecretId="a", Description="d" * 2048)
        check.equal(len(aws("DescribeSecret", SecretId="a")["Description"]), 2048, "2,048 characters of description")
        for operation, members in (("UpdateSecret", {"SecretId": "a"}), ("CreateSecret", {"Name": "b"})):
            code, message = aws.refusal(operation, Description="\u00e9" * 1025, **members)
            check.equal((code, "2048 bytes" in message), ("ValidationException", True),
                        f"{operation}: GhostKey keeps 2,048 bytes")
        check.equal(aws("ListSecrets", Filters=[{"Key": "name", "Values": ["b"]}])["SecretList"], [], "none was made")
        aws("RotateSecret", SecretId="a", RotationLambdaARN="\u00e9" * 2048)
        check.equal(aws("DescribeSecret", SecretId="a")["RotationLambdaARN"], "\u00e9" * 2048, "of an ARN")
        check.equal(aws.refusal("RotateSecret", SecretId="a", RotationLambdaARN="\u00e9" * 2049)[0],
                    "InvalidParameterException", "one more")


def a_version_has_at_most_20_labels(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        made = aws("CreateSecret", Name="a", SecretString="1")["VersionId"]
        for number in range(19):
            aws("UpdateSecretVersionStage", SecretId="a", VersionStage=f"L{number:02}", MoveToVersionId=made)
        check.equal(aws.refusal("UpdateSecretVersionStage", SecretId="a", VersionStage="more", MoveToVersionId=made)[0],
                    "LimitExceededException", "AWSCURRENT counts")
        check.equal(len(aws("DescribeSecret", SecretId="a")["VersionIdsToStages"][made]), 20, "20 labels")
        aws("UpdateSecretVersionStage", SecretId="a", VersionStage="L00", RemoveFromVersionId=made)
        aws("UpdateSecretVersionStage", SecretId="a", VersionStage="more", MoveToVersionId=made)
        aws("CreateSecret", Name="b")
        labels = [f"L{number:02}" for number in range(20)]
        check.equal(aws.refusal("PutSecretValue", SecretId="b", SecretString="1", VersionStages=labels)[0],
                    "LimitExceededException", "the first version gets AWSCURRENT, too")
        aws("PutSecretValue", SecretId="b", SecretString="1", VersionStages=labels[1:])
        aws("PutSecretValue", SecretId="b", SecretString="2", VersionStages=labels)
        check.equal(sorted(map(len, aws("DescribeSecret", SecretId="b")["VersionIdsToStages"].values())), [1, 20],
                    "they move")


def a_label_that_is_given_twice_counts_once(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")
        put = {"SecretId": "a", "SecretString": "2", "VersionStages": ["B", "A", "B", "AWSPENDING", "AWSPENDING"],
               "ClientRequestToken": TOKEN}
        check.equal(aws("PutSecretValue", **put)["VersionStages"], ["B", "A", "AWSPENDING"], "in the order given")
        check.equal(sorted(aws("PutSecretValue", **put)["VersionStages"]), ["A", "AWSPENDING", "B"], "a retry")


def a_value_is_text_or_binary(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        both = {"SecretString": "1", "SecretBinary": "MQ=="}
        for operation, members in (("CreateSecret", {"Name": "a"}), ("CreateSecret", {"Name": "a"}),
                                   ("PutSecretValue", {"SecretId": "a"}), ("UpdateSecret", {"SecretId": "a"})):
            check.equal(aws.refusal(operation, **members, **both)[0], "InvalidParameterException", f"{operation}: both")
            aws("CreateSecret", Name="a", SecretString="1", ClientRequestToken=TOKEN)
            check.equal(aws.refusal(operation, **members, **both, ClientRequestToken=TOKEN)[0],
                        "InvalidParameterException", f"{operation}: both, with a token that is known")


def a_forced_deletion_names_what_was_asked_for(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        old = aws("CreateSecret", Name="a", SecretString="1")["ARN"]
        aws("DeleteSecret", SecretId=old, ForceDeleteWithoutRecovery=True)
        new = aws("CreateSecret", Name="a", SecretString="2")["ARN"]
        told = aws("DeleteSecret", SecretId=old, ForceDeleteWithoutRecovery=True)
        check.equal((told["ARN"], told["Name"]), (old, "a"), "a secret of that name that is gone")
        check.equal(aws("GetSecretValue", SecretId="a")["ARN"], new, "the one that is there stays")
        told = aws("DeleteSecret", SecretId="none", ForceDeleteWithoutRecovery=True)
        check.equal((told["ARN"][:-6], told["Name"]), (new[:-8] + "none-", "none"), "a name that never was")


def words_of_any_language_match(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1", Description="R\u00e9sum\u00e9 des acc\u00e8s")
        for value, is_found in (("r\u00e9s", True), ("acc\u00e8s", True), ("acc\u00e9", False), ("sum", False), ("des", True),
                                ("\u00e9sum", False)):
            found = aws("ListSecrets", Filters=[{"Key": "description", "Values": [value]}])["SecretList"]
            check.equal(len(found), int(is_found), value)


def the_agent_takes_the_token_in_its_own_header_alone(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-aws-") as folder:
        token_file = pathlib.Path(folder, "token")
        with started("--tcp", "127.0.0.1:0", "--token-file", str(token_file)) as daemon:
            port = int(re.search(r"^listening on tcp:127\.0\.0\.1:(\d+)$", daemon.stdout(), re.M)[1])
            token = token_file.read_text("ascii").strip()
            with daemon.connect() as connection:
                Aws(connection)("CreateSecret", Name="a", SecretString="1")

            def status(*request):
                tcp = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                tcp.request(*request)
                answer = tcp.getresponse()
                answer.read()
                tcp.close()
                return answer.status

            for headers, wanted in (({AGENT: token}, 200), ({AGENT: "x"}, 403), ({"X-Amz-Security-Token": token}, 403),
                                    ({AGENT: "x", "X-Amz-Security-Token": token}, 403)):
                check.equal(status("GET", "/secretsmanager/get?secretId=a", None, headers), wanted, f"{list(headers)}")
            session = dict(headers_of("GetSecretValue", more=[("X-Amz-Security-Token", token)]))
            check.equal(status("POST", "/", '{"SecretId":"a"}', session), 200, "a client may bring it as its session token")


def a_replica_of_its_own_has_all_that_it_showed(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        here("CreateSecret", Name="a", SecretString="1", KmsKeyId="key-here", Tags=[{"Key": "k", "Value": "v"}],
             Description="d", AddReplicaRegions=[{"Region": "eu-west-1", "KmsKeyId": "key-there"}])
        here("TagResource", SecretId="a", Tags=[{"Key": "ghostkey:rotation", "Value": '{"strategy":"hex","length":8}'}])
        here("PutResourcePolicy", SecretId="a", ResourcePolicy='{"a":1}')
        for value, labels in (("2", ["OLD"]), ("3", ["OLDER", "X"]), ("4", ["AWSCURRENT", "NOW"]), ("5", ["AWSPENDING", "P"])):
            here("PutSecretValue", SecretId="a", SecretString=value, VersionStages=labels)
        before = there("DescribeSecret", SecretId="a")
        check.equal(before["KmsKeyId"], "key-there", "the replica's own key")
        values = {stage: there("GetSecretValue", SecretId="a", VersionStage=stage)["SecretString"]
                  for stages in before["VersionIdsToStages"].values() for stage in stages}
        there("StopReplicationToReplica", SecretId="a")
        after = there("DescribeSecret", SecretId="a")
        for member in ("ARN", "Name", "Description", "KmsKeyId", "Tags", "VersionIdsToStages"):
            check.equal(after[member], before[member], member)
        check.equal({stage: there("GetSecretValue", SecretId="a", VersionStage=stage)["SecretString"] for stage in values},
                    values, "each labelled version")
        check.equal(len(values), 8, "are there")
        check.equal(there("GetResourcePolicy", SecretId="a")["ResourcePolicy"], '{"a":1}', "the resource policy")
        there("RotateSecret", SecretId="a")
        check.equal(len(there("GetSecretValue", SecretId="a")["SecretString"]), 8, "and the way to rotate")
        # AWSPENDING beside AWSCURRENT, as a rotation function leaves it
        here("CreateSecret", Name="b", SecretString="1", AddReplicaRegions=EU)
        here("PutSecretValue", SecretId="b", SecretString="2", VersionStages=["AWSCURRENT", "AWSPENDING"])
        before = there("DescribeSecret", SecretId="b")["VersionIdsToStages"]
        there("StopReplicationToReplica", SecretId="b")
        check.equal(there("DescribeSecret", SecretId="b")["VersionIdsToStages"], before, "a current version that is pending")
        here("CreateSecret", Name="c", SecretString="1", AddReplicaRegions=EU,
             Tags=[{"Key": "ghostkey:rotation", "Value": '{"strategy":"cycle","values":["x","y"]}'}])
        there("StopReplicationToReplica", SecretId="c")
        there("RotateSecret", SecretId="c")
        check.equal(there("GetSecretValue", SecretId="c")["SecretString"], "x", "a list of values")


def the_status_of_a_replica_is_that_of_now(check):
    def status(aws, name="a"):
        return [(one["Region"], one["Status"]) for one in aws("DescribeSecret", SecretId=name).get("ReplicationStatus", [])]

    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, "eu-west-1")
        here("CreateSecret", Name="a", SecretString="1", AddReplicaRegions=EU)
        check.equal(status(here), [("eu-west-1", "InSync")], "a replica")
        connection.request("PUT", "/v1/secrets/aws.eu-west-1/a", '{"value":"own"}')
        check.equal(status(here), [("eu-west-1", "Failed")], "a secret of that name came to be there")
        check.equal(there("GetSecretValue", SecretId="a")["SecretString"], "own", "which answers")
        there("DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
        check.equal((status(here), there("GetSecretValue", SecretId="a")["SecretString"]), ([("eu-west-1", "InSync")], "1"),
                    "and went")
        there("CreateSecret", Name="b", SecretString="own")
        here("CreateSecret", Name="b", SecretString="1", AddReplicaRegions=EU)
        check.equal(status(here, "b"), [("eu-west-1", "Failed")], "the name is taken")
        there("DeleteSecret", SecretId="b", ForceDeleteWithoutRecovery=True)
        check.equal((status(here, "b"), there("GetSecretValue", SecretId="b")["SecretString"]),
                    ([("eu-west-1", "InSync")], "1"), "it is free again")
        other = Aws(connection, "eu-west-2")
        other("CreateSecret", Name="b", SecretString="other", AddReplicaRegions=EU)
        check.equal((status(other, "b"), status(here, "b"), there("GetSecretValue", SecretId="b")["SecretString"]),
                    ([("eu-west-1", "Failed")], [("eu-west-1", "InSync")], "1"), "a replica of another secret is there")
        other("ReplicateSecretToRegions", SecretId="b", AddReplicaRegions=EU, ForceOverwriteReplicaSecret=True)
        check.equal((status(other, "b"), status(here, "b"), there("GetSecretValue", SecretId="b")["SecretString"]),
                    ([("eu-west-1", "InSync")], [("eu-west-1", "Failed")], "other"), "unless it is overwritten")
        other("RemoveRegionsFromReplication", SecretId="b", RemoveReplicaRegions=["eu-west-1"])
        check.equal((status(other, "b"), there.refusal("GetSecretValue", SecretId="b")[0]),
                    ([], "ResourceNotFoundException"), "removed")


def a_secret_has_at_most_64_replicas(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        regions = [{"Region": f"eu-west-{number}"} for number in range(1, 66)]
        aws("CreateSecret", Name="a", SecretString="1", AddReplicaRegions=regions[:50])
        aws("ReplicateSecretToRegions", SecretId="a", AddReplicaRegions=regions[50:64])
        check.equal(aws.refusal("ReplicateSecretToRegions", SecretId="a", AddReplicaRegions=regions[64:])[0],
                    "InvalidParameterException", "the 65th")
        aws("ReplicateSecretToRegions", SecretId="a", AddReplicaRegions=regions[:20])
        told = [one["Region"] for one in aws("DescribeSecret", SecretId="a")["ReplicationStatus"]]
        check.equal(sorted(told), sorted(one["Region"] for one in regions[:64]), "64 are there")
        for region in told:
            check.equal(Aws(connection, region)("GetSecretValue", SecretId="a")["SecretString"], "1", region)
        aws("RemoveRegionsFromReplication", SecretId="a", RemoveReplicaRegions=told[:1])
        aws("ReplicateSecretToRegions", SecretId="a", AddReplicaRegions=regions[64:])
        check.equal(Aws(connection, "eu-west-65")("GetSecretValue", SecretId="a")["SecretString"], "1", "in its place")


if __name__ == "__main__":
    sys.exit(tap.run(a_rotation_that_fails_is_not_switched_on, rotation_is_on_until_it_is_cancelled,
                     a_secret_without_a_value_rotates_from_its_first_value_on,
                     the_last_rotation_is_known_as_long_as_the_secret_is, a_token_of_a_put_is_none_of_a_rotation,
                     ids_are_unique_within_a_secret, times_before_1970_are_numbers, a_tag_shows_no_value_of_a_cycle,
                     lengths_are_counted_in_characters, a_version_has_at_most_20_labels,
                     a_label_that_is_given_twice_counts_once, a_value_is_text_or_binary,
                     a_forced_deletion_names_what_was_asked_for, words_of_any_language_match,
                     the_agent_takes_the_token_in_its_own_header_alone, a_replica_of_its_own_has_all_that_it_showed,
                     the_status_of_a_replica_is_that_of_now, a_secret_has_at_most_64_replicas))

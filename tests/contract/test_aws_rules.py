#!/usr/bin/env python3
"""AWS Secrets Manager over raw HTTP: each rule of its operations, with what is refused and what it says."""

import base64
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
from daemon import Daemon, tight_daemon

AGENT = "X-Aws-Parameters-Secrets-Token"
DAY_S = 86400
START = 946684800  # of the virtual clock
HERE, THERE = "us-east-1", "eu-west-1"
EU = [{"Region": THERE}]
TOKEN, OTHER = "1" * 32, "2" * 32
PARAMETER, REQUEST, VALIDATION, MISSING, EXISTS = (
    "InvalidParameterException", "InvalidRequestException", "ValidationException", "ResourceNotFoundException",
    "ResourceExistsException")


def started(*more):
    return Daemon("--seed", "test", "--clock", "virtual", *more)


def own(connection, method, path, body=None):
    return json.loads(connection.request(method, f"/v1/{path}", body).body)


def advance(connection, by):
    connection.request("POST", "/v1/clock/advance", json.dumps({"by": by}))


def names_of(answer):
    return [secret["Name"] for secret in answer["SecretList"]]


def refused(check, aws, rows):
    """Each row: operation, members, code, part of the sentence."""
    for operation, members, code, part in rows:
        got = aws.refusal(operation, **members)
        check.ok(got is not None and got[0] == code and part in got[1], f"{operation} {tap.shown(members, 90)}", got)


def a_request_belongs_to_one_api_and_region(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, THERE)
        here("CreateSecret", Name="a", SecretString="here")
        there("CreateSecret", Name="a", SecretString="there")
        target = [("X-Amz-Target", "secretsmanageR.GetSecretValue")]
        check.equal(json.loads(connection.request("POST", "/", '{"SecretId":"a"}', target).body)["__type"],
                    "UnknownOperationException", "the target's first word counts")
        scoped = [(AGENT, "any")] + [pair for pair in headers_of("x", THERE) if pair[0] == "Authorization"]
        answer = connection.request("GET", "/secretsmanager/get?secretId=a", headers=scoped)
        check.equal(json.loads(answer.body)["SecretString"], "here", "the agent's region is the daemon's")
        for region in ("eu-west-1x", "eu-west-", "1", "eu--1", "EU-WEST-1"):
            check.equal(Aws(connection, region).refusal("ListSecrets")[0], "InvalidSignatureException", f"region {region}")
        here("CreateSecret", Name=f"aws.{HERE}/x", SecretString="1")
        check.ok(f"aws.{HERE}/x" in names_of(here("ListSecrets")), "a name that begins with the region itself")
        ids = {dict(connection.request("POST", "/", "{}", headers_of("ListSecrets")).headers)["x-amzn-RequestId"]
               for _ in range(3)}
        check.equal(len(ids), 3, "each answer has a request id of its own")


def over_tcp_a_key_must_be_known(check):
    with tempfile.TemporaryDirectory(prefix="ghostkey-aws-") as folder:
        token_file = pathlib.Path(folder, "token")
        with started("--tcp", "127.0.0.1:0", "--token-file", str(token_file)) as daemon:
            port = int(re.search(r"^listening on tcp:127\.0\.0\.1:(\d+)$", daemon.stdout(), re.M)[1])
            token = token_file.read_text("ascii").strip()

            def ask(key, more=()):
                tcp = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                headers = headers_of("ListSecrets", HERE if key else None, key, more)
                tcp.request("POST", "/", "{}", dict(headers))
                answer = tcp.getresponse()
                document = json.loads(answer.read())
                tcp.close()
                return answer.status, document.get("__type")

            for key, more in ((None, ()), ("A" * 32, ()), ("x", ()), (token[:-1], ()), (token + "x", ()),
                              ("A" * 32, [("X-Amz-Security-Token", token[:-1])])):
                check.equal(ask(key, more), (403, "UnrecognizedClientException"), f"{key and len(key)} characters")
            check.equal(ask(token), (200, None), "the token as the key id")
            check.equal(ask("any", [("X-Amz-Security-Token", token)]), (200, None), "the token as the session token")


def a_put_that_cannot_be_kept_is_refused(check):
    with tight_daemon(2 << 20, "--seed", "test", "--clock", "virtual") as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        kept, refusal = [], None
        while refusal is None and len(kept) < 100:
            refusal = aws.refusal("CreateSecret", Name=f"s{len(kept):03}", SecretString="x" * 60000)
            kept += [f"s{len(kept):03}"] if refusal is None else []
        check.equal((refusal or ("none",))[0], "InternalServiceError", f"the store is full after {len(kept)}")
        check.equal(names_of(aws("ListSecrets")), kept, "what was answered is there, and nothing else")


def a_stale_read_is_one_of_the_current_value(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="old")
        made = aws("PutSecretValue", SecretId="a", SecretString="new")["VersionId"]
        connection.request("PUT", "/v1/faults/stale", '{"effect":{"stale":true}}')
        check.equal(aws("GetSecretValue", SecretId="a")["SecretString"], "old", "GetSecretValue")
        check.equal(aws("BatchGetSecretValue", SecretIdList=["a"])["SecretValues"][0]["SecretString"], "old", "a batch")
        for more in ({"VersionId": made}, {"VersionStage": "AWSCURRENT"}):
            check.equal(aws("GetSecretValue", SecretId="a", **more)["SecretString"], "new", f"{more}")
        for query, value in (("", "old"), (f"&versionId={made}", "new"), ("&versionStage=AWSCURRENT", "new")):
            answer = connection.request("GET", f"/secretsmanager/get?secretId=a{query}", headers=[(AGENT, "any")])
            check.equal(json.loads(answer.body)["SecretString"], value, f"the agent {query}")


def the_last_access_is_that_of_this_secret(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)

        def make():
            aws("CreateSecret", Name="a", SecretString="1", ClientRequestToken=TOKEN)
            aws("PutSecretValue", SecretId="a", SecretString="2")
            check.ok("LastAccessedDate" not in aws("DescribeSecret", SecretId="a"), "nobody has read it")

        make()
        advance(connection, "30h")
        aws("GetSecretValue", SecretId="a", VersionId=TOKEN)
        check.equal(aws("DescribeSecret", SecretId="a")["LastAccessedDate"], START + DAY_S, "the day of the read")
        versions = aws("ListSecretVersionIds", SecretId="a")["Versions"]
        check.equal([version.get("LastAccessedDate") for version in versions], [START + DAY_S, None], "of the version read")
        aws("DeleteSecret", SecretId="a", ForceDeleteWithoutRecovery=True)
        make()
        aws("GetSecretValue", SecretId="a")
        connection.request("POST", "/v1/reset")
        make()


def filters_match_as_awss_do(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, THERE)
        here("CreateSecret", Name="Alpha", SecretString="1", Description="The First secret_value", AddReplicaRegions=EU,
             Tags=[{"Key": "env", "Value": "prod"}])
        here("CreateSecret", Name="beta", SecretString="1", Description="another-one_two",
             Tags=[{"Key": "prod", "Value": "env"}, {"Key": "aws:secretsmanager:owningService", "Value": "rds Proxy"}])
        here("CreateSecret", Name="gamma", SecretString="1")
        both, every = ["Alpha", "beta"], ["Alpha", "beta", "gamma"]
        for key, values, found in (
                ("name", ["Al"], ["Alpha"]), ("name", ["al"], []), ("name", ["lpha"], []), ("name", ["!Al"], ["beta", "gamma"]),
                ("name", ["Al", "be"], both), ("tag-key", ["en"], ["Alpha"]), ("tag-key", ["En"], []),
                ("tag-value", ["env"], ["beta"]), ("tag-value", ["pro"], ["Alpha"]), ("description", ["THE"], ["Alpha"]),
                ("description", ["first the"], ["Alpha"]), ("description", ["irst"], []), ("description", ["first other"], []),
                ("description", ["!the"], ["beta"]), ("description", ["another"], ["beta"]), ("description", ["one"], []), ("description", ["two"], []),
                ("description", [" "], []), ("all", ["secret"], ["Alpha"]), ("all", ["PROD"], both), ("all", ["gam"], ["gamma"]),
                ("all", ["another"], ["beta"]), ("primary-region", [HERE], ["Alpha"]), ("primary-region", [THERE], []),
                ("owning-service", ["PRO"], ["beta"]), ("owning-service", ["x"], []), ("name", [""], every)):
            got = here("ListSecrets", Filters=[{"Key": key, "Values": values}])
            check.equal(names_of(got), found, f"{key} {values}")
        got = here("ListSecrets", Filters=[{"Key": "name", "Values": ["Al", "be"]}, {"Key": "tag-key", "Values": ["prod"]}])
        check.equal(names_of(got), ["beta"], "two filters: both must match")
        for region, found in ((HERE, ["Alpha"]), (THERE, [])):
            got = there("ListSecrets", Filters=[{"Key": "primary-region", "Values": [region]}])
            check.equal(names_of(got), found, f"the replica's primary region {region}")
        refused(check, here, (
            ("ListSecrets", {"Filters": [{"Values": ["x"]}]}, PARAMETER, "Invalid filter key"),
            ("ListSecrets", {"Filters": [{"Key": "name"}]}, PARAMETER, "Invalid filter values for key: name"),
            ("ListSecrets", {"Filters": [{"Key": "nam", "Values": ["x"]}]}, VALIDATION, "'filters.1.member.key'"),
            ("ListSecrets", {"Filters": [{"Key": "name", "Values": []}]}, VALIDATION, "'filters.1.member.values'")))


def lists_are_sorted_as_asked(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, THERE)
        for name in ("b", "c", "a"):
            here("CreateSecret", Name=name, SecretString="1")
            advance(connection, "1d")
        for name in ("c", "a"):  # b is the one that was never read
            here("GetSecretValue", SecretId=name)
            advance(connection, "1d")
        for name in ("c", "a", "b"):
            here("UpdateSecret", SecretId=name, SecretString="2")
            advance(connection, "1d")
        for by, order in ((None, "bca"), ("created-date", "bca"), ("last-accessed-date", "bca"), ("last-changed-date", "cab"),
                          ("name", "abc")):
            more = {"SortBy": by} if by else {}
            check.equal("".join(names_of(here("ListSecrets", **more))), order, f"by {by}")
            check.equal("".join(names_of(here("ListSecrets", SortOrder="desc", **more))), order[::-1], f"by {by}, desc")
        page = here("ListSecrets", MaxResults=3)
        check.ok("NextToken" not in page, "a page that is just full is the last")
        page = here("ListSecrets", MaxResults=2, SortBy="name")
        here("DeleteSecret", SecretId="b", ForceDeleteWithoutRecovery=True)
        here("CreateSecret", Name="aa", SecretString="1")
        check.equal(names_of(here("ListSecrets", MaxResults=2, SortBy="name", NextToken=page["NextToken"])), ["c"],
                    "a page goes on behind the last name, whatever came and went")
        here("DeleteSecret", SecretId="c")
        check.equal((names_of(here("ListSecrets", SortBy="name")),
                     names_of(here("ListSecrets", SortBy="name", IncludePlannedDeletion=True))), (["a", "aa"], ["a", "aa", "c"]),
                    "one that is to be deleted")
        there("CreateSecret", Name="a", SecretString="own")
        here("ReplicateSecretToRegions", SecretId="a", AddReplicaRegions=EU)
        check.equal(names_of(there("ListSecrets")), ["a"], "a secret that hides a replica is listed once")
        bad = [base64.b64encode(text).decode() for text in (b"1", b"x/a", b"-/a", b"18446744073709551615/a", b"--1/a")]
        refused(check, here, [("ListSecrets", {"NextToken": token}, "InvalidNextTokenException", "NextToken")
                              for token in bad + ["?", page["NextToken"] + "A"]] + [
            ("ListSecrets", {"SortOrder": "up"}, VALIDATION, "'sortOrder'"), ("ListSecrets", {"SortBy": "x"}, VALIDATION, "'sortBy'"),
            ("ListSecretVersionIds", {"SecretId": "a", "NextToken": bad[1]}, "InvalidNextTokenException", "NextToken")])


def limits_are_awss(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")
        name = [{"Key": "name", "Values": ["a"]}]
        for operation, members in (("ListSecrets", {"MaxResults": 1}), ("ListSecrets", {"MaxResults": 100}),
                                   ("BatchGetSecretValue", {"Filters": name, "MaxResults": 20}),
                                   ("BatchGetSecretValue", {"SecretIdList": ["a"] * 20}),
                                   ("TagResource", {"SecretId": "a", "Tags": [{"Key": "k" * 128, "Value": "v" * 256}]}),
                                   ("PutResourcePolicy", {"SecretId": "a", "ResourcePolicy": json.dumps({"a": "x" * 20471})})):
            check.equal(aws.refusal(operation, **members), None, f"{operation} {tap.shown(members, 60)}")
        refused(check, aws, (
            ("ListSecrets", {"MaxResults": 0}, VALIDATION, "'maxResults'"),
            ("ListSecrets", {"MaxResults": 101}, VALIDATION, "'maxResults'"),
            ("ListSecrets", {"MaxResults": 1.5}, "SerializationException", "Long"),
            ("ListSecretVersionIds", {"SecretId": "a", "MaxResults": 101}, VALIDATION, "'maxResults'"),
            ("BatchGetSecretValue", {"Filters": name, "MaxResults": 21}, VALIDATION, "'maxResults'"),
            ("BatchGetSecretValue", {"SecretIdList": ["a"] * 21}, VALIDATION, "'secretIdList'"),
            ("BatchGetSecretValue", {"SecretIdList": ["a"] * 5000}, VALIDATION, "'secretIdList'"),
            ("TagResource", {"SecretId": "a", "Tags": [{"Key": "", "Value": "v"}]}, VALIDATION, "'tags.1.member.key'"),
            ("TagResource", {"SecretId": "a", "Tags": [{"Key": "k" * 129}]}, VALIDATION, "'tags.1.member.key'"),
            ("TagResource", {"SecretId": "a", "Tags": [{"Key": "k", "Value": "v" * 257}]}, VALIDATION, "'tags.1.member.value'"),
            ("TagResource", {"SecretId": "a", "Tags": [{"Key": f"k{at}"} for at in range(51)]}, VALIDATION, "'tags'"),
            ("PutSecretValue", {"SecretId": "a", "SecretString": "1", "VersionStages": []}, VALIDATION, "'versionStages'"),
            ("PutResourcePolicy", {"SecretId": "a", "ResourcePolicy": json.dumps({"a": "x" * 20472})}, VALIDATION,
             "'resourcePolicy'"),
            ("CreateSecret", {"Name": "b", "SecretString": "s3cret" * 12000}, VALIDATION, "Value at 'secretString'"),
            ("CreateSecret", {"Name": "b", "SecretString": ""}, VALIDATION, "Value at 'secretString'"),
            ("CreateSecret", {"Name": "b", "SecretString": "a\0b"}, VALIDATION, "without NUL"),
            ("GetSecretValue", {"SecretId": "a", "VersionId": "short"}, VALIDATION, "'versionId'")))
        check.equal(aws.refusal("UpdateSecret", SecretId="a", SecretString="2", ClientRequestToken="\U0001f511" * 32), None,
                    "a character beyond the first 65,536 counts twice: 64")
        refused(check, aws, [("PutSecretValue", {"SecretId": "a", "SecretString": "2", "ClientRequestToken": token}, PARAMETER,
                              "32-64") for token in ("", "t" * 31, "t" * 65, "\U0001f511" * 33)])
        check.equal(json.loads(aws.raw("DescribeSecret", '{"SecretId":null,"SecretId":"a"}').body)["Name"], "a",
                    "a null is a member that is left out")


def a_token_stands_for_one_value(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, THERE)
        make = {"Name": "a", "SecretString": "one", "ClientRequestToken": TOKEN}
        here("CreateSecret", **make, AddReplicaRegions=EU)
        binary = base64.b64encode(b"one").decode()
        put = {"SecretId": "a", "ClientRequestToken": TOKEN}
        refused(check, here, (
            ("PutSecretValue", put | {"SecretString": "two"}, EXISTS, TOKEN), ("PutSecretValue", put | {"SecretBinary": binary},
                                                                               EXISTS, TOKEN),
            ("UpdateSecret", put | {"SecretString": "two"}, EXISTS, TOKEN),
            ("PutSecretValue", {"SecretId": "a"}, REQUEST, "either SecretString or SecretBinary")))
        refused(check, there, [("CreateSecret", make, EXISTS, "already exists")])
        check.equal(own(connection, "GET", "metadata/a")["metadata"]["version"], 1, "no version was made")
        here("CreateSecret", Name="/", SecretString="1")
        check.equal(own(connection, "GET", "metadata/%252F")["metadata"]["env"], False, "a name without a letter has no variable")


def a_version_has_the_labels_that_were_asked_for(check):
    with started("--keep-versions", "5") as daemon, daemon.connect() as connection:
        aws = Aws(connection)

        def labels():
            return sorted(aws("DescribeSecret", SecretId="a").get("VersionIdsToStages", {}).values())

        def put(*stages):
            return aws("PutSecretValue", SecretId="a", SecretString="v", VersionStages=list(stages))

        def events():
            return own(connection, "GET", "events?limit=1000")["next"]

        aws("CreateSecret", Name="a")
        check.equal(put("X")["VersionStages"], ["X", "AWSCURRENT"], "the first version gets AWSCURRENT")
        put("AWSCURRENT", "AWSPENDING")
        check.equal(labels(), [["AWSCURRENT", "AWSPENDING"], ["AWSPREVIOUS", "X"]], "current and pending")
        put("AWSPREVIOUS")
        check.equal(labels(), [["AWSCURRENT", "AWSPENDING"], ["AWSPREVIOUS"], ["X"]], "a put of AWSPREVIOUS moves it")
        current = aws("GetSecretValue", SecretId="a")["VersionId"]
        first = aws("GetSecretValue", SecretId="a", VersionStage="X")["VersionId"]
        move = {"SecretId": "a", "VersionStage": "AWSCURRENT"}
        refused(check, aws, (
            ("UpdateSecretVersionStage", move, PARAMETER, "either MoveToVersionId or RemoveFromVersionId"),
            ("UpdateSecretVersionStage", move | {"RemoveFromVersionId": current}, PARAMETER, "can't be completely removed"),
            ("UpdateSecretVersionStage", move | {"MoveToVersionId": first}, PARAMETER, f"attached to version {current}"),
            ("UpdateSecretVersionStage", move | {"RemoveFromVersionId": first, "MoveToVersionId": first}, PARAMETER,
             "not found in version"),
            ("UpdateSecretVersionStage", {"SecretId": "a", "VersionStage": "X", "MoveToVersionId": OTHER}, MISSING, OTHER),
            ("UpdateSecretVersionStage", {"SecretId": "a", "VersionStage": "pending", "MoveToVersionId": first}, PARAMETER,
             "a stage of GhostKey's"),
            ("PutSecretValue", {"SecretId": "a", "SecretString": "v", "VersionStages": ["current"]}, PARAMETER, "GhostKey's"),
            ("GetSecretValue", {"SecretId": "a", "VersionId": first, "VersionStage": "AWSCURRENT"}, REQUEST, "not associated"),
            ("GetSecretValue", {"SecretId": "a", "VersionId": OTHER}, MISSING, f"VersionId: {OTHER}"),
            ("GetSecretValue", {"SecretId": "a", "VersionStage": "Y"}, MISSING, "staging label: Y")))
        before = events()
        for label, version in (("AWSCURRENT", current), ("X", first)):
            for more in ({}, {"RemoveFromVersionId": version}):
                aws("UpdateSecretVersionStage", SecretId="a", VersionStage=label, MoveToVersionId=version, **more)
                check.equal(events(), before, f"{label}: a move to where it is changes nothing")
        aws("UpdateSecretVersionStage", SecretId="a", VersionStage="X", RemoveFromVersionId=first)
        check.ok("VersionStages" not in aws("GetSecretValue", SecretId="a", VersionId=first), "a version without a label")
        listed = aws("ListSecretVersionIds", SecretId="a")["Versions"]
        every = aws("ListSecretVersionIds", SecretId="a", IncludeDeprecated=True)["Versions"]
        check.equal((len(listed), len(every)), (2, 3), "is listed only if one asks for it")
        paged, token = [], {}
        while len(paged) < 9:
            page = aws("ListSecretVersionIds", SecretId="a", IncludeDeprecated=True, MaxResults=1, **token)
            paged += page["Versions"]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        check.equal(paged, every, "pages of one")
        connection.request("POST", "/v1/secret/delete/a", '{"versions":[3]}')
        check.equal((len(labels()), len(aws("ListSecretVersionIds", SecretId="a", IncludeDeprecated=True)["Versions"])), (1, 2),
                    "a version that Vault has deleted is not shown")


def a_batch_tells_values_and_errors(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        for name in ("a", "b", "gone"):
            aws("CreateSecret", Name=name, SecretString=name)
        aws("DeleteSecret", SecretId="gone")
        told = aws("BatchGetSecretValue", SecretIdList=["none", "a", "gone", "b", "x y"])
        check.equal([value["SecretString"] for value in told["SecretValues"]], ["a", "b"], "the values")
        check.equal([(error["SecretId"], error["ErrorCode"]) for error in told["Errors"]],
                    [("none", MISSING), ("gone", REQUEST), ("x y", VALIDATION)], "the errors, in their order")
        check.ok("currently marked deleted" in told["Errors"][1]["Message"], "what AWS says of a deleted one")
        name = [{"Key": "name", "Values": ["a"]}]
        refused(check, aws, (
            ("BatchGetSecretValue", {"SecretIdList": ["a"], "Filters": name}, PARAMETER, "not both"),
            ("BatchGetSecretValue", {"SecretIdList": ["a"], "MaxResults": 2}, PARAMETER, "'Filters' not specified"),
            ("BatchGetSecretValue", {}, PARAMETER, "must be provided")))


def an_update_changes_what_it_names(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1", Description="d", KmsKeyId="k")

        def told():
            answer = aws("DescribeSecret", SecretId="a")
            return answer.get("Description"), answer.get("KmsKeyId")

        check.ok("VersionId" not in aws("UpdateSecret", SecretId="a", KmsKeyId="other"), "no value, no VersionId")
        check.equal(told(), ("d", "other"), "the description stays")
        check.ok("VersionId" in aws("UpdateSecret", SecretId="a", SecretString="2"), "a value")
        check.equal(told(), ("d", "other"), "both stay")
        aws("UpdateSecret", SecretId="a", KmsKeyId="alias/aws/secretsmanager", Description="")
        check.equal(told(), (None, None), "the default key is not told, nor an empty description")
        check.ok("Tags" not in aws("DescribeSecret", SecretId="a"), "nor tags, where there never were any")
        aws("TagResource", SecretId="a", Tags=[{"Key": "k"}])
        aws("UntagResource", SecretId="a", TagKeys=["k"])
        check.equal(aws("DescribeSecret", SecretId="a")["Tags"], [], "after the last one the list is empty")
        refused(check, aws, (
            ("TagResource", {"SecretId": "a", "Tags": [{"Value": "v"}]}, PARAMETER, "must have a Key"),
            ("TagResource", {"SecretId": "a", "Tags": [{"Key": "k"}, {"Key": "k"}]}, PARAMETER, "more than once")))


def a_deletion_has_a_window(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        for name in ("a", "b", "r"):
            aws("CreateSecret", Name=name, SecretString="1")
        aws("ReplicateSecretToRegions", SecretId="r", AddReplicaRegions=EU)
        refused(check, aws, [("DeleteSecret", {"SecretId": "a", "RecoveryWindowInDays": days}, PARAMETER, "between 7 and 30")
                             for days in (-1, 0, 6, 31)] + [
            ("DeleteSecret", {"SecretId": "a", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}, PARAMETER,
             "in conjunction"), ("DeleteSecret", {"SecretId": "r"}, PARAMETER, f"replica regions [{THERE}]")])
        for name, days in (("a", 7), ("b", 30)):
            told = aws("DeleteSecret", SecretId=name, RecoveryWindowInDays=days)
            check.equal(told["DeletionDate"], START + days * DAY_S, f"{days} days")
            check.equal(aws("DescribeSecret", SecretId=name)["DeletedDate"], START, "deleted when it was asked for")
        refused(check, aws, (("DeleteSecret", {"SecretId": "a"}, REQUEST, "marked for deletion"),
                             ("CreateSecret", {"Name": "a", "SecretString": "1"}, REQUEST, "already scheduled for deletion"),
                             ("GetResourcePolicy", {"SecretId": "a"}, REQUEST, "marked for deletion")))
        check.equal(aws("DeleteSecret", SecretId="b", ForceDeleteWithoutRecovery=True)["DeletionDate"], START, "forced: now")
        advance(connection, "7d")
        check.equal(aws.refusal("DescribeSecret", SecretId="a")[0], MISSING, "at the window's end it is gone")


def policies_are_json(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")
        for policy in ("x", "[]", "1", '{"a":1', '{"a":1} {}'):
            for operation in ("PutResourcePolicy", "ValidateResourcePolicy"):
                check.equal(aws.refusal(operation, SecretId="a", ResourcePolicy=policy)[0],
                            "MalformedPolicyDocumentException", f"{operation} {policy}")
        check.ok("ResourcePolicy" not in aws("GetResourcePolicy", SecretId="a"), "nothing is kept")
        for secret_id in ("nobody", "x y"):
            check.equal(aws.refusal("PutResourcePolicy", SecretId=secret_id, ResourcePolicy="x")[0], "ResourceNotFoundException",
                        f"{secret_id}: that the secret is missing comes first")
        aws("PutResourcePolicy", SecretId="a", ResourcePolicy=' {"a":1}')
        check.equal(aws("GetResourcePolicy", SecretId="a")["ResourcePolicy"], ' {"a":1}', "as it was written")
        aws("DeleteResourcePolicy", SecretId="a")
        check.ok("ResourcePolicy" not in aws("GetResourcePolicy", SecretId="a"), "and deleted")
        check.equal(aws.refusal("GetResourcePolicy", SecretId="x y")[0], MISSING, "a name with a blank is not found here")


def rotation_follows_its_rules(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        aws("CreateSecret", Name="a", SecretString="1")

        def rotate(now=False, **rules):
            return aws("RotateSecret", SecretId="a", RotationRules=rules, RotateImmediately=now)

        def told():
            answer = aws("DescribeSecret", SecretId="a")
            return answer.get("RotationRules"), answer.get("NextRotationDate")

        refused(check, aws, [("RotateSecret", {"SecretId": "a", "RotationRules": rules}, code, part) for rules, code, part in (
            ({"AutomaticallyAfterDays": 0}, PARAMETER, "1-1000"), ({"AutomaticallyAfterDays": 1001}, PARAMETER, "1-1000"),
            ({"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"}, PARAMETER, "both"),
            ({"ScheduleExpression": "rate(0 days)"}, PARAMETER, "rate(N hours)"),
            ({"ScheduleExpression": "rate(1001 days)"}, PARAMETER, "at most 1000"),
            ({"ScheduleExpression": "rate(24001 hours)"}, PARAMETER, "at most 1000"),
            ({"ScheduleExpression": "rate(5 minutes)"}, PARAMETER, "rate(N hours)"),
            ({"ScheduleExpression": "cron(0 8 1 * ? *)"}, PARAMETER, "no calendar"))] + [
            ("CancelRotateSecret", {"SecretId": "a"}, REQUEST, "never on")])
        check.equal(told(), (None, None), "nothing was switched on")
        rotate(ScheduleExpression="rate(4 hours)", Duration="2h")
        check.equal(told(), ({"ScheduleExpression": "rate(4 hours)", "Duration": "2h"}, START + 4 * 3600), "a rate")
        rotate(Duration="3h")
        check.equal(told()[0], {"ScheduleExpression": "rate(4 hours)", "Duration": "3h"}, "another window alone")
        advance(connection, "1h")
        rotate(AutomaticallyAfterDays=1000)
        check.equal(told(), ({"AutomaticallyAfterDays": 1000}, START + 3600 + 1000 * DAY_S), "days, from now on")
        aws("PutSecretValue", SecretId="a", SecretString="2")
        advance(connection, "1h")
        aws("PutSecretValue", SecretId="a", SecretString="3")
        check.equal(told()[1], START + 7200 + 1000 * DAY_S, "a put moves the next rotation")
        for ttl, shown in (("90m", "rate(2 hours)"), ("1h", "rate(1 hour)"), ("59m", "rate(1 hour)")):
            connection.request("PATCH", "/v1/secrets/a", json.dumps({"ttl": ttl}))
            check.equal(told()[0], {"ScheduleExpression": shown}, f"a TTL of GhostKey's own, {ttl}")
        rotate(ScheduleExpression="rate(2 days)")
        connection.request("PATCH", "/v1/secrets/a", '{"ttl":"3d"}')
        check.equal(told()[0], {"AutomaticallyAfterDays": 3}, "a schedule that holds no more is not told")
        aws("RotateSecret", SecretId="a", RotationLambdaARN="arn:x", RotateImmediately=False)
        check.equal(aws("DescribeSecret", SecretId="a")["RotationLambdaARN"], "arn:x", "the ARN is kept")
        made = aws("GetSecretValue", SecretId="a")["VersionId"]
        aws("CreateSecret", Name="e")
        aws("RotateSecret", SecretId="e", RotationRules={"AutomaticallyAfterDays": 1}, RotateImmediately=False)
        check.ok("NextRotationDate" not in aws("DescribeSecret", SecretId="e"), "without a value nothing is due")
        refused(check, aws, [("RotateSecret", {"SecretId": "a", "ClientRequestToken": made}, REQUEST, "that RotateSecret did not make")])


def passwords_have_each_type(check):
    none = {f"Exclude{kind}": True for kind in ("Lowercase", "Uppercase", "Numbers", "Punctuation")}
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        refused(check, aws, (("GetRandomPassword", none, PARAMETER, "no characters left"),
                             ("GetRandomPassword", {"PasswordLength": 3}, PARAMETER, "too short"),
                             ("GetRandomPassword", none | {"IncludeSpace": True, "ExcludeCharacters": " "}, PARAMETER, "left")))
        three = aws("GetRandomPassword", PasswordLength=3, ExcludePunctuation=True)["RandomPassword"]
        check.ok(any(map(str.islower, three)) and any(map(str.isupper, three)) and any(map(str.isdigit, three)), "one of each")
        digits = aws("GetRandomPassword", PasswordLength=1, ExcludePunctuation=True, ExcludeCharacters=(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))["RandomPassword"]
        check.ok(len(digits) == 1 and digits.isdigit(), "a type of which nothing is left is not required")
        some = {aws("GetRandomPassword", PasswordLength=2, RequireEachIncludedType=False)["RandomPassword"] for _ in range(9)}
        check.ok(len(some) > 1 and all(len(each) == 2 for each in some), "no type is required: two characters")


def replicas_are_told_from_others(check):
    with started() as daemon, daemon.connect() as connection:
        here, there = Aws(connection), Aws(connection, THERE)
        here("CreateSecret", Name="a", SecretString="1")
        refused(check, here, [("ReplicateSecretToRegions", {"SecretId": "a", "AddReplicaRegions": [{"Region": region}]},
                               PARAMETER, "Invalid replica region") for region in (HERE, "nowhere", "EU-WEST-1", "eu-west-1x")])
        here("ReplicateSecretToRegions", SecretId="a", AddReplicaRegions=[{"Region": THERE, "KmsKeyId": "k"}])
        check.equal((here("DescribeSecret", SecretId="a")["ReplicationStatus"][0]["KmsKeyId"],
                     there("DescribeSecret", SecretId="a")["KmsKeyId"]), ("k", "k"), "the replica's key")
        refused(check, there, [(operation, {"SecretId": "a"} | members, PARAMETER, "on a replica secret")
                               for operation, members in (
                                   ("PutSecretValue", {"SecretString": "2"}), ("UpdateSecret", {"Description": "d"}),
                                   ("RotateSecret", {}), ("DeleteSecret", {}), ("RestoreSecret", {}), ("TagResource", {"Tags": []}),
                                   ("PutResourcePolicy", {"ResourcePolicy": "{}"}))])
        refused(check, here, [("StopReplicationToReplica", {"SecretId": "a"}, REQUEST, "no replica")])
        connection.request("DELETE", "/v1/secrets/a")
        here("CreateSecret", Name="a", SecretString="2")
        check.equal(there.refusal("GetSecretValue", SecretId="a")[0], MISSING, "another secret of that name has no replica")
        for number, (force, value) in enumerate(((False, "own"), (True, "1"))):
            name = f"f{number}"
            there("CreateSecret", Name=name, SecretString="own")
            here("CreateSecret", Name=name, SecretString="1", AddReplicaRegions=EU, ForceOverwriteReplicaSecret=force)
            check.equal(there("GetSecretValue", SecretId=name)["SecretString"], value, f"overwritten: {force}")
        west = Aws(connection, "eu-west-2")
        for aws, value in ((here, "here"), (west, "west")):
            aws("CreateSecret", Name="w", SecretString=value, AddReplicaRegions=EU)
        west("RemoveRegionsFromReplication", SecretId="w", RemoveReplicaRegions=[THERE])
        check.equal(there("GetSecretValue", SecretId="w")["SecretString"], "here", "another primary's replica is not removed")
        connection.request("PUT", "/v1/secrets/g", '{"value":"1","rotation":{"strategy":"hex","grace":"90s"},"description":"d"}')
        here("ReplicateSecretToRegions", SecretId="g", AddReplicaRegions=EU)
        there("StopReplicationToReplica", SecretId="g")
        copied = own(connection, "GET", f"metadata/aws.{THERE}/g")["metadata"]
        check.equal((copied["rotation"], copied["description"]),
                    (own(connection, "GET", "metadata/g")["metadata"]["rotation"], "d"), "the copy's policy and description")


def an_arn_is_of_this_account_and_service(check):
    with started() as daemon, daemon.connect() as connection:
        aws = Aws(connection)
        arn = aws("CreateSecret", Name="a", SecretString="1")["ARN"]
        for other in (arn.replace(HERE, THERE), arn.replace("123456789012", "999999999999"), arn[:-6] + "abcdef", arn + "x",
                      arn[:-1], arn.replace("secretsmanager", "ssm"), arn.replace(":secret:", ":other:"), "arn:", arn[:-8]):
            check.equal(aws.refusal("GetSecretValue", SecretId=other)[0], MISSING, other)
        aws("CreateSecret", Name="b-12_456", SecretString="2")
        check.equal(aws("GetSecretValue", SecretId=arn[:-8] + "b-12_456")["SecretString"], "2", "six characters that end no ARN")
        connection.request("PUT", "/v1/faults/f", '{"match":{"name":"b-12_456"},"effect":{"error":"throttled"}}')
        check.equal(aws.refusal("GetSecretValue", SecretId=arn[:-8] + "b-12_456")[0], "ThrottlingException",
                    "a fault of that name meets this ARN")
        aws("CreateSecret", Name="b-123456", SecretString="3")
        check.equal(aws("GetSecretValue", SecretId=arn[:-8] + "b-123456")["SecretString"], "3", "nor do these of a name")
        connection.request("PUT", "/v1/faults/f", '{"match":{"name":"b-123456"},"effect":{"error":"throttled"}}')
        check.equal(aws.refusal("GetSecretValue", SecretId=arn[:-8] + "b-123456")[0], "ThrottlingException",
                    "a fault meets the ARN without its end")
        connection.request("PUT", "/v1/faults/f", '{"match":{"name":"b"},"effect":{"error":"throttled"}}')
        check.equal(aws("GetSecretValue", SecretId=arn[:-8] + "b-123456")["SecretString"], "3", "and none of what its start would name")


if __name__ == "__main__":
    sys.exit(tap.run(a_request_belongs_to_one_api_and_region, over_tcp_a_key_must_be_known,
                     a_put_that_cannot_be_kept_is_refused, a_stale_read_is_one_of_the_current_value,
                     the_last_access_is_that_of_this_secret, filters_match_as_awss_do, lists_are_sorted_as_asked,
                     limits_are_awss, a_token_stands_for_one_value, a_version_has_the_labels_that_were_asked_for,
                     a_batch_tells_values_and_errors, an_update_changes_what_it_names, a_deletion_has_a_window,
                     policies_are_json, rotation_follows_its_rules, passwords_have_each_type, replicas_are_told_from_others,
                     an_arn_is_of_this_account_and_service))

#!/usr/bin/env python3
"""What boto3, hvac and requests do when their broker fails: faults.py runs this against a daemon.

    faults_python.py boto3 | python3-hvac | requests

Pauses between attempts are noted and not slept."""

import json
import os
import sys
import time

import http1
import tap

ENDPOINT = os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"]  # which Debian's boto3 does not read
ATTEMPTS = 3  # of botocore's standard mode
TIMEOUT_S = 0.5
DELAY_S = 0.3
DEADLINE_S = 10
ERRORS = {"throttled": "ThrottlingException", "unavailable": "ServiceUnavailableException", "internal": "InternalServiceError",
          "sealed": "ServiceUnavailableException", "forbidden": "AccessDeniedException", "not_found": "ResourceNotFoundException"}
IS_TRIED_AGAIN = {"throttled", "unavailable", "internal", "sealed"}

pauses = []


def own(method, path, body=None):
    """A request to GhostKey's own API."""
    with http1.Connection(os.environ["GHOSTKEY_SOCKET"]) as connection:
        answer = connection.request(method, path, None if body is None else json.dumps(body), [("Content-Type", "application/json")])
    assert answer.status == 200, answer
    return json.loads(answer.body)


class Fault:
    """A rule for as long as the `with` block lasts."""

    def __init__(self, effect, when=None, operation="read"):
        own("PUT", "/v1/faults/f", {"match": {"operation": operation}, "effect": effect, "when": when or {}})
        self.after = own("GET", "/v1/requests?limit=1000")["next"]
        pauses.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        own("DELETE", "/v1/faults/f")

    def seen(self, count):
        """The statuses of the requests that came, once there are so many. The daemon may notice later that a client has gone."""
        end = time.monotonic() + DEADLINE_S
        while True:
            found = [each["status"] for each in own("GET", f"/v1/requests?after={self.after}&limit=1000")["requests"]
                     if each["api"] != "ghostkey"]
            if len(found) >= count or time.monotonic() > end:
                return found
            time.sleep(0.01)


def outcome(function, *arguments, **more):
    """-> what it returns, or the error"""
    try:
        return function(*arguments, **more)
    except Exception as error:  # pylint: disable=broad-except
        return error


def note_pauses(module):
    """The module's sleep() notes how long, and does not sleep."""
    class Clock:
        def __getattr__(self, name):
            return pauses.append if name == "sleep" else getattr(time, name)

    module.time = Clock()


def boto3_client(check):
    # pylint: disable=import-outside-toplevel
    import boto3
    import botocore.config
    import botocore.endpoint
    from botocore import exceptions

    note_pauses(botocore.endpoint)
    config = botocore.config.Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, read_timeout=TIMEOUT_S)
    aws = boto3.client("secretsmanager", endpoint_url=ENDPOINT, config=config)
    aws.create_secret(Name="a", SecretString="one")
    aws.put_secret_value(SecretId="a", SecretString="two")

    def get():
        return aws.get_secret_value(SecretId="a")["SecretString"]

    for kind, code in ERRORS.items():
        count = ATTEMPTS if kind in IS_TRIED_AGAIN else 1
        with Fault({"error": kind}) as fault:
            error = outcome(get)
            told = error.response if isinstance(error, exceptions.ClientError) else {}
            check.equal((told.get("Error", {}).get("Code"), len(fault.seen(count))), (code, count), f"{kind}: {code} after {count} requests")
            check.equal(told.get("ResponseMetadata", {}).get("RetryAttempts"), count - 1, f"{kind}: which it says, too")
            check.ok(len(pauses) == count - 1 and all(0 < pause <= 2 ** at for at, pause in enumerate(pauses)),
                     f"{kind}: up to one second before the second attempt, two before the third", pauses)
    for kind in sorted(IS_TRIED_AGAIN):
        with Fault({"error": kind}, {"times": ATTEMPTS - 1}) as fault:
            check.equal((outcome(get), len(fault.seen(ATTEMPTS))), ("two", ATTEMPTS), f"{kind} twice: the third attempt has the value")
    legacy = boto3.client("secretsmanager", endpoint_url=ENDPOINT, config=botocore.config.Config(retries={"mode": "legacy"}))
    with Fault({"error": "throttled"}) as fault:
        error = outcome(legacy.get_secret_value, SecretId="a")
        check.equal((error.response["Error"]["Code"], len(fault.seen(5))), ("ThrottlingException", 5), "throttled, legacy mode: five requests")
        check.ok(len(pauses) == 4 and all(0 <= pause <= 2 ** at for at, pause in enumerate(pauses)), "with longer and longer pauses", pauses)
    with Fault({"status": 418}) as fault:
        check.equal((outcome(get).response["ResponseMetadata"]["HTTPStatusCode"], fault.seen(1)), (418, [418]), "418: gives up at once")
    with Fault({"delay": f"{DELAY_S * 1000:.0f}ms"}) as fault:
        begun = time.monotonic()
        check.equal((outcome(get), fault.seen(1), time.monotonic() - begun >= DELAY_S), ("two", [200], True), "slow: waits")
    with Fault({"delay": "10m"}) as fault:
        check.equal((type(outcome(get)), fault.seen(ATTEMPTS)), (exceptions.ReadTimeoutError, [None] * ATTEMPTS),
                    "hang: three attempts, each given up after its time limit")
    with Fault({"drop": "before"}) as fault:
        check.equal((type(outcome(get)), fault.seen(ATTEMPTS)), (exceptions.ConnectionClosedError, [None] * ATTEMPTS), "reset: three attempts")
    with Fault({"drop": "before"}, {"times": 1}) as fault:
        check.equal((outcome(get), fault.seen(2)), ("two", [None, 200]), "reset once: the second has the value")
    with Fault({"drop": "after"}, {"times": 1}, "write") as fault:
        made = outcome(aws.put_secret_value, SecretId="a", SecretString="three")
        versions = aws.list_secret_version_ids(SecretId="a")["Versions"]
        check.equal((sorted(stage for each in versions for stage in each["VersionStages"]), made["VersionId"] in {v["VersionId"] for v in versions},
                     len(versions)), (["AWSCURRENT", "AWSPREVIOUS"], True, 2), "a lost answer to a put: asked again, it is one version")
        check.equal(fault.seen(2)[:2], [None, 200], "of two requests")
    with Fault({"truncate": 10}) as fault:
        check.ok(not isinstance(outcome(get), str) and fault.seen(1) == [200], "truncated: no value, after one request", outcome(get))
    with Fault({"stale": True}) as fault:
        told = aws.get_secret_value(SecretId="a")
        check.equal((told["SecretString"], fault.seen(1)), ("two", [200]), "stale: the previous value")
    check.equal(get(), "three", "without a fault, the current one")


def hvac_with(session=None, **more):
    import hvac  # pylint: disable=import-outside-toplevel
    return hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"], timeout=TIMEOUT_S, session=session, **more)


def fill_kv(vault):
    for value in ("one", "two"):
        vault.secrets.kv.v2.create_or_update_secret("a", {"value": value})


def reader_of(vault):
    return lambda: vault.secrets.kv.v2.read_secret_version("a")["data"]["data"]["value"]


def hvac_client(check):
    # pylint: disable=import-outside-toplevel
    import requests
    from hvac import exceptions

    vault = hvac_with()
    fill_kv(vault)
    get = reader_of(vault)
    kinds = {"throttled": (exceptions.RateLimitExceeded, 429), "unavailable": (exceptions.VaultDown, 503), "sealed": (exceptions.VaultDown, 503),
             "internal": (exceptions.InternalServerError, 500), "forbidden": (exceptions.Forbidden, 403), "not_found": (exceptions.InvalidPath, 404)}
    for kind, (error, status) in kinds.items():
        with Fault({"error": kind}) as fault:
            check.equal((type(outcome(get)), fault.seen(1)), (error, [status]), f"{kind}: {error.__name__}, without another attempt")
    with Fault({"error": "sealed"}) as fault:
        check.ok("sealed" in str(outcome(get)), "which names the seal", outcome(get))
    with Fault({"delay": f"{DELAY_S * 1000:.0f}ms"}) as fault:
        begun = time.monotonic()
        check.equal((outcome(get), fault.seen(1), time.monotonic() - begun >= DELAY_S), ("two", [200], True), "slow: waits")
    with Fault({"delay": "10m"}) as fault:
        check.equal((type(outcome(get)), fault.seen(1)), (requests.exceptions.ReadTimeout, [None]), "hang: its time limit")
    with Fault({"drop": "before"}) as fault:
        check.equal((type(outcome(get)), fault.seen(1)), (requests.exceptions.ConnectionError, [None]), "reset: ConnectionError, without another attempt")
    with Fault({"truncate": 10}) as fault:
        check.ok(not isinstance(outcome(get), str) and fault.seen(1) == [200], "truncated: no value", outcome(get))
    with Fault({"stale": True}) as fault:
        check.equal((outcome(get), fault.seen(1)), ("one", [200]), "stale: the previous value")
    check.equal(outcome(get), "two", "without a fault, the current one")


def requests_adapter(check):
    """hvac over a session with Retry, as its manual and requests' show."""
    # pylint: disable=import-outside-toplevel
    import requests
    import urllib3.util.retry
    from hvac import exceptions
    from requests.adapters import HTTPAdapter

    note_pauses(urllib3.util.retry)
    session = requests.Session()
    retry = urllib3.util.retry.Retry(total=3, backoff_factor=0.1, status_forcelist=[412, 429, 500, 502, 503], raise_on_status=False)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    vault = hvac_with(session)
    fill_kv(vault)
    get = reader_of(vault)
    for kind, error, status, wanted in (("throttled", exceptions.RateLimitExceeded, 429, [1, 1, 1]),
                                        ("unavailable", exceptions.VaultDown, 503, [0.2, 0.4]),
                                        ("internal", exceptions.InternalServerError, 500, [0.2, 0.4])):
        with Fault({"error": kind}) as fault:
            check.equal((type(outcome(get)), fault.seen(4)), (error, [status] * 4), f"{kind}: four requests")
            check.equal(pauses, wanted, f"{kind}: with pauses" + (" as Retry-After says" if kind == "throttled" else " that double"))
        with Fault({"error": kind}, {"times": 2}) as fault:
            check.equal((outcome(get), fault.seen(3)), ("two", [status] * 2 + [200]), f"{kind} twice: the third attempt has the value")
    for kind, error, status in (("forbidden", exceptions.Forbidden, 403), ("not_found", exceptions.InvalidPath, 404)):
        with Fault({"error": kind}) as fault:
            check.equal((type(outcome(get)), fault.seen(1), pauses), (error, [status], []), f"{kind}: gives up at once")
    with Fault({"drop": "before"}) as fault:
        check.equal((type(outcome(get)), fault.seen(4)), (requests.exceptions.ConnectionError, [None] * 4), "reset: four requests")
    with Fault({"drop": "before"}, {"times": 1}) as fault:
        check.equal((outcome(get), fault.seen(2)), ("two", [None, 200]), "reset once: the second has the value")
    with Fault({"drop": "before"}, None, "write") as fault:
        error = outcome(vault.secrets.kv.v2.create_or_update_secret, "a", {"value": "x"})
        check.equal((type(error), fault.seen(1)), (requests.exceptions.ConnectionError, [None]), "a write that is reset is not sent again")
    with Fault({"delay": "10m"}) as fault:
        check.equal((type(outcome(get)), fault.seen(4)), (requests.exceptions.ConnectionError, [None] * 4), "hang: four requests")


if __name__ == "__main__":
    sys.exit(tap.run({"boto3": boto3_client, "python3-hvac": hvac_client, "requests": requests_adapter}[sys.argv[1]]))

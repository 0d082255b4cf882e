"""A client of AWS Secrets Manager for tests: JSON 1.1 over a connection of http1."""

import json

HOME = "us-east-1"
MEDIA = "application/x-amz-json-1.1"


class Refused(Exception):
    """An error in AWS's form."""

    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


def headers_of(operation, region=None, key="KEY", more=()):
    headers = [("X-Amz-Target", f"secretsmanager.{operation}"), ("Content-Type", MEDIA)]
    if region is not None:
        headers.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/secretsmanager/"
                                         "aws4_request, SignedHeaders=host, Signature=0"))
    return headers + list(more)


class Aws:
    def __init__(self, connection, region=HOME):
        self.connection, self.region = connection, region

    def raw(self, operation, body, more=()):
        return self.connection.request("POST", "/", body, headers_of(operation, self.region, more=more))

    def __call__(self, operation, **members):
        answer = self.raw(operation, json.dumps(members))
        document = json.loads(answer.body)
        if answer.status == 200:
            return document
        raise Refused(answer.status, document["__type"], document["Message"])

    def refusal(self, operation, **members):
        """The code and the message of the error that is to come; None: there was none."""
        try:
            self(operation, **members)
        except Refused as refused:
            return refused.code, refused.message
        return None

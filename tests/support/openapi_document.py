"""Whether a document is OpenAPI 3.1: no validator of it is packaged for Debian 12, so what the
specification fixes is checked here, schemas by jsonschema's own metaschema (Draft 2020-12)."""

import re

import jsonschema

METHODS = {"get", "head", "put", "patch", "post", "delete", "options", "trace"}

# The fixed fields of each object of the specification; those that must be there are in capitals.
FIELDS = {
    "document": "OPENAPI INFO jsonSchemaDialect servers PATHS webhooks components security tags "
                "externalDocs",
    "info": "TITLE summary description termsOfService contact license VERSION",
    "components": "schemas responses parameters examples requestBodies headers securitySchemes "
                  "links callbacks pathItems",
    "operation": "tags summary description externalDocs operationId parameters requestBody "
                 "RESPONSES callbacks deprecated security servers",
    "parameter": "NAME IN description required deprecated allowEmptyValue style explode "
                 "allowReserved SCHEMA example examples",
    "header": "description required deprecated style explode SCHEMA example examples",
    "requestBody": "description CONTENT required",
    "response": "DESCRIPTION headers content links",
    "media": "schema example examples encoding",
}


def resolve(document, thing):
    """What a reference within the document stands for; anything else unchanged."""
    while "$ref" in thing:
        found = document
        for step in thing["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        thing = found
    return thing


class Walk:
    """Collects what is wrong, with the place where it is."""

    def __init__(self, document):
        self.document = document
        self.found = []
        self.ids = set()

    def fail(self, place, what):
        self.found.append(f"{place}: {what}")

    def fields(self, kind, thing, place):
        words = FIELDS[kind].split()
        known = {word if word[0].islower() else word.lower() for word in words}
        for name in thing.keys() - known:
            if not name.startswith("x-"):
                self.fail(place, f"'{name}' is no field of a {kind}")
        for word in words:
            if word.isupper() and word.lower() not in thing:
                self.fail(place, f"a {kind} must have '{word.lower()}'")

    def references(self, thing, place="#"):
        if isinstance(thing, dict):
            if isinstance(thing.get("$ref"), str):
                try:
                    resolve(self.document, thing)
                except (KeyError, TypeError):
                    self.fail(place, f"{thing['$ref']} leads nowhere")
            for name, inner in thing.items():
                self.references(inner, f"{place}/{name}")
        elif isinstance(thing, list):
            for number, inner in enumerate(thing):
                self.references(inner, f"{place}/{number}")

    def schema(self, schema, place):
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            self.fail(place, error.message)

    def examples(self, media, place):
        """Examples are what their schema says."""
        whole = dict(media.get("schema", {}), components=self.document["components"])
        examples = [media["example"]] if "example" in media else []
        examples += [each["value"] for each in media.get("examples", {}).values()]
        for example in examples:
            for error in jsonschema.Draft202012Validator(whole).iter_errors(example):
                self.fail(f"{place}, example", error.message)

    def content(self, content, place):
        for name, media in content.items():
            self.fields("media", media, f"{place} {name}")
            self.schema(media.get("schema", {}), f"{place} {name}")
            self.examples(media, f"{place} {name}")

    def header(self, header, place):
        header = resolve(self.document, header)
        self.fields("header", header, place)
        self.schema(header.get("schema", {}), place)
        self.examples(header, place)

    def response(self, response, place):
        response = resolve(self.document, response)
        self.fields("response", response, place)
        for name, header in response.get("headers", {}).items():
            self.header(header, f"{place} {name}")
        self.content(response.get("content", {}), place)

    def parameters(self, parameters, path, place):
        resolved = [resolve(self.document, each) for each in parameters]
        for each in resolved:
            self.fields("parameter", each, place)
            self.schema(each.get("schema", {}), place)
            self.examples(each, place)
        pairs = [(each["name"], each["in"]) for each in resolved]
        if len(set(pairs)) != len(pairs):
            self.fail(place, "a parameter is declared twice")
        declared = {each["name"] for each in resolved if each["in"] == "path" and each["required"]}
        if declared != set(re.findall(r"{(\w+)}", path)):
            self.fail(place, "path parameters are not those of the path")

    def operation(self, path, method, item):
        operation = item[method]
        place = f"{method.upper()} {path}"
        self.fields("operation", operation, place)
        self.parameters(item.get("parameters", []) + operation.get("parameters", []), path, place)
        if operation.get("operationId") in self.ids:
            self.fail(place, "its operationId is not its own")
        self.ids.add(operation.get("operationId"))
        if "requestBody" in operation:
            self.fields("requestBody", operation["requestBody"], place)
            self.content(operation["requestBody"]["content"], place)
        for status, response in operation["responses"].items():
            if not re.fullmatch("[1-5][0-9][0-9]|[1-5]XX|default", status):
                self.fail(place, f"'{status}' is no status")
            self.response(response, f"{place} {status}")

    def document_fields(self):
        self.fields("document", self.document, "#")
        self.fields("info", self.document["info"], "#/info")
        self.fields("components", self.document["components"], "#/components")
        if not re.fullmatch(r"3\.1\.\d+", self.document["openapi"]):
            self.fail("#/openapi", "is not 3.1")
        tags = {tag["name"] for tag in self.document.get("tags", [])}
        for path, item in self.document["paths"].items():
            for method in item.keys() - {"parameters"}:
                if method not in METHODS or set(item[method].get("tags", [])) - tags:
                    self.fail(f"#/paths{path}", f"'{method}' or its tags are not known")


def faults(document):
    """What is wrong with it, one sentence each."""
    walk = Walk(document)
    walk.references(document)
    if not walk.found:
        walk.document_fields()
        for name, schema in document["components"]["schemas"].items():
            walk.schema(schema, f"#/components/schemas/{name}")
        for path, item in document["paths"].items():
            for method in METHODS & item.keys():
                walk.operation(path, method, item)
    return walk.found

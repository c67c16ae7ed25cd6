#!/usr/bin/env python3
"""Writes docs/openapi.json from schemas.py and operations.py. --check only says whether it is what
they would give.

Every operation gets what every operation has: who may ask it, the refusals of the server itself, 503,
and 403 where it writes.
"""

import json
import pathlib
import re
import sys

import operations
import schemas

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
REQUEST_ID = "00c3f6a9d21b47e50000000000000007"
DESCRIPTION = (
    "Names in a path are percent-decoded once; a trailing slash is another path. HEAD works where GET does; "
    "OPTIONS answers 200 with Allow. A path that is not here answers 404 NOT_FOUND, a method that a path does not "
    "have 405 METHOD_NOT_ALLOWED with Allow, both with the body of every other error. Pages of any origin may read; "
    "what writes is not for them. Integers are exact to 2^64-1. Query parameters and members of a body that an "
    "operation does not know are ignored. Clients ignore members that they do not know: more may come. "
    "x-required-scope names what somebody must be allowed to do; this server does not enforce it yet."
)
KINDS_OF_PROBLEM = {400: "Bad request", 403: "Refused", 404: "Not found", 409: "Conflict", 500: "Failure of the server"}
HIDDEN = "the server could not answer this request"


def problem_example(status, code, detail, instance):
    words = code.lower().replace("_", " ")
    return {
        "type": "urn:tidemark:problem:" + code.lower().replace("_", "-"),
        "title": words[0].upper() + words[1:],
        "status": status,
        "detail": detail,
        "instance": instance,
        "error_code": code,
        "error_message": detail,
        "request_id": REQUEST_ID,
    }


def problem(status, codes, instance, description=None):
    """The response for `codes`, each a code and an example's detail."""
    names = [code for code, _ in codes]
    schema = {
        "allOf": [
            schemas.ref("Problem"),
            {"type": "object", "properties": {"error_code": {"type": "string", "enum": sorted(names)}}},
        ]
    }
    content = {"schema": schema, "example": problem_example(status, *codes[0], instance)}
    return {
        "description": description or f"{KINDS_OF_PROBLEM[status]}: {', '.join(sorted(names))}.",
        "content": {"application/problem+json": content},
    }


TAG_HEADERS = {
    "ETag": {
        "description": "Of the body: the same wherever the body is the same, on every server.",
        "required": True,
        "schema": {"type": "string", "pattern": '^W/"[0-9a-f]{32}"$'},
        "example": 'W/"0f343b0931126a20f133d67c2b018a3b"',
    },
    "Cache-Control": {
        "description": "Who keeps the answer asks whether it holds, with If-None-Match, before using it again.",
        "required": True,
        "schema": {"type": "string", "const": "private, no-cache"},
    },
    "Age": {
        "description": "Only on a stale answer: so many seconds ago, at most, it was known to hold.",
        "required": False,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "3",
    },
}
IF_NONE_MATCH = {
    "in": "header",
    "required": False,
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "ETags of answers that the client has: 304 if one of them still holds.",
}
CACHE_CONTROL = {
    "in": "header",
    "required": False,
    "name": "Cache-Control",
    "schema": {"type": "string"},
    "description": "With max-stale=N an answer that is N seconds old at most is welcome where the database cannot confirm one: it then carries Age. Without it there is none that is not confirmed.",
}


def shared_responses():
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}}
    shared = {
        "Timeout": problem(408, [("REQUEST_TIMEOUT", "the request took too long to arrive")], "/datasets", "Too slow."),
        "TooLarge": problem(413, [("PAYLOAD_TOO_LARGE", "the request's body is too large")], "/datasets", "The body is larger than the server takes."),
        "TargetTooLong": problem(414, [("URI_TOO_LONG", "the request's target is too long")], "/datasets", "Path and query are longer than the server takes."),
        "NotJson": problem(415, [("UNSUPPORTED_MEDIA_TYPE", "the body must be application/json")], "/datasets", "The content type is another than JSON."),
        "HeadTooLarge": problem(431, [("REQUEST_HEADER_FIELDS_TOO_LARGE", "the request's head is too large")], "/datasets", "The head is larger than the server takes."),
        "ReadOnly": problem(403, [("READ_ONLY_DATABASE", "this server only reads its database, which another deployment writes: send the request to that deployment, or start a server with a database of its own")], "/datasets", "The server only reads: READ_ONLY_DATABASE."),
        "Unavailable": problem(503, [("SERVICE_UNAVAILABLE", "the service cannot answer now; try again")], "/datasets", "Cannot be answered now: SERVICE_UNAVAILABLE."),
    }
    shared["NotModified"] = {"description": "The answer is still the one that If-None-Match names.", "headers": TAG_HEADERS}
    shared["Unavailable"] = {"headers": retry, **shared["Unavailable"]}
    return shared


def success(operation):
    status, description, media, schema, example = operation["ok"]
    response = {"description": description}
    if operation["tagged"]:
        response["headers"] = TAG_HEADERS
    if schema:
        response["content"] = {media: {"schema": schema, "example": example}}
    return str(status), response


def responses_of(operation, instance):
    status, response = success(operation)
    responses = {status: response}
    problems = {code: list(codes) for code, codes in operation["problems"].items()}
    problems.setdefault(400, []).append(("BAD_REQUEST", "the path holds an invalid percent escape"))
    for code, codes in problems.items():
        responses[str(code)] = problem(code, [c if isinstance(c, tuple) else (c, HIDDEN) for c in codes], instance)
    shared = {"408": "Timeout", "414": "TargetTooLong", "431": "HeadTooLarge", "503": "Unavailable"}
    if operation["scope"] == "admin":
        shared |= {"403": "ReadOnly", "413": "TooLarge"}
    if operation["body"]:
        shared["415"] = "NotJson"
    if operation["tagged"]:
        shared["304"] = "NotModified"
    for code, name in shared.items():
        responses[code] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(responses.items()))


def parameters_of(operation):
    names = re.findall(r"\{(\w+)\}", operation["path"])
    path = [{"in": "path", "required": True, **operations.PATH_PARAMETERS[operations.parameter_key(operation["path"], name)], "name": name} for name in names]
    query = [{"in": "query", "required": False, **parameter} for parameter in operation["query"]]
    return path + query + ([IF_NONE_MATCH, CACHE_CONTROL] if operation["tagged"] else [])


def example_path(operation, parameters):
    path = operation["path"]
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(parameter["example"]))
    return path


def build_operation(operation):
    parameters = parameters_of(operation)
    result = {
        "operationId": operation["id"],
        "summary": operation["summary"],
        "tags": [operation["tag"]],
        "x-required-scope": operation["scope"],
    }
    if parameters:
        result["parameters"] = parameters
    if operation["body"]:
        is_required, schema, example = operation["body"]
        result["requestBody"] = {
            "required": is_required,
            "content": {"application/json": {"schema": schema, "example": example}},
        }
    result["responses"] = responses_of(operation, example_path(operation, parameters))
    return result


def build():
    paths = {}
    for operation in operations.OPERATIONS:
        paths.setdefault(operation["path"], {})[operation["method"]] = build_operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidemark Admin API",
            "version": "0.1.0",
            "summary": "Datasets, their jobs and their sync progress.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:1610"}],
        "tags": [{"name": name} for name in operations.TAGS],
        "paths": paths,
        "components": {"schemas": schemas.SCHEMAS, "responses": shared_responses()},
    }


def main():
    text = json.dumps(build(), indent=2, ensure_ascii=False) + "\n"
    if sys.argv[1:] == ["--check"]:
        if DOCUMENT.read_text() != text:
            sys.exit("docs/openapi.json is not what tools/openapi/build.py writes: run it")
        return
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()

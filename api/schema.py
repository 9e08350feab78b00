"""What the OpenAPI description says of every operation alike."""

from __future__ import annotations

import re
from typing import Any

PROBLEM = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "field": {"type": "string"},
                    "file": {"type": "string"},
                    "row": {"type": "integer"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
PROBLEMS = {
    "description": "What was wrong.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Let every operation answer with a problem, and reading ones with nothing if nothing is new; the
    first sentence of its description is its summary."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for method, operation in operations.items():
            operation["responses"]["4XX"] = PROBLEMS
            first = re.split(r"(?<=[.:;]) |\n\n", operation.get("description", ""))[0]
            operation["summary"] = " ".join(first.split()).rstrip(":;.")
            if method == "get":
                operation["responses"]["304"] = {"description": "As the ETag says, nothing is new."}
    return result

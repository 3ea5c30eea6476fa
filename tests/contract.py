"""JSON Schemas of the `ask` and `search` answers (design.md, section 5)."""

HIT = {
    "type": "object",
    "required": ["id", "kind", "title", "text", "types", "score", "why", "source", "meta"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "kind": {"enum": ["principle", "law", "phrasing", "saying", "custom", "case", "guidance", "redline", "grievance", "question"]},
        "title": {"type": "string"},
        "text": {"type": "string", "minLength": 1},
        "types": {"type": "array", "items": {"type": "string"}},
        "score": {"type": "number"},
        "why": {"type": "array", "items": {"type": "string"}},
        "source": {
            "type": "object",
            "required": ["file", "title", "section", "start", "end"],
            "additionalProperties": False,
            "properties": {
                "file": {"type": "string"}, "title": {"type": "string"}, "section": {"type": "string"},
                "start": {"type": "integer", "minimum": 0}, "end": {"type": "integer", "minimum": 1},
            },
        },
        "meta": {"type": "object"},
    },
}
SECTIONS = ["grievances", "questions", "phrasing", "principle", "custom", "law", "case", "guidance"]
RISKS = ["domestic_violence", "crime", "injury", "self_harm", "weapon", "minor_victim", "sexual", "gang", "mental", "escalation"]
STRINGS = {"type": "array", "items": {"type": "string"}}
ASK = {
    "type": "object",
    "required": ["query", "status", "message", "types", "risks", "sections", "elapsed_ms"],
    "properties": {
        "id": {"type": "string"},
        "query": {"type": "string"},
        "status": {"enum": ["ok", "low_confidence", "rejected"]},
        "message": {"type": "string"},
        "types": {
            "type": "array",
            "items": {
                "type": "object", "required": ["id", "name", "score"], "additionalProperties": False,
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "score": {"type": "number", "minimum": 0, "maximum": 1}},
            },
        },
        "risks": {
            "type": "array",
            "items": {
                "type": "object", "required": ["id", "name", "action", "matched", "basis"],
                "properties": {"id": {"enum": RISKS}, "name": {"type": "string"}, "action": {"type": "string"}, "matched": STRINGS, "basis": STRINGS},
            },
        },
        "sections": {
            "type": "object", "required": SECTIONS, "additionalProperties": False,
            "properties": {name: {"type": "array", "items": HIT} for name in SECTIONS},
        },
        "elapsed_ms": {"type": "number", "minimum": 0},
    },
}
SEARCH = {
    "type": "object", "required": ["query", "hits"],
    "properties": {"id": {"type": "string"}, "query": {"type": "string"}, "hits": {"type": "array", "items": HIT}},
}

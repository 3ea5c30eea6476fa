"""How much the corpus holds of what: types by kinds by stages, and what falls short of the promise."""

from collections import Counter
from collections.abc import Sequence

from assistant.records import LISTENERS, STAGES, DisputeType, Kind, Passage

# Least number of entries per dispute type; phrasing is counted by stage and by side as well.
PER_TYPE = {
    "grievance": 3, "question": 6, "principle": 4, "phrasing": 16, "出路": 3, "提防": 1, "该找谁": 1, "case": 2, "law": 1,
}
PER_STAGE = 2
PER_SIDE = 3
SIDES = ("受害或受损方", "先动手或过错方")
WHOLE = {"saying": 260, "custom": 130, "guidance": 40, "redline": 10}
CUSTOM_REGIONS = 12


def counts(passages: Sequence[Passage]) -> dict[str, Counter[str]]:
    """Per dispute type: entries by kind, by role, by stage and by listener."""
    found: dict[str, Counter[str]] = {}
    for passage in passages:
        for type_id in passage.types:
            own = found.setdefault(type_id, Counter())
            role = passage.meta.get("role", "")
            own[role if role in PER_TYPE else passage.kind.value] += 1
            if passage.kind is Kind.PHRASING:
                own[passage.meta["stage"]] += 1
                own[passage.meta["listener"]] += 1
    return found


def shortfalls(passages: Sequence[Passage], types: Sequence[DisputeType]) -> list[tuple[str, str, int, int]]:
    """(type or "", what, how many there are, how many are promised) wherever there are too few."""
    found = counts(passages)
    short = []
    for item in types:
        own = found.get(item.type_id, Counter())
        wanted = PER_TYPE | dict.fromkeys(STAGES, PER_STAGE) | dict.fromkeys(SIDES, PER_SIDE)
        short += [(item.type_id, what, own[what], least) for what, least in wanted.items() if own[what] < least]
    whole = Counter(passage.kind.value for passage in passages)
    whole["guidance"] = len({passage.doc_id for passage in passages if passage.kind is Kind.GUIDANCE})
    short += [("", what, whole[what], least) for what, least in WHOLE.items() if whole[what] < least]
    regions = {passage.meta["region"] for passage in passages if passage.kind is Kind.CUSTOM}
    if len(regions) < CUSTOM_REGIONS:
        short.append(("", "regions", len(regions), CUSTOM_REGIONS))
    return short


def table(passages: Sequence[Passage], types: Sequence[DisputeType]) -> str:
    """The matrix as tab-separated text, one dispute type a line."""
    found = counts(passages)
    columns = [*dict.fromkeys([*PER_TYPE, "saying", "custom", *STAGES, *LISTENERS])]
    lines = ["\t".join(["type", *columns])]
    for item in types:
        own = found.get(item.type_id, Counter())
        lines.append("\t".join([item.type_id, *(str(own[column]) for column in columns)]))
    return "\n".join(lines)

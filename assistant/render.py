"""Advice as page, plain text and JSON: three functions of one record, so they cannot disagree; law lines also as paper.

The one place that makes HTML. Everything that comes from a visitor or from the corpus is escaped.
Written so that the page needs nothing that Gradio's sanitiser drops: classes, ids and links only.
"""

import datetime
import html
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from assistant import wording
from assistant.advice import NO_TWO_SIDES, asked_about
from assistant.records import UNREVIEWED, Advice, DisputeType, Document, Hit, Kind, Mediability, Passage, Risk
from assistant.redlines import NO_YIELDING
from assistant.wording import keeper

WITHHELD_SECTIONS = ("grievances", "phrasing", "custom", "case", "guidance")

# Which meta lines stand under which kind of hit, in reading order.
META_SHOWN = {
    Kind.PRINCIPLE: ("why",),
    Kind.SAYING: ("meaning", "use", "hurt"),
    Kind.CUSTOM: ("quarrel", "use", "binding", "law"),
    Kind.LAW: ("note",),
}


def as_json(advice: Advice, given_id: str | None = None) -> dict[str, Any]:
    """The `ask` answer of the contract (design.md, section 5)."""
    answer = {} if given_id is None else {"id": given_id}
    return answer | {
        "query": advice.query,
        "status": advice.status,
        "message": advice.message,
        "types": [{"id": item.type_id, "name": item.name, "score": score} for item, score in advice.types],
        "terms": [{"said": said, "standard": term} for said, term in advice.terms],
        "risks": [
            {"id": risk.risk_id, "name": risk.name, "action": risk.action, "matched": list(risk.matched),
             "basis": list(risk.basis), "must": list(risk.must), "never": list(risk.never)}
            for risk in advice.risks
        ],
        "mediability": mediability_json(advice.mediability),
        "sections": {name: [hit_json(hit) for hit in hits] for name, hits in advice.sections.items()},
        "elapsed_ms": advice.elapsed_ms,
    }


def mediability_json(found: Mediability | None) -> dict[str, Any] | None:
    """Whether this may be settled by public-security mediation: an addition to the contract."""
    if found is None:
        return None
    return {
        "verdict": found.verdict, "name": found.name, "text": found.text,
        "grounds": [hit_json(hit) for hit in found.grounds],
        "basis": [hit_json(hit) for hit in found.basis],
        "referrals": [hit_json(hit) for hit in found.referrals],
    }


def search_json(text: str, hits: Sequence[Hit], given_id: str | None = None, message: str = "") -> dict[str, Any]:
    """The `search` answer of the contract; with a message where an article of law was asked for by number."""
    answer = {} if given_id is None else {"id": given_id}
    told = {"message": message} if message else {}
    return answer | {"query": text, "hits": [hit_json(hit) for hit in hits]} | told


def hit_json(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "id": passage.passage_id,
        "kind": passage.kind.value,
        "title": passage.title,
        "text": passage.text,
        "types": list(passage.types),
        "score": hit.score,
        "why": list(hit.why),
        "source": {
            "file": hit.document.file, "title": hit.document.title, "section": passage.section,
            "start": passage.start, "end": passage.end,
        },
        "meta": dict(passage.meta),
    }


# --- plain text -------------------------------------------------------------------------------


def as_text(advice: Advice) -> str:
    """The card for a terminal."""
    lines = [advice.message] if advice.message else []
    if advice.types:
        label = wording.TYPES_LABEL if advice.status == "ok" else wording.NEAREST_TYPES
        lines.append(f"{label}：" + "、".join(_named(item, score) for item, score in advice.types))
    if advice.terms:
        lines.append(f"{wording.TERMS_LABEL}：" + "，".join(f"{said}＝{term}" for said, term in advice.terms))
    if is_statute_card(advice):
        return "\n".join([*lines, "", f"【{wording.SECTION_NAMES['law']}】", *hit_lines(advice.sections["law"])])
    if advice.status == "ok":
        lines += ["", f"【{wording.RISKS_TITLE}】", *_risk_lines(advice)]
        lines += _mediability_lines(advice.mediability)
        types = [item for item, _ in advice.types]
        for name, hits in advice.sections.items():
            lines += ["", f"【{wording.SECTION_NAMES[name]}】", *(hit_lines(hits, types) or [_empty(name, advice)])]
    return "\n".join(lines)


def is_statute_card(advice: Advice) -> bool:
    """Whether an article was asked for by name and number, and nothing else: then its lines are the whole answer."""
    return advice.status == "ok" and not advice.types


def sureness(score: float) -> str:
    """A probability in words, "" where it is hardly any: a hurried reader takes 41 % for a verdict."""
    return next(word for least, word in wording.SURENESS if score >= least)


def _named(item: DisputeType, score: float) -> str:
    return f"{item.name}（{sureness(score)}）" if sureness(score) else item.name


def _empty(name: str, advice: Advice) -> str:
    """What stands in the place of an empty section: it was withheld, or there is nothing yet."""
    standing = {risk.risk_id for risk in advice.risks}
    waits = NO_TWO_SIDES if name == "grievances" else NO_YIELDING
    return wording.SECTION_WITHHELD if name in WITHHELD_SECTIONS and standing & waits else wording.SECTION_EMPTY


def _mediability_lines(found: Mediability | None) -> list[str]:
    if found is None:
        return []
    lines = ["", f"【{wording.MEDIABILITY_TITLE}】{found.name}", found.text]
    lines += [f"· {hit.passage.text}  〔{cite(hit)}〕" for hit in found.grounds]
    lines += [f"{wording.REFERRALS_LABEL}：", *hit_lines(found.referrals)] if found.referrals else []
    return [*lines, f"{wording.RISK_BASIS}：{'、'.join(hit.passage.title for hit in found.basis)}"]


def _risk_lines(advice: Advice) -> list[str]:
    doubt = _doubt(advice)
    if not advice.risks:
        return [doubt or wording.NO_RISKS]
    lines = []
    for risk in advice.risks:
        lines.append(f"■ {risk.name}：{risk.action}")
        lines += [f"  {wording.RISK_MUST}：{item}" for item in risk.must]
        lines += [f"  {wording.RISK_NEVER}：{item}" for item in risk.never]
        lines.append(f"  {wording.RISK_BASIS}：{'、'.join(risk.basis)}")
    if NO_YIELDING & {risk.risk_id for risk in advice.risks}:
        lines.append(wording.WITHHELD)
    return [*lines, doubt] if doubt else lines


def _doubt(advice: Advice) -> str:
    """Which red lines may stand and have to be asked about first; "" where none."""
    names = "；".join(hit.passage.title for hit in asked_about(advice).values())  # 、 stands within the names
    return wording.RISKS_DOUBTFUL.format(names=names) if names else ""


def hit_lines(hits: Sequence[Hit], types: Sequence[DisputeType] = ()) -> list[str]:
    return [f"· {_label(hit.passage, types)}{hit.passage.text}  〔{cite(hit)}〕" for hit in hits]


def cite(hit: Hit) -> str:
    """Where a line stands, in words: title, section and id."""
    return f"{hit.document.title} · {hit.passage.section} · {hit.passage.passage_id}"


def _label(passage: Passage, types: Sequence[DisputeType]) -> str:
    meta = passage.meta
    if passage.kind is Kind.PHRASING:
        return f"（{meta['stage']}·{side_name(passage, types)}·{meta['setting']}）"
    if passage.kind in (Kind.LAW, Kind.CUSTOM, Kind.CASE, Kind.REDLINE):
        return f"{passage.title}："
    if passage.kind is Kind.QUESTION and "risks" in meta:
        return f"（{wording.ASK_RISK.format(name=passage.title)}）"
    if meta.get("role") in ("出路", "提防", "该找谁"):
        return f"（{meta.get('who', meta['role'])}）"
    return ""


# --- HTML -------------------------------------------------------------------------------------


def escape(text: object) -> str:
    return html.escape(str(text), quote=True)


def notice(message: str) -> str:
    """One sentence for the reader, in the place of a card."""
    return f'<div class="notice" role="status">{escape(message)}</div>' if message else ""


def examples(texts: Sequence[str]) -> str:
    """Example descriptions as buttons; the page's script puts one into the box."""
    buttons = "".join(f'<button class="example">{escape(text)}</button>' for text in texts)
    return f'<details class="examples"><summary>{escape(wording.EXAMPLES_LABEL)}</summary>{buttons}</details>'


def card(advice: Advice, votes: bool = False) -> str:
    """The card for the page; with `votes`, each line can be called useful or useless."""
    if advice.status != "ok":
        return f'<article class="card">{notice(advice.message)}{_types_html(advice)}</article>'
    if is_statute_card(advice):
        law = _section_html("law", advice.sections["law"], advice, on_page=True)
        return f'<article class="card">{notice(advice.message)}{law}</article>'
    head = f"{_types_html(advice)}{_terms_html(advice)}{_jump_html(advice)}"
    return f'<article class="card">{head}{_body(advice, votes)}</article>'


def _with_votes(body: str) -> str:
    """Two buttons after each line, whose last part is its source."""
    buttons = "".join(
        f'<button class="vote {name}">{escape(word)}</button>'
        for name, word in (("useful", keeper.USEFUL), ("useless", keeper.USELESS))
    )
    return body.replace("</p></li>", f"{buttons}</p></li>")


def _jump_html(advice: Advice) -> str:
    """Links to the parts that hold something: what to say stands one tap away."""
    links = "".join(
        f'<a href="#sec-{name}">{escape(wording.SECTION_NAMES[name])}</a>' for name, hits in advice.sections.items() if hits
    )
    return f'<p class="jump"><b>{escape(wording.JUMP_LABEL)}</b>{links}</p>'


def entries(hits: Sequence[Hit], types: Sequence[DisputeType], unknown: int) -> str:
    """Entries that a visitor carried over as a code; the types are buttons to their whole card."""
    told = notice(wording.CODE_UNKNOWN.format(count=unknown)) if unknown else ""
    chips = "".join(f'<button class="type" id="type-{escape(item.type_id)}">{escape(item.name)}</button>' for item in types)
    head = f'<p class="types"><b>{escape(wording.CODE_TYPES)}</b>{chips}</p>' if chips else ""
    items = "".join(_entry_html(hit) for hit in hits)
    body = f"<ol>{items}</ol>" if items else ""
    return f'<article class="card">{told}{head}<section class="part" id="sec-code"><h2>{escape(wording.CODE_TITLE)}</h2>{body}</section></article>'


def _entry_html(hit: Hit) -> str:
    """One entry by itself: which type, which situation or place, what it says."""
    passage = hit.passage
    named = [passage.title, passage.section, *(passage.meta[key] for key in ("chip", "who") if key in passage.meta)]
    tags = "".join(f'<span class="tag">{escape(name)}</span>' for name in dict.fromkeys(named))
    text = _one_block(escape(passage.text))
    return f'<li class="hit {passage.kind.value}">{tags}<span class="say">{text}</span>{_cite_html(hit, on_page=True)}</li>'


def statute_sheet(advice: Advice) -> str:
    """Law lines that were asked for by number, for paper: no buttons, sources written out."""
    law = _section_html("law", advice.sections["law"], advice, on_page=False)
    return f'<article class="sheet paper">{notice(advice.message)}{law}<footer>{escape(wording.PRINT_FOOT)}</footer></article>'


def _body(advice: Advice, votes: bool) -> str:
    danger = _risks_html(advice) + _mediability_html(advice.mediability)
    sections = "".join(_section_html(name, hits, advice, on_page=True) for name, hits in advice.sections.items())
    return danger + (_with_votes(sections) if votes else sections)


def _types_html(advice: Advice) -> str:
    if not advice.types:
        return ""
    label = wording.TYPES_LABEL if advice.status == "ok" else wording.NEAREST_TYPES
    chips = "".join(
        f'<button class="type" id="type-{escape(item.type_id)}">{escape(item.name)}<small>{sureness(score)}</small></button>'
        for item, score in advice.types
    )
    return f'<p class="types"><b>{escape(label)}</b>{chips}</p>'


def _terms_html(advice: Advice) -> str:
    if not advice.terms and not advice.ignored:
        return ""
    means: dict[str, list[str]] = {said: [] for said in sorted(advice.ignored)}
    for said, term in advice.terms:
        means.setdefault(said, []).append(term)
    buttons = "".join(map(_term_html, means, means.values()))
    return f'<p class="terms"><b>{escape(wording.TERMS_LABEL)}</b>{buttons}<small>{escape(wording.TERMS_HINT)}</small></p>'


def _term_html(said: str, terms: Sequence[str]) -> str:
    """One wording as a switch: on with its standard terms, off without."""
    taken_for = f"<small>→ {escape('、'.join(terms))}</small>" if terms else ""
    return f'<button class="term{"" if terms else " off"}">{escape(said)}{taken_for}</button>'


def _risks_html(advice: Advice) -> str:
    risks, doubt = advice.risks, _doubt(advice)
    title = f"<h2>{escape(wording.RISKS_TITLE)}</h2>"
    asked = f'<p class="doubt">{escape(doubt)}</p>' if doubt else ""
    if not risks:
        calm = asked or f"<p>{escape(wording.NO_RISKS)}</p>"
        return f'<section class="risks calm" id="sec-risks">{title}{calm}</section>'
    told = "".join(map(_risk_html, risks)) + _withheld_html(risks) + asked
    return f'<section class="risks" id="sec-risks">{title}{told}</section>'


def _withheld_html(risks: Sequence[Risk]) -> str:
    standing = NO_YIELDING & {risk.risk_id for risk in risks}
    return f'<p class="withheld">{escape(wording.WITHHELD)}</p>' if standing else ""


def _risk_html(risk: Risk) -> str:
    must = "".join(f"<li><b>{escape(wording.RISK_MUST)}</b>{escape(item)}</li>" for item in risk.must)
    never = "".join(f'<li class="never"><b>{escape(wording.RISK_NEVER)}</b>{escape(item)}</li>' for item in risk.never)
    matched = f'<p class="why">{escape(wording.RISK_MATCHED)}：{escape("、".join(risk.matched))}</p>' if risk.matched else ""
    link = f' <a class="source" href="/source/{risk.risk_id}#span" target="_blank">{escape(wording.SOURCE_LINK)}</a>'
    basis = f'<p class="cite">{escape(wording.RISK_BASIS)}：{escape("、".join(risk.basis))}{link}</p>'
    return (
        f'<div class="risk"><h3>■ {escape(risk.name)}</h3><p class="action">{escape(risk.action)}</p>'
        f"<ul>{must}{never}</ul>{matched}{basis}</div>"
    )


def _section_html(name: str, hits: Sequence[Hit], advice: Advice, on_page: bool) -> str:
    hint = wording.SECTION_HINTS.get(name, "")
    title = f"<h2>{escape(wording.SECTION_NAMES[name])}{f'<small>{escape(hint)}</small>' if hint else ''}</h2>"
    items = "".join(_hit_html(hit, advice, on_page) for hit in hits)
    body = f"<ol>{items}</ol>" if items else f'<p class="empty">{escape(_empty(name, advice))}</p>'
    anchor = f' id="sec-{name}"' if on_page else ""  # the paper stands in the same document as the page's card
    return f'<section class="part"{anchor}>{title}{body}</section>'


def _mediability_html(found: Mediability | None) -> str:
    if found is None:
        return ""
    grounds = "".join(f"<li>{escape(hit.passage.text)}{_cite_html(hit, on_page=True)}</li>" for hit in found.grounds)
    referrals = "".join(
        f"<li><b>{escape(hit.passage.meta['who'])}</b>{escape(hit.passage.text)}{_cite_html(hit, on_page=True)}</li>"
        for hit in found.referrals
    )
    names = "、".join(hit.passage.meta["who"] for hit in found.referrals)
    label = f"{escape(wording.REFERRALS_LABEL)}：{escape(names)}"
    referrals = f"<details><summary>{label}</summary><ul>{referrals}</ul></details>" if referrals else ""
    basis = "、".join(map(_law_link, found.basis))
    return (
        f'<section class="mediability {found.verdict}" id="sec-mediability">'
        f"<h2>{escape(wording.MEDIABILITY_TITLE)}<strong>{escape(found.name)}</strong></h2><p>{escape(found.text)}</p>"
        f'<ul>{grounds}</ul>{referrals}<p class="cite">{escape(wording.RISK_BASIS)}：{basis}</p></section>'
    )


def _law_link(hit: Hit) -> str:
    return f'<a class="source" href="{source_path(hit.passage)}" target="_blank">{escape(hit.passage.title)}</a>'


def _hit_html(hit: Hit, advice: Advice, on_page: bool) -> str:
    passage, types = hit.passage, [item for item, _ in advice.types]
    text = _one_block(mark_words(passage.text, hit.why) if on_page else escape(passage.text))
    tag = _type_tag(passage, advice) + _tag_html(passage, types)
    more = "".join(
        f'<p class="more"><b>{escape(wording.META_LABELS[key])}</b>{escape(passage.meta[key])}</p>'
        for key in META_SHOWN.get(passage.kind, ()) if key in passage.meta
    )
    if "avoid" in passage.meta:
        more += f'<p class="avoid"><b>{escape(wording.AVOID_LABEL)}</b>{escape(passage.meta["avoid"])}</p>'
    if passage.kind is Kind.LAW:
        more += f'<p class="badge">{escape(law_badge(passage, advice.law_months))}</p>'
    copy = f'<button class="copy">{escape(wording.COPY)}</button>' if passage.kind is Kind.PHRASING else ""
    return f'<li class="hit {passage.kind.value}">{tag}<span class="say">{text}</span>{copy}{more}{_cite_html(hit, on_page)}</li>'


def _one_block(escaped: str) -> str:
    """Paragraphs kept apart without an empty line, at which Markdown would end the block of HTML."""
    return re.sub(r"\s*\n\s*", "<br>", escaped)


def _type_tag(passage: Passage, advice: Advice) -> str:
    """Which of several quarrels a line is about; nothing where there is only one, or where it is about the first."""
    subject, *others = advice.active or ("",)
    if subject in passage.types or not set(others) & set(passage.types):
        return ""
    names = [item.name for item, _ in advice.types if item.type_id in others and item.type_id in passage.types]
    return f'<span class="tag of-type">{escape(names[0])}</span>' if names else ""


def _tag_html(passage: Passage, types: Sequence[DisputeType]) -> str:
    meta = passage.meta
    if passage.kind is Kind.PHRASING:
        tags = [meta["stage"], wording.SAY_TO.format(side=side_name(passage, types)), meta["setting"]]
    elif passage.kind in (Kind.LAW, Kind.CUSTOM, Kind.CASE, Kind.REDLINE, Kind.GUIDANCE):
        tags = [passage.title]
    elif passage.kind is Kind.SAYING:
        tags = [wording.KIND_NAMES[Kind.SAYING]]
    elif passage.kind is Kind.QUESTION and "risks" in meta:
        tags = [wording.ASK_RISK.format(name=passage.title)]
    else:
        tags = [str(meta[key]) for key in ("role", "who") if key in meta and meta[key] != "要点"]
    if meta.get("state") == UNREVIEWED:
        tags.append(keeper.UNREVIEWED_TAG)
    return "".join(f'<span class="tag">{escape(tag)}</span>' for tag in tags)


def side_name(passage: Passage, types: Sequence[DisputeType]) -> str:
    """How the people of this kind of quarrel are called, 楼下住户; a plain word where a line is for any quarrel."""
    sides = {item.type_id: {"受害或受损方": item.harmed, "先动手或过错方": item.accused} for item in types}
    listener = passage.meta["listener"]
    names = (sides.get(type_id, {}).get(listener, "") for type_id in passage.types)
    return next((name for name in names if name), wording.LISTENER_NAMES[listener])


def law_badge(passage: Passage, law_months: int) -> str:
    """Since when a law line is in force, when it was last checked, and whether that is more than `law_months` ago."""
    meta = passage.meta
    told = [f"{wording.LAW_IN_FORCE} {meta['in_force']}"] if meta.get("in_force") else [meta["version"]]
    told.append(f"{wording.LAW_CHECKED} {meta['checked_on']}")
    if "old_article" in meta:
        told.append(f"{wording.LAW_RENUMBERED} {meta['old_article']}")
    if months_since(meta["checked_on"]) > law_months:
        told.append(wording.LAW_OLD)
    return " · ".join(told)


def months_since(day: str, today: datetime.date | None = None) -> int:
    """Whole calendar months from an ISO date until today."""
    then, now = datetime.date.fromisoformat(day), today or datetime.date.today()
    return 12 * (now.year - then.year) + now.month - then.month


def _cite_html(hit: Hit, on_page: bool) -> str:
    link = f' <a class="source" href="{source_path(hit.passage)}" target="_blank">{escape(wording.SOURCE_LINK)}</a>' if on_page else ""
    link += f' <button class="collect">{escape(wording.COLLECT)}</button>' if on_page else ""
    why = f'<span class="why">{escape(wording.WHY_LABEL)}：{escape("、".join(hit.why))}</span> ' if on_page and hit.why else ""
    return f'<p class="cite">{why}{escape(cite(hit))}{link}</p>'


def source_path(passage: Passage) -> str:
    return f"/source/{quote(passage.passage_id, safe='')}#span"


def mark_words(text: str, words: Sequence[str]) -> str:
    """Escaped text with the given words marked, longest first so that none is marked inside another."""
    if not words:
        return escape(text)
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return "".join(f"<mark>{escape(piece)}</mark>" if odd % 2 else escape(piece) for odd, piece in enumerate(pieces))


def source_page(passage: Passage, document: Document) -> str:
    """The whole source as written, with the passage's span marked: a page of its own."""
    before, after = document.text[: passage.start], document.text[passage.end :]
    told = wording.SOURCE_META.format(file=document.file, source=document.source, date=document.date)
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(document.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{{font:16px/1.8 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;max-width:52rem;margin:1.5rem auto;padding:0 1rem;color:#1c2733}}
pre{{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}}
mark{{background:#ffe08a;padding:.15em .1em;outline:2px solid #c78a00;scroll-margin-top:40vh}}
p{{color:#4a5763}}
</style></head><body>
<h1>{escape(document.title)}</h1><p>{escape(told)}<br>{escape(wording.SOURCE_BACK)}</p>
<pre>{escape(before)}<mark id="span">{escape(passage.text)}</mark>{escape(after)}</pre>
</body></html>"""

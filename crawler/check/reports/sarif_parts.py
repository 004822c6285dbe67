"""The objects of SARIF 2.1.0 that the report is made of: rules, results, notifications."""

import os
import re
from hashlib import sha256
from urllib.parse import quote

from crawler.check.finding import Finding, Place, Result
from crawler.check.reports.words import about, mend_words, said, set_apart_words, since_words, spread, where
from crawler.check.rule import Rule
from crawler.check.rules import FAMILIES
from crawler.check.source_map import Spot
from crawler.check.verdict import Verdict
from crawler.model.findings import Severity
from crawler.watch.words import counted, on_one_line, visible

MOST_CHARACTERS = 1_000
"""Of a message; GitHub shows no more in a list, and nobody reads more."""
_SEVERITIES: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "recommendation"}
"""What GitHub calls them, where a rule is not one of security."""
_FAMILY = {
    rule.id: family.__name__.rpartition(".")[2].replace("_", "-")
    for family in FAMILIES
    for rule in family.RULES
}
_IS_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
"""What SARIF takes for a link in a message (section 3.11.6), if no backslash stands before it."""


def descriptor(rule: Rule, severity: Severity) -> dict[str, object]:
    """A reportingDescriptor; ``severity`` is the one that the rule's findings have."""
    name = "".join(word.capitalize() for word in rule.id.split("-"))
    off = "[check.rules] sets how bad it is, [[check.ignore]] leaves some of it out."
    parts = {"What": rule.what, "Why": rule.why, "How to mend it": rule.mend, "Not for you": off}
    # With a tag "security" GitHub would want a score, and call it a vulnerability.
    family = "transport" if _FAMILY[rule.id] == "security" else _FAMILY[rule.id]
    return {
        "id": rule.id,
        "name": name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {
            "text": "\n\n".join(f"{key}: {words}" for key, words in parts.items()),
            "markdown": "\n\n".join(f"**{key}.** {words}" for key, words in parts.items()),
        },
        "defaultConfiguration": {"level": severity},
        "properties": {
            "tags": ["website", family],
            "precision": "high",
            "problem.severity": _SEVERITIES[severity],
        },
    }


def result_of(finding: Finding, place: Place, spot: Spot, own: str | None, number: int) -> dict[str, object]:
    """A result; its ruleIndex is for the caller to add.

    ``own``: the site's origin; ``number``: which one of its page the place is, from 1.
    """
    region = {
        "startLine": spot.line,
        "startColumn": spot.column,
        "endLine": spot.end_line,
        "endColumn": spot.end_column,
    }
    location = {"artifactLocation": {"uri": uri_of(spot.file)}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": finding.severity,
        "message": {"text": _message(finding, place)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"primaryLocationLineHash": f"{_hash(finding, place, own)}:{number}"},
    }


def uri_of(file: str) -> str:
    """The path of a file as a relative reference (RFC 3986, section 4.2): no first segment has a colon."""
    return quote(os.fsencode(file))


def notifications(result: Result, verdict: Verdict, left_out: str) -> list[dict[str, object]]:
    """What is to be known of the check as a whole."""
    found: list[tuple[str, str]] = []
    if verdict.exit_code not in (0, 1):
        found.append(("error", f"{verdict.reason}: what was found so far is no verdict"))
    if result.pages_missing is not None:
        found.append(("error", f"{counted(result.pages_missing, 'page')} fewer than check.min_pages"))
    if result.coverage:
        found.append(("warning", on_one_line(result.coverage)))
    if left_out:
        found.append(("warning", left_out))
    for each in result.unverified:
        references = counted(each.references, "reference")
        such = f"such as {visible(each.example)}"
        found.append(("note", f"not verified: {references} ({each.reason}), {such}"))
    found += [("note", words) for words in set_apart_words(result)]
    return [{"level": level, "message": {"text": _plain(text)}} for level, text in found]


def _message(finding: Finding, place: Place) -> str:
    """Sentences; GitHub shows the first alone where there is little room."""
    sentences = [f"{visible(finding.target)}: {said(finding)}"]
    sentences.append(": ".join([f"In {visible(where(place))}", *filter(None, [" ".join(about(place))])]))
    if finding.places_count > 1:
        sentences.append(f"One of {spread(finding)}")
    if finding.since:
        sentences.append(_begun(since_words(finding.since)))
    if finding.mend:
        sentences.append(_begun(mend_words(finding.mend)))
    text = " ".join(f"{words.rstrip('.')}." for words in sentences)
    return _plain(text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…")


def _plain(text: str) -> str:
    """``text`` in which nothing is a link that a site has made up."""
    return _IS_LINK.sub(r"\\[", text)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _hash(finding: Finding, place: Place, own: str | None) -> str:
    """Of rule, target and page, without what a staging host or a move of lines would change."""
    parts = finding.rule, _own_path(finding.target, own), _own_path(place.page, own)
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _own_path(url: str, own: str | None) -> str:
    return url[len(own) :] if own and url.startswith(f"{own}/") else url

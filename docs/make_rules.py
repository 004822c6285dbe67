"""Make ``docs/rules.md`` and a page of ``docs/rules/`` for each rule of a check, from the rules themselves.

``python -m docs`` writes them; a test compares them with what the rules are now.
"""

from collections.abc import Iterable

from crawler.check.rule import Rule
from crawler.check.rules import RULES
from crawler.model.findings import SEVERITIES

_MADE = "Made by `docs/make_rules.py` from the rules; a test checks that it is current."
_INDEX = f"""\
# Rules of a check

What [`crawler check`](check.md) looks for, {{count}} rules. {_MADE}

Of each, `[check.rules]` in the [configuration](configuration.md) says how bad it is: `error`, `warning`,
`note`, or `off`, which switches it off. `--fail-on` says which of them make a check fail.

```toml
[check.rules]
missing-alt = "error"
orphan = "off"
```
"""
_PAGE = """\
# {rule.title}

Rule `{rule.id}`, {severity} unless `[check.rules]` says otherwise. All of them: [rules](../rules.md).

**What.** {rule.what}

**Why.** {rule.why}

**How to mend it.** {rule.mend}

## To switch it off, or to ignore some of it

```toml
[check.rules]
{rule.id} = "off"                 # or "error", "warning", "note"

[[check.ignore]]
rule = "{rule.id}"
url = "^https://example\\\\.com/old/"   # a regular expression, searched in what is at fault and in the page
reason = "say why, for who comes after you"
```

With `--set check.rules.{rule.id}=off` it is off for one check. More: [checking a site](../check.md).
"""


def make() -> dict[str, str]:
    """The text of each page, by its path below docs/."""
    return {"rules.md": _index(), **{f"rules/{rule.id}.md": _page(rule) for rule in RULES}}


def _index() -> str:
    parts = [_INDEX.format(count=len(RULES))]
    for severity in SEVERITIES:
        rules = [rule for rule in RULES if rule.severity == severity]
        parts.append(f"\n## {severity.capitalize()}s\n\n| rule | finds |\n| --- | --- |\n{_rows(rules)}")
    return "".join(parts)


def _rows(rules: Iterable[Rule]) -> str:
    return "".join(f"| [`{rule.id}`](rules/{rule.id}.md) | {_cell(rule.what)} |\n" for rule in rules)


def _page(rule: Rule) -> str:
    severity = f"{'an' if rule.severity == 'error' else 'a'} {rule.severity}"
    return _PAGE.format(rule=rule, severity=severity)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")

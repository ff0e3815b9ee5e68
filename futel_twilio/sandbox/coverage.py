"""What the sandbox does, and the evidence for it: `python -m futel_twilio.sandbox.coverage` writes it.

COVERAGE.md is made from the tables, and its guesses from the words that follow GUESS in the source.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.sandbox.engine.handlers import COLLECTION, ITEM
from futel_twilio.sandbox.everywhere import ABSENT, EVERYWHERE, RECORDED, Line
from futel_twilio.sandbox.experiments import catalogue
from futel_twilio.sandbox.http.faults import FAULT_KINDS
from futel_twilio.sandbox.http.registry import ENDPOINTS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from futel_twilio.sandbox.engine.tables import Resource

FILE = "COVERAGE.md"
HERE = Path(__file__).parent
MARK = "GUESS" + ":"
INTRODUCTION = """# What the sandbox does, and what it rests on

`python -m futel_twilio.sandbox.coverage` makes this file from the sandbox's tables. A test fails when it is not
current.

The evidence for each behaviour is one of: `spec` (Twilio's OpenAPI document), `example` (an official example),
`recording` (an answer of Twilio, kept by somebody), `live` (seen by somebody), `documented` (in Twilio's
documentation), `guess`.
An operation may rest on the specification although a detail of it is a guess. The last table lists the guesses.

Sources: `api_v2010`, `voice_v1`, `monitor_v1` and `events_v1` are Twilio's OpenAPI documents
(github.com/twilio/twilio-oai), `examples` the answers in them; `docs:` is a page of twilio.com/docs, and
`error dictionary` its list of errors; `live log` is what others wrote down of their tests
(github.com/wittyreference/twilio-claude-plugin, March 2026); `recorded:` is an answer that stands in the tests or the
documentation of the project named; `users:` is what users of Twilio reported in the issues named.

What is named under `Tried by` and `Experiment` is code: `futel_twilio/sandbox/experiments/`, one module for each
resource. `nox -s parity` runs it here and at Twilio and says where the two differ. It costs nothing, and a trial
account should be enough. What would cost money or could do harm is not run, and the table says why.
"""

RECORDED_ERRORS = f"""Of Twilio's error bodies {RECORDED} are known to be recorded. The sandbox gives each of them
to the letter: `tests/sandbox/test_recorded.py`.
"""

DESCRIBED = """The sandbox answers a path or a method that it lacks with Twilio's 404 or 405. It adds what Twilio does
not: a header `X-Sandbox`, and a `note` in the request log.

A search for numbers offers made-up ones. A request may also buy any other valid number of the same countries, unless
the setting `sold_out` matches it: so you can rehearse with your own numbers. Which numbers Twilio has is unknown here.
"""


def operations() -> list[Line]:
    """Every operation: what is sent, evidence, source."""
    lines: list[Line] = []
    for resource in RESOURCES:
        for verbs, item in ((COLLECTION, ""), (ITEM, "/<sid>")):
            place = f"{resource.path}{item}{resource.suffix}"
            lines += [
                (verb, f"`{method} {place}`", resource.evidence, resource.source)
                for method, verb in verbs.items()
                if verb in resource.verbs
            ]
    for row in ENDPOINTS:
        lines += [
            ("", f"`{method} {row.path}{row.suffix}`", row.evidence, row.source) for method in row.methods
        ]
    return lines


def behaviours(resource: Resource) -> Iterator[Line]:
    """What one table does beyond its operations: rules, names taken, limits, filters, special fields."""
    for rule in resource.rules:
        yield f"{rule.says} ({', '.join(rule.on)})", rule.evidence, rule.source
    for unique in resource.uniques:
        refusal = unique.refuse("...")
        scope = "in the whole of Twilio" if unique.scope == "global" else f"in its {unique.scope}"
        says = f"{refusal.status}/{refusal.code} for a `{unique.field}` that is taken {scope}"
        yield says, unique.evidence, unique.source
    if resource.limit is not None:
        limit = resource.limit
        says = f"{limit.refusal.status}/{limit.refusal.code} beyond {limit.most} in its {limit.scope}"
        yield says, limit.evidence, limit.source
    if resource.newest_first is not None:
        yield (
            "listed from the newest to the oldest",
            resource.newest_first.evidence,
            resource.newest_first.source,
        )
    for row in resource.filters:
        yield f"filter `{row.param}`", row.evidence, row.source or resource.source
    for field in resource.fields:
        if field.evidence != "spec":
            yield f"field `{field.name}`", field.evidence, field.source or resource.source


def rules() -> list[Line]:
    """Every behaviour of every table: the table, the behaviour, evidence, source, and what tries it."""
    return [
        (table, says, evidence, source, ", ".join(f"`{one.name}`" for one in catalogue.trying(table, says)))
        for resource in RESOURCES
        for table in [_name(resource)]
        for says, evidence, source in behaviours(resource)
    ]


def guesses() -> list[Line]:
    """Every guess of the source: the file, the guess, and the experiment that would settle it."""
    found: list[Line] = []
    for path in sorted(HERE.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if MARK in line:
                words = _sentence(lines[number:])
                found.append((path.stem, words, catalogue.describe(catalogue.settling(path.stem, words))))
    return found


def _sentence(lines: Sequence[str]) -> str:
    """From the mark to the end of its comment, or of its paragraph in a docstring."""
    first = lines[0].strip()
    words = [first.partition(MARK)[2]]
    for line in lines[1:] if '"""' not in words[0] else []:
        text = line.strip()
        if (first.startswith("#") and not text.startswith("#")) or text in {"", '"""'}:
            break
        words.append(text.lstrip("# "))
    return " ".join(" ".join(words).replace('"""', "").split())


def document() -> str:
    """The whole of COVERAGE.md."""
    done, unsure = operations(), guesses()
    counted = Counter(line[2] for line in done)
    tally = ", ".join(f"{number} {evidence}" for evidence, number in sorted(counted.items()))
    parts = [INTRODUCTION, f"## Operations: {len(done)} ({tally})\n"]
    parts.append(_table(("", "Request", "Evidence", "Source"), done))
    parts.append(f"## Everywhere\n\n{RECORDED_ERRORS}")
    parts.append(_table(("Behaviour", "Evidence", "Source"), EVERYWHERE))
    parts.append("## Rules, limits, filters and fields\n")
    parts.append(_table(("Table", "Behaviour", "Evidence", "Source", "Tried by"), rules()))
    parts.append("## Faults on demand\n")
    parts.append(_table(("Fault", "What happens"), [(name, row.says) for name, row in FAULT_KINDS.items()]))
    parts.append(f"## Not here\n\n{DESCRIBED}")
    parts.append(_table(("What", "Why"), ABSENT))
    parts.append(f"## Guesses: {len(unsure)}\n\nWhat would settle each.\n")
    parts.append(_table(("File", "Guess", "Experiment"), unsure))
    return "\n".join(parts)


def _name(resource: Resource) -> str:
    return re.sub(r"^.*?(Accounts/<account>/|/v1/)", "", resource.path)


def _table(head: Line, rows: Sequence[Line]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    plain = text.replace("|", "\\|")
    return plain if "`" in plain else plain.replace("<", "&lt;")


def main(argv: Sequence[str]) -> int:
    """Write the file named, or COVERAGE.md here."""
    file = Path(argv[0] if argv else FILE)
    try:
        file.write_text(document(), encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"{file} cannot be written: {error.strerror}. Name another file.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

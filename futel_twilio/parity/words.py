"""What is said before a run and after it: what it will make, what it is not, and where the two sides differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from futel_twilio.resources.labels import Table
from futel_twilio.sandbox.experiments.table import FLAGS, Experiment
from futel_twilio.sandbox.experiments.unrun import UNRUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from futel_twilio.config.connection import Connection
    from futel_twilio.parity.trial import Outcome

WIDEST = 60
PLURALS = {"address": "addresses", "IP address": "IP addresses"}


def before(
    settings: Connection, run: Sequence[Experiment], lacking: Sequence[Experiment], left: Sequence[str]
) -> tuple[str, ...]:
    """Where, what is made, what it costs, and what is not run."""
    made = Counter[str]()
    for one in run:
        made.update(one.makes)
    lines = [
        f"{len(run)} experiments on the sandbox and on {settings.target}, account {settings.account_sid}",
        f"  with the credentials from {settings.source}.",
        "They make, and remove again, at most:",
        *(f"  {count} {_plural(kind, count)}" for kind, count in sorted(made.items())),
        "Cost: nothing. No number is bought, nobody is called, no message is sent.",
        "A trial account can do all of it, as far as is known; what it is refused, the table says.",
    ]
    if left:
        lines += ["First these are removed, which an earlier run left:", *(f"  {path}" for path in left)]
    return (*lines, *not_run(lacking))


def not_run(lacking: Sequence[Experiment]) -> tuple[str, ...]:
    """What is not run: for want of something, or for its price."""
    lines = [f"  {one.name}: needs {one.needs} ({FLAGS[one.needs]})" for one in lacking]
    lines += [f"  {one.name}: would cost {one.costs}" for one in UNRUN]
    return ("Not run:", *lines)


def _plural(kind: str, count: int) -> str:
    if count == 1:
        return kind
    if kind.startswith("mapping"):
        return kind.replace("mapping", "mappings", 1)
    return PLURALS.get(kind, f"{kind}s")


def table(outcomes: Sequence[Outcome], other: str) -> Table:
    """One row for each experiment that went the same way, one for each step that did not."""
    rows: list[tuple[str, ...]] = []
    for one in outcomes:
        if one.failure:
            rows.append((one.name, "", one.failure, "not answered"))
        elif one.differences:
            rows += [
                (f"{one.name}: {step}", _short(ours), _short(theirs), "DIFFERENT")
                for step, ours, theirs in one.differences
            ]
        else:
            rows.append((one.name, _first(one), _first(one), "same"))
    return Table(("experiment", "sandbox said", f"{other} said", ""), tuple(rows))


def _first(outcome: Outcome) -> str:
    """The first answer, and how many more there were."""
    said = outcome.ours[0].said if outcome.ours else "nothing"
    more = f" (and {len(outcome.ours) - 1} more)" if len(outcome.ours) > 1 else ""
    return _short(said, WIDEST - len(more)) + more


def _short(text: str, longest: int = WIDEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many went which way, in one sentence."""
    differing = sum(bool(one.differences) for one in outcomes)
    failed = sum(bool(one.failure) for one in outcomes)
    words = (
        f"{len(outcomes)} experiments: {len(outcomes) - differing - failed} the same, {differing} different"
    )
    return f"{words}, {failed} not answered." if failed else f"{words}."


def as_json(outcomes: Sequence[Outcome], problems: Sequence[str]) -> dict[str, Any]:
    """The same for machines, whole."""
    return {
        "experiments": [
            {
                "name": one.name,
                "result": "not answered" if one.failure else "different" if one.differences else "same",
                "failure": one.failure or None,
                "sandbox": [observation.line for observation in one.ours],
                "server": [observation.line for observation in one.theirs],
                "differences": [
                    {"step": step, "sandbox": ours, "server": theirs}
                    for step, ours, theirs in one.differences
                ],
            }
            for one in outcomes
        ],
        "problems": list(problems),
    }

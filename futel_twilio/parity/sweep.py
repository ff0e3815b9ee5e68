"""Remove what the run made, by its ledger, and what an earlier run left, by its mark.

It removes a resource only in three cases. The ledger says that this run made it. Or it carries the mark of a
parity run. Or its kind cannot carry a mark: then it was made in the minute in which the answer to a create was
lost, and was not there before.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from futel_twilio.parity import census
from futel_twilio.sandbox.experiments.guard import KINDS, SID
from futel_twilio.sandbox.experiments.lab import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from futel_twilio.parity.ledger import Wanted
    from futel_twilio.parity.side import Side

PASSES = 5
NOT_THERE = 404
AROUND_SECONDS = 120.0
ORDER = [kind.path.removesuffix(".json") for kind in KINDS]
ACCOUNT = re.compile(r"^/2010-04-01/Accounts/AC[0-9a-fA-F]{32}")


@dataclass
class Swept:
    """What came of a removal: what is gone, and what would not go, with what was said."""

    gone: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    def add(self, later: Swept) -> None:
        """What a later removal came to: it may have taken what an earlier one could not."""
        self.gone += later.gone
        self.left = {path: said for path, said in (self.left | later.left).items() if path not in self.gone}


def everything(side: Side, taken: census.Census | None = None, passes: int = PASSES) -> Swept:
    """Remove what the ledger says was made; what it is not sure of, and what is marked, is looked for.

    Args:
        side: where.
        taken: what there is; None: look only if the ledger is not sure, and only for this run's things.
        passes: how often what is refused is tried again.
    """
    unsure = list(side.ledger.unsettled())
    swept = Swept()
    if taken is not None:
        swept = marked(side, taken.marked, passes)
    swept.add(remove(side, side.ledger.there(), passes))
    if unsure and taken is None:
        found = census.take(side).marked
        swept.add(marked(side, [path for path, mark in found.items() if mark == side.mark], passes))
    swept.add(remove(side, [path for _, wanted in unsure for path in _unmarked(side, wanted)], passes))
    for number, _ in unsure:
        side.ledger.refused(number)
    return swept


def marked(side: Side, paths: Iterable[str], passes: int = PASSES) -> Swept:
    """Remove things that carry a mark, whichever run's: what is mapped first, owners last."""
    ours = [path for path in reversed(list(paths)) if is_makeable(path)]
    return remove(side, sorted(ours, key=_rank), passes)


def is_makeable(path: str) -> bool:
    """Whether a run could have made it: a number that was lent may carry a mark, and is never removed."""
    return _rank(path) < len(ORDER)


def remove(side: Side, paths: list[str], passes: int = PASSES) -> Swept:
    """Delete things in this order; what is refused is tried again once the rest is gone."""
    swept = Swept()
    for number in range(passes):
        if not paths:
            break
        if number:
            time.sleep(side.pause * number)
        paths = [path for path in paths if not _delete(side, path, swept)]
    return swept


def _delete(side: Side, path: str, swept: Swept) -> bool:
    side.traffic.adopt(SID.findall(path))
    answer = side.ask("DELETE", path)
    if answer.status >= REFUSED and answer.status != NOT_THERE:
        body = answer.body if isinstance(answer.body, dict) else {}
        swept.left[path] = f"HTTP {answer.status}, {body.get('code')} {body.get('message')}"
        return False
    if answer.status == NOT_THERE:
        side.ledger.gone(path)
    swept.left.pop(path, None)
    swept.gone.append(path)
    return True


def _rank(path: str) -> int:
    """Where the kind of a thing stands among the kinds: what lives in others, and what holds others, first."""
    collection = ACCOUNT.sub("", path).removesuffix(".json").rpartition("/")[0]
    place = SID.sub("{}", collection)
    return ORDER.index(place) if place in ORDER else len(ORDER)


def _unmarked(side: Side, wanted: Wanted) -> Iterator[str]:
    """What may be the thing whose create was not answered, if it carries no mark."""
    if wanted.marked:
        return
    kind = next(kind for kind in KINDS if kind.pattern.fullmatch(wanted.collection))
    for item in side.items(wanted.collection, kind.key):
        name = str(item[kind.names])
        if name not in wanted.known and abs(_moment(item) - wanted.at) < AROUND_SECONDS:
            yield census.item_of(wanted.collection, name)


def _moment(item: dict[str, Any]) -> float:
    text = str(item.get("date_created"))
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return datetime.fromisoformat(text).timestamp()

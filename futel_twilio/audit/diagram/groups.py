"""Group the phones of a diagram by SIP domain and number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from futel_twilio.audit.results import Audit, Node

NUMBERS = ("number", "external")


@dataclass(frozen=True)
class Chain:
    """The phones of a group that call from one number, that number, and the address that it tells 911.

    A number stands in one chain alone; where phones of another group call from it, that chain has none.
    """

    phones: tuple[Node, ...]
    number: Node | None = None
    address: Node | None = None

    @property
    def boxes(self) -> tuple[Node, ...]:
        return tuple(box for box in (*self.phones, self.number, self.address) if box)

    @property
    def links(self) -> Iterator[tuple[str, str]]:
        """The arrows that the chain itself shows, by the keys of their ends."""
        for box in self.phones if self.number else ():
            yield box.key, self.number.key  # type: ignore[union-attr]  # there is one
        if self.number and self.address:
            yield self.number.key, self.address.key


@dataclass(frozen=True)
class Group:
    """The phones of one environment that register with one SIP domain, or with none.

    Attributes:
        domain: the key of its box; empty for none.
        title: what stands above them.
        application: the key of the application that answers most of their numbers; empty for none.
    """

    environment: str
    domain: str
    title: str
    chains: tuple[Chain, ...]
    application: str

    @property
    def key(self) -> str:
        return f"group:{self.environment}:{self.domain}"

    @property
    def caption(self) -> str:
        """What stands below the title."""
        has_address = any(chain.address for chain in self.chains)
        return "phone → number → 911 address" if has_address else "phone → number"


Targets = dict[str, list["Node"]]


def of(audit: Audit) -> tuple[Group, ...]:
    """The groups of an audit, by environment, and within one in the order of the SIP domains."""
    boxes = {box.key: box for box in audit.nodes}
    to: Targets = {}
    for arrow in audit.edges:
        if arrow.end in boxes and arrow.end != arrow.start:
            to.setdefault(arrow.start, []).append(boxes[arrow.end])
    gathered: dict[tuple[str, str], list[Node]] = {}
    for box in audit.nodes:
        domain, number = _first(to, box, ("domain",)), _first(to, box, NUMBERS)
        if box.row == "phone" and (domain or number):
            gathered.setdefault((box.environment, domain.key if domain else ""), []).append(box)
    taken: set[str] = set()
    order = {name: at for at, name in enumerate((*audit.environments, *boxes))}
    ranked = sorted(gathered, key=lambda one: tuple(order.get(name, len(order)) for name in one))
    return tuple(_group(one, gathered[one], boxes, to, taken) for one in ranked)


def _group(
    one: tuple[str, str], found: list[Node], boxes: dict[str, Node], to: Targets, taken: set[str]
) -> Group:
    environment, domain = one
    chains = _chains(found, to, taken)
    answering = Counter(
        app.key
        for chain in chains
        if chain.number
        for app in to.get(chain.number.key, ())
        if app.row == "application"
    )
    count = "1 phone" if len(found) == 1 else f"{len(found)} phones"
    where = f"at {boxes[domain].label}" if domain else "without a SIP domain"
    application = answering.most_common(1)[0][0] if answering else ""
    return Group(environment, domain, f"{count} {where}", chains, application)


def _chains(found: list[Node], to: Targets, taken: set[str]) -> tuple[Chain, ...]:
    """Those of one phone first, then those that share a number."""
    by_number: dict[str, tuple[Node | None, list[Node]]] = {}
    for phone in found:
        number = _first(to, phone, NUMBERS, taken)
        by_number.setdefault(number.key if number else phone.key, (number, []))[1].append(phone)
    chains = []
    for number, sharing in by_number.values():
        address = _first(to, number, ("address",), taken) if number else None
        chains.append(Chain(tuple(sharing), number, address))
        taken.update(box.key for box in chains[-1].boxes)
    return tuple(sorted(chains, key=lambda chain: len(chain.phones) > 1))


def _first(to: Targets, start: Node, rows: tuple[str, ...], taken: Collection[str] = ()) -> Node | None:
    return next((box for box in to.get(start.key, ()) if box.row in rows and box.key not in taken), None)

"""The sandbox against a simple model: any order of operations, two servers, two accounts; more in `nox -s fuzz`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from futel_twilio.sandbox.engine import audit_events, handlers
from futel_twilio.sandbox.storage.store import Store
from tests.support.machine import Machine
from tests.support.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable


ANY = settings(
    max_examples=examples(30),
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FIRST = settings(ANY, max_examples=200, phases=[Phase.generate], print_blob=False, report_multiple_bugs=False)


def test_any_order_of_operations() -> None:
    """Whatever is done in whatever order: lists, refusals, states and events are as the model says."""
    run_state_machine_as_test(Machine, settings=ANY)


def judge_no_delete(resource: Any, verb: str, change: Any) -> None:
    for rule in resource.rules:
        if verb in rule.on and verb != "delete":
            rule.judge(change)


def begin_before(self: Store, place: Any, conditions: Any = (), *, after: int = 0, **rest: Any) -> Any:
    return SELECT(self, place, conditions, after=max(0, after - 1), **rest)


def remove_alone(self: Store, row: Any) -> None:
    self.db.execute("DELETE FROM resource WHERE seq = ?", (row.seq,))


SELECT = Store.select


@pytest.mark.parametrize(
    ("where", "name", "planted"),
    [
        (handlers, "_judge", judge_no_delete),
        (Store, "holder", lambda _self, _key: None),
        (Store, "select", begin_before),
        (audit_events, "record", lambda *_args: None),
        (Store, "remove", remove_alone),
    ],
)
def test_what_is_planted_is_found(
    where: Any, name: str, planted: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dangling mapping, a name had twice, a row shown twice, a lost event, what outlives its list: found."""
    monkeypatch.setattr(where, name, planted)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=FIRST)

"""The sandbox killed under a load of writes: a few times here, 200 times in `nox -s kills`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from futel_twilio.sandbox.server import Sandbox
from tests.support.killing import Toll, run
from tests.support.sandbox import GOOD_PASSWORD, sdk
from tests.support.wholeness import faults_of, read

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_acknowledged_outlives_every_kill() -> None:
    """Two servers on one file, killed again and again: nothing acknowledged is lost, and nothing is half there."""
    toll = Toll()
    run(6, 7, toll)
    assert (toll.lost, toll.half, toll.other) == ([], [], [])
    assert toll.kills >= 6
    assert toll.acknowledged > 6


def test_a_server_that_forgets_is_found_out() -> None:
    """A server that answers before it commits is found each time: it loses what it acknowledged.

    A delete that it forgets shows as something that should be gone, and the first finding ends a run.
    """
    lost = False
    for seed in range(7, 17):
        toll = Toll()
        run(20, seed, toll, servers=1, module="tests.support.forgetful_server")
        assert not toll.is_clean
        lost = lost or bool(toll.lost)
        if lost:
            break
    assert lost


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state file with something of everything that is looked at."""
    file = tmp_path / "state.db"
    with Sandbox(file) as box, sdk(box.url) as client:
        users = client.sip.credential_lists.create(friendly_name="phones")
        client.sip.credential_lists(users.sid).credentials.create("u", GOOD_PASSWORD)
        domain = client.sip.domains.create(domain_name="A.sip.twilio.com")
        domain.auth.calls.credential_list_mappings.create(users.sid)
        domain.auth.registrations.credential_list_mappings.create(users.sid)
        client.applications.create(friendly_name="one").update(friendly_name="two")
        client.applications.create(friendly_name="gone").delete()
    return file


def test_a_whole_state(state: Path) -> None:
    """What the sandbox itself writes is whole."""
    found = read(state)
    assert (len(found.rows), len(found.events), faults_of(found)) == (6, 9, [])


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("DELETE FROM natural WHERE kind = 'domain'", "a row without its natural key: ('domain', "),
        ("UPDATE natural SET value = 'b' WHERE kind = 'credential'", "a natural key without its row: ('cred"),
        ("DELETE FROM resource WHERE kind = 'domain'", ".json without its domain"),
        ("DELETE FROM resource WHERE kind = 'credential_list'", ".json without its credential_list"),
        ("DELETE FROM resource WHERE kind = 'application'", "an event without its change: "),
        ("DELETE FROM resource WHERE kind = 'event' AND body LIKE '%sip-domain.created%'", "a change without its"),
        ("DELETE FROM resource WHERE kind = 'event' AND body LIKE '%application.created%'", "out of turn"),
        ("UPDATE resource SET body = json_set(body, '$.friendly_name', 'x')", "as its events tell: friendly_name"),
        ("UPDATE counter SET n = n - 1 WHERE prefix = 'SD'", "could be given again"),
        ("UPDATE resource SET sid = 'AP83ebae70000000000000000000000001' WHERE kind = 'credential'", "given twice"),
        ("DELETE FROM request WHERE id = 1", "8 successes are logged, and 9 events"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM resource WHERE kind = 'domain'", "keys without their rows"),
    ],
)  # fmt: skip
def test_whatever_is_half_there_is_found(damage: str, fault: str, state: Path) -> None:
    """Each thing that could be half there, taken apart by hand, is found."""
    with closing(sqlite3.connect(state)) as db:
        db.executescript(damage if damage.startswith("PRAGMA") else f"PRAGMA foreign_keys = ON; {damage}")
    assert any(fault in found for found in faults_of(read(state)))

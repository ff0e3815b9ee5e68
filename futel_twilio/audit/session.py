"""What one audit looks at: the desired state, the account or its cassette, and the acceptances."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from futel_twilio.audit import account_data, account_reader, cassettes
from futel_twilio.audit.acceptance import acceptances
from futel_twilio.config import connection, estate, variables
from futel_twilio.errors import BadInput, both
from futel_twilio.passwords.ledger import LEDGER_FILE, Ledger, LedgerEntry
from futel_twilio.plan.changes import Scope
from futel_twilio.resources import labels
from futel_twilio.text import shown, with_profile
from futel_twilio.twilio_api.client import Api
from futel_twilio.workspace import connect, refuse_another_account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from futel_twilio.audit.acceptance.accepted_value import Found
    from futel_twilio.audit.account_data import AccountData
    from futel_twilio.audit.results import Check
    from futel_twilio.config.connection import Connection
    from futel_twilio.resources.phones import Address
    from futel_twilio.resources.state import AccountState

CASSETTES = "cassettes"
ACCEPTED = "accepted.toml"
TOLD_AT_MOST = 5


def narrowed(desired: AccountState, env: str | None) -> AccountState:
    """The desired state of one environment and of what all share; of all environments if none is named.

    Raises:
        BadInput: the estate has no environment of that name.
    """
    if env is None:
        return desired
    estate.require_environment(env, (environment.name for environment in desired.environments))
    of_env = replace(
        desired,
        environments=tuple(e for e in desired.environments if e.name == env),
        applications=tuple(a for a in desired.applications if a.environment == env),
        domains=tuple(d for d in desired.domains if d.environment == env),
    )
    return estate.with_clients(of_env, tuple(c for c in desired.clients if c.environment == env))


def cassette(directory: Path, env: str | None) -> Path:
    """The cassette of an environment, or of all; of this directory, else of the project."""
    home = directory / CASSETTES if (directory / CASSETTES).is_dir() else estate.PROJECT / CASSETTES
    own = home / f"account-{env}.yaml"
    return own if env and own.exists() else home / "account.yaml"


@dataclass
class AuditSession:
    """What a run of the checks looks at, and what it found.

    Attributes:
        desired_all: the desired state of all environments.
        desired: the desired state of the environment that was named.
        scope: how far the plan is asked for.
        settings: the account, where it is looked at live; None for a cassette.
        directory: where estate.toml, accepted.toml and the cassettes are looked for first.
        acceptances: the findings that are accepted for now.
        seen: the account, once it was read.
        source: what was looked at, in words.
        notes: what a reader should know besides the findings.
        profile: the profile that was given, which every command of a remedy carries.
        values: of each check that did not hold, what was found, as it can be accepted.
    """

    desired_all: AccountState
    desired: AccountState
    scope: Scope
    settings: Connection | None
    directory: Path
    env: str | None
    acceptances: tuple[acceptances.Acceptance, ...] = ()
    seen: AccountData | None = None
    source: str = ""
    notes: list[str] = field(default_factory=list)
    profile: str | None = None
    values: dict[str, Found] = field(default_factory=dict)

    @classmethod
    def of(
        cls, env: str | None, profile: str | None, *, live: bool, directory: Path | None = None
    ) -> AuditSession:
        """What the flags name.

        Raises:
            BadInput: a file, an environment or the credentials have faults.
            Refused: the estate belongs to another account.
        """
        directory = directory or variables.here()
        estate_file = estate.estate_file_of(directory)
        desired, found = both(
            lambda: estate.load_estate(estate_file),
            lambda: connection.resolve_connection(profile, directory=directory) if live else None,
        )
        if found is not None:
            refuse_another_account(desired, found)
        elif profile is not None:
            raise BadInput("--profile names an account, and without --live none is looked at.", "Add --live.")
        narrow = narrowed(desired, env)
        scope = Scope(environments=(env,) if env else None)
        return cls(desired, narrow, scope, found, directory, env, profile=profile)

    def accept(self, functions: Sequence[str]) -> None:
        """Read accepted.toml; `functions` are the names of all checks, without what they are asked about."""
        self.acceptances = acceptances.load(
            accepted_file(self.directory), names_of(self.desired_all, functions)
        )

    def look(self) -> AccountData:
        """The account, live or from the cassette; read once.

        Raises:
            TwilioError: it could not be read.
            BadInput: the cassette is missing, broken, or of another estate.
        """
        if self.seen is None:
            self.seen = self._live(self.settings) if self.settings else self._recorded()
        return self.seen

    def _live(self, found: Connection) -> AccountData:
        self.source = f"live: {'the sandbox' if found.is_sandbox else 'Twilio'}"
        with connect(found, self.directory) as api:
            return account_reader.read_account_data(api, self.desired)

    def _recorded(self) -> AccountData:
        path = cassette(self.directory, self.env)
        desired = self.desired if path.stem != "account" else self.desired_all
        with cassettes.replay(path, desired, self.desired_all) as label:
            api = Api(connection.replayed(), at_once=cassettes.AT_ONCE)
            seen = account_reader.read_account_data(api, self.desired)
            api.close()
        self.source = f"cassette of {label.recorded} ({label.source}, version {label.version})"
        if label.age_days > cassettes.OLD_AFTER_DAYS:
            self.notes.append(
                f"The cassette is {label.age_days} days old: record it anew with `invoke record`, or look with --live."
            )
        noon = datetime.combine(label.recorded, time(12), UTC)
        return replace(seen, by_key=label.by_key, read_at=noon)

    def addresses(self) -> Iterator[Address]:
        """Every address that may stand in what is found."""
        yield from self.desired_all.addresses
        if self.seen:
            yield from self.seen.state.addresses
            yield from self.seen.held.values()

    def completed(self, text: str) -> str:
        """Words in which each command carries the profile: pasted, it reaches the account that was looked at."""
        return with_profile(text, self.profile)

    @cached_property
    def ledger(self) -> dict[str, LedgerEntry]:
        """When this tool last gave out a password, by credential; empty where no account is looked at live."""
        if self.settings is None:
            return {}
        path = estate.estate_file_of(self.directory).with_name(LEDGER_FILE)
        entries = Ledger(path, self.settings.account_sid).last()
        return {name: one for name, one in entries.items() if one.event != "deleted" and one.twilio_at}

    def asks_for(self, key: str, thing: Any) -> bool:
        """Whether a check is asked of a thing, by the key that its claim names."""
        if key == "clients":
            return bool(self.desired_all.clients_credential_list)
        if key == "ledger":
            return thing is not None and thing.name in self.ledger
        return bool(getattr(self.desired.account, key))


def accepted_file(directory: Path) -> Path:
    """The acceptances that go with the estate file of a directory."""
    return estate.estate_file_of(directory).with_name(ACCEPTED)


def names_of(desired: AccountState, functions: Sequence[str]) -> set[str]:
    """The names that checks can have, those of other environments included."""
    things = (*desired.resources(), *desired.environments, *labels.external_numbers(desired))
    named = [
        *map(labels.subject_of, things),
        *map(labels.emergency_subject, desired.clients),
        *account_data.ALERTS,
    ]
    return {*functions, *(f"{check}[{subject}]" for check in functions for subject in named)}


def lines_of(check: Check) -> tuple[str, ...]:
    """A finding as lines for the terminal."""
    said = (
        ("expected", check.expected),
        ("found", check.found),
        ("changed", check.changed_by),
        ("accepted", check.accepted),
        ("remedy", check.remedy),
    )
    return tuple(
        map(
            shown,
            (
                f"{check.name}: {check.headline}",
                *(f"  {word + ':':<10}{text}" for word, text in said if text),
            ),
        )
    )

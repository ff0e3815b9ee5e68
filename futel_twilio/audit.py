"""One audit: what is looked at and how, each check judged, and the whole run from Python.

The checks themselves are `checks/`, which `suite` loads; this is what stands between them and the account.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from futel_twilio import (
    accepted,
    accepted_value,
    account,
    desired,
    evidence,
    letters,
    phones,
    scene,
    settings,
    subjects,
    suite,
    tape,
)
from futel_twilio.accepted_value import Found
from futel_twilio.change import Scope
from futel_twilio.claims import MARKERS, NotLookedAt, NotSo
from futel_twilio.client import Api
from futel_twilio.errors import BadInput, FutelTwilioError, Refused, both
from futel_twilio.findings import Audit, Check
from futel_twilio.flags import Flags
from futel_twilio.ledger import FILE, Ledger
from futel_twilio.model import Client, Environment, Estate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from futel_twilio.evidence import Evidence
    from futel_twilio.ledger import Entry
    from futel_twilio.model import Address
    from futel_twilio.settings import Settings
    from futel_twilio.suite import Case

CASSETTES = "cassettes"
ACCEPTED = "accepted.toml"
TOLD_AT_MOST = 5


def narrowed(wish: Estate, env: str | None) -> Estate:
    """The wish of one environment, and of what all share; the whole of it if none is named.

    Raises:
        BadInput: the estate has no environment of that name.
    """
    if env is None:
        return wish
    desired.require_environment(env, (environment.name for environment in wish.environments))
    of_env = replace(
        wish,
        environments=tuple(e for e in wish.environments if e.name == env),
        applications=tuple(a for a in wish.applications if a.environment == env),
        domains=tuple(d for d in wish.domains if d.environment == env),
    )
    return desired.with_clients(of_env, tuple(c for c in wish.clients if c.environment == env))


def cassette(directory: Path, env: str | None) -> Path:
    """The cassette of an environment, or of all; of this directory, else of the project."""
    home = directory / CASSETTES if (directory / CASSETTES).is_dir() else desired.PROJECT / CASSETTES
    own = home / f"account-{env}.yaml"
    return own if env and own.exists() else home / "account.yaml"


@dataclass
class Looking:
    """What a run of the checks looks at, and what it has seen.

    Attributes:
        wish_of_all: the whole wish.
        wish: the wish of the environment that was named.
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

    wish_of_all: Estate
    wish: Estate
    scope: Scope
    settings: Settings | None
    directory: Path
    env: str | None
    acceptances: tuple[accepted.Acceptance, ...] = ()
    seen: Evidence | None = None
    source: str = ""
    notes: list[str] = field(default_factory=list)
    profile: str | None = None
    values: dict[str, Found] = field(default_factory=dict)

    @classmethod
    def of(
        cls, env: str | None, profile: str | None, *, live: bool, directory: Path | None = None
    ) -> Looking:
        """What the flags name.

        Raises:
            BadInput: a file, an environment or the credentials have faults.
            Refused: the estate belongs to another account.
        """
        directory = directory or settings.here()
        estate_file = desired.estate_file_of(directory)
        wish, found = both(
            lambda: desired.load(estate_file),
            lambda: settings.resolve(profile, directory=directory) if live else None,
        )
        if found is not None:
            account.refuse_another_account(wish, found)
        elif profile is not None:
            raise BadInput("--profile names an account, and without --live none is looked at.", "Add --live.")
        narrow = narrowed(wish, env)
        scope = Scope(environments=(env,) if env else None)
        return cls(wish, narrow, scope, found, directory, env, profile=profile)

    def accept(self, functions: Sequence[str]) -> None:
        """Read accepted.toml; `functions` are the names of all checks, without what they are asked about."""
        self.acceptances = accepted.load(accepted_file(self.directory), names_of(self.wish_of_all, functions))

    def look(self) -> Evidence:
        """The account, live or from the cassette; read once.

        Raises:
            TwilioError: it could not be read.
            BadInput: the cassette is missing, broken, or of another estate.
        """
        if self.seen is None:
            self.seen = self._live(self.settings) if self.settings else self._recorded()
        return self.seen

    def _live(self, found: Settings) -> Evidence:
        self.source = f"live: {'the sandbox' if found.is_sandbox else 'Twilio'}"
        with account.reached(found, self.directory) as api:
            return evidence.gather(api, self.wish)

    def _recorded(self) -> Evidence:
        path = cassette(self.directory, self.env)
        wish = self.wish if path.stem != "account" else self.wish_of_all
        with tape.playing(path, wish, self.wish_of_all) as label:
            api = Api(settings.replayed(), at_once=tape.AT_ONCE)
            seen = evidence.gather(api, self.wish)
            api.close()
        self.source = f"cassette of {label.recorded} ({label.source}, version {label.version})"
        if label.age_days > tape.OLD_AFTER_DAYS:
            self.notes.append(
                f"The cassette is {label.age_days} days old: record it anew with `invoke record`, or look with --live."
            )
        noon = datetime.combine(label.recorded, time(12), UTC)
        return replace(seen, by_key=label.by_key, looked_at=noon)

    def judged(self, case: Case) -> Check:
        """A check as it comes out."""
        thing, claim = case.thing, case.function.claim
        environment = thing.name if isinstance(thing, Environment) else getattr(thing, "environment", "")
        check = Check(
            name=case.name,
            claim=(case.function.run.__doc__ or "").strip(),
            noun=case.function.noun,
            subject=case.label,
            environment=environment,
            markers=claim.markers,
            severity=claim.severity,
            outcome="held",
        )
        try:
            case.look(self)
        except NotLookedAt:
            return replace(check, outcome="not looked at")
        except NotSo as error:
            return self._not_so(check, case, error)
        return check

    def _not_so(self, check: Check, case: Case, error: NotSo) -> Check:
        words = {"{env}": check.environment or "ENV", "{name}": case.label.removeprefix(subjects.OF_911)}
        value = error.value if isinstance(error.value, str) else sorted(error.value)
        items = [tape.scrubbed(item) for item in ([value] if isinstance(value, str) else value)]
        private = case.function.claim.private or accepted_value.is_private(items, self._addresses())
        found = Found(items[0] if isinstance(value, str) else frozenset(items), private)
        self.values[check.name] = found
        live = " --live" if self.settings else ""
        renew = self.completed(f"`invoke baseline{live} --check {letters.quoted(check.name)} --by NAME`")
        outcome, said = accepted.judge(check.name, found, self.acceptances, datetime.now(UTC).date(), renew)
        remedy = self.completed(letters.with_quoted(case.function.claim.remedy, words))
        return replace(
            check,
            outcome=outcome,
            accepted=said,
            wished=tape.scrubbed(error.wished),
            found=tape.scrubbed(error.found),
            remedy=remedy,
            changed_by=self._changed_by(case, error.about),
        )

    def _addresses(self) -> Iterator[Address]:
        """Every address that may stand in what is found."""
        yield from self.wish_of_all.addresses
        if self.seen:
            yield from self.seen.estate.addresses
            yield from self.seen.held.values()

    def completed(self, text: str) -> str:
        """Words in which each command carries the profile: pasted, it reaches the account that was looked at."""
        return Flags(profile=self.profile).complete(text)

    def _changed_by(self, case: Case, about: Any) -> str:
        """Who changed last what is wrong: the resource that the check took, else the one that it is asked about."""
        noun = about or case.thing
        if isinstance(noun, Client):  # what is asked of a phone without its number is asked of its SIP domain
            noun = phones.domain_of(noun, self.wish)
        if self.seen is None or not hasattr(noun, "sid"):
            return ""
        return self.seen.last_change(noun, case.function.claim.mapped)

    @cached_property
    def ledger(self) -> dict[str, Entry]:
        """When this tool last gave out a password, by credential; empty where no account is looked at live."""
        if self.settings is None:
            return {}
        path = desired.estate_file_of(self.directory).with_name(FILE)
        entries = Ledger(path, self.settings.account_sid).last()
        return {name: one for name, one in entries.items() if one.event != "deleted" and one.twilio_at}

    def asks_for(self, key: str, thing: Any) -> bool:
        """Whether a check is asked of a thing, by the key that its claim names."""
        if key == "clients":
            return bool(self.wish_of_all.clients_list)
        if key == "ledger":
            return thing is not None and thing.name in self.ledger
        return bool(getattr(self.wish.account, key))


def accepted_file(directory: Path) -> Path:
    """The acceptances that go with the estate file of a directory."""
    return desired.estate_file_of(directory).with_name(ACCEPTED)


def names_of(wish: Estate, functions: Sequence[str]) -> set[str]:
    """The names that checks can have, those of other environments included."""
    things = (*wish.nouns(), *wish.environments, *subjects.external_numbers(wish))
    named = [*map(subjects.subject_of, things), *map(subjects.of_911, wish.clients), *evidence.ALERTS]
    return {*functions, *(f"{check}[{subject}]" for check in functions for subject in named)}


def lines_of(check: Check) -> tuple[str, ...]:
    """A finding as a person reads it on a terminal, a line each."""
    said = (
        ("claim", check.claim),
        ("wished", check.wished),
        ("found", check.found),
        ("changed", check.changed_by),
        ("accepted", check.accepted),
        ("remedy", check.remedy),
    )
    return tuple(
        map(letters.shown, (check.name, *(f"  {word + ':':<10}{text}" for word, text in said if text)))
    )


def require_assertions() -> None:
    """Refuse a Python that leaves assertions out: none of ours would be lost, and those of a check might be.

    Raises:
        Refused: it is one.
    """
    if not __debug__:
        raise Refused(
            "Python runs with -O (or PYTHONOPTIMIZE), which leaves assertions out.",
            "Run the audit without it.",
        )


def run(
    *, live: bool = False, profile: str | None = None, env: str | None = None, only: Sequence[str] = ()
) -> Audit:
    """Run the checks and give what they came to.

    Args:
        live: look at the account over the wire; at the cassette otherwise.
        profile: with `live`, a profile of the Twilio CLI, or `sandbox`.
        env: one environment; all if None.
        only: markers; checks with any of them are run, all if empty.

    Raises:
        FutelTwilioError: it could not look.
    """
    unknown = [name for name in only if name not in MARKERS]
    if unknown:
        raise BadInput(
            f"There is no marker {unknown[0]!r}.", f"Use --only with some of: {', '.join(MARKERS)}."
        )
    require_assertions()
    looking = Looking.of(env, profile, live=live)
    functions = suite.load()
    looking.accept([function.name for function in functions])
    demanded = [
        case
        for case in suite.cases(functions, looking)
        if case.demanded and (not only or {*only} & {*case.function.claim.markers})
    ]
    if not demanded:
        raise Refused(
            "There is nothing to check: estate.toml asks for nothing of this kind.",
            "Leave out --env or --only, or write into estate.toml what you want checked.",
        )
    looking.look()
    return _came_to(looking, _judged(demanded, looking), only)


def _judged(demanded: Sequence[Case], looking: Looking) -> tuple[Check, ...]:
    """Each case as it comes out.

    Raises:
        FutelTwilioError: a check itself is at fault, so that it was not judged.
    """
    checks, broken = [], []
    for case in demanded:
        try:
            checks.append(looking.judged(case))
        except FutelTwilioError:
            raise
        except Exception as error:  # noqa: BLE001  # a check is anybody's code
            broken.append(f"{case.name}: {type(error).__name__}: {error}")
    if broken:
        raise FutelTwilioError(
            f"{len(broken)} of {len(demanded)} checks could not be judged.",
            "This is a fault of the project: please report it.",
            tuple(broken[:TOLD_AT_MOST]),
        )
    return tuple(checks)


def _came_to(looking: Looking, checks: tuple[Check, ...], only: Sequence[str]) -> Audit:
    seen, found = looking.look(), {check.name for check in checks if check.outcome != "held"}
    not_looked = [check.name for check in checks if check.outcome == "not looked at"]
    saying = {"finding"} if only else {"finding", "accepted"}
    if not_looked and not any(check.outcome in saying for check in checks):
        # What is missing is the finding of another check, which was not asked.
        raise Refused(
            f"{len(not_looked)} of {len(checks)} checks could not look: what they are about is missing.",
            f"Run the audit without --only {' --only '.join(only)}: it says what is missing."
            if only
            else "This is a fault of the project: please report it.",
            tuple(not_looked[:TOLD_AT_MOST]),
        )
    ran = {check.name for check in checks}
    if looking.settings is None and any(check.outcome == "finding" for check in checks):
        looking.notes.append(
            "This is a recording: if Twilio was changed since, look with --live or `invoke record`."
        )
    stale = accepted.stale([a for a in looking.acceptances if a.check in ran], found)
    pruning = f"`invoke baseline{' --live' if looking.settings else ''} --prune` takes it out of {ACCEPTED}."
    return Audit(
        looked_at=seen.looked_at,
        is_of_a_day=looking.settings is None,
        source=looking.source,
        version=version("futel-twilio"),
        environments=tuple(environment.name for environment in looking.wish.environments),
        checks=checks,
        boxes=tuple(scene.boxes(looking.wish, seen)),
        arrows=tuple(scene.arrows(looking.wish, seen)),
        notes=(*looking.notes, *(f"{name} is accepted but no longer found: {pruning}" for name in stale)),
        stale=stale,
        values=looking.values,
    )


def record(*, profile: str | None = None, env: str | None = None, directory: Path | None = None) -> Path:
    """Record all that the checks read, and give the cassette.

    Raises:
        FutelTwilioError: it could not be read, or something secret was left in it; nothing was written.
    """
    looking = Looking.of(env, profile, live=True, directory=directory)
    found = looking.settings
    if found is None:
        raise TypeError
    label = tape.label_for(looking.wish, found, by_key=found.username.startswith("SK") or found.is_sandbox)
    path = looking.directory / CASSETTES / (f"account-{env}.yaml" if env else "account.yaml")
    secrets = tuple(filter(None, (found.secret, found.auth_token))) if not found.is_sandbox else ()
    with (
        account.reached(found, looking.directory, tape.AT_ONCE) as api,
        tape.recording(path, label, secrets, looking.wish_of_all),
    ):
        evidence.gather(api, looking.wish)
    return path

"""The commands of the runbook, each a small function that a person can call from Python.

    with runbook.at(profile="sandbox") as site:
        runbook.setup(site)

Every command that writes is one engine, narrowed by a scope: read, plan, guard, approve, carry out, look
again. `approve` is shown the proposal and says whether to go on; the default goes on.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from futel_twilio import apply, desired, plan, settings
from futel_twilio.client import AT_ONCE, Api
from futel_twilio.errors import BadInput, FutelTwilioError, Refused, TwilioError
from futel_twilio.kinds import (
    APPLICATION,
    CREDENTIAL_LIST,
    KINDS,
    MAPPINGS,
    REGISTRATION_MAPPING,
    SETTINGS_OF_A_PROMOTION,
    SIP_DOMAIN,
    VOICE_MAPPING,
    Kind,
)
from futel_twilio.plan import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from futel_twilio.model import Estate, Noun
    from futel_twilio.plan import Plan
    from futel_twilio.sandbox.server import Sandbox
    from futel_twilio.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """One estate and the account that it is laid beside."""

    wish: Estate
    api: Api
    estate_file: Path

    def environments(self, env: str | None) -> tuple[str, ...] | None:
        """The environments that a flag names: all (None) if it names none.

        Raises:
            BadInput: the estate has no environment of that name.
        """
        names = tuple(environment.name for environment in self.wish.environments)
        if env is None:
            return None
        if env not in names:
            raise BadInput(
                f"There is no environment {env!r} in the estate.", f"Use one of: {', '.join(names)}."
            )
        return (env,)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a command would change, before anything is written."""

    plan: Plan
    extras: tuple[Noun, ...]
    asks_first: tuple[str, ...]
    refusal: Refused | None
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did.

    Attributes:
        proposal: what was shown.
        applied: whether it was carried out and found so afterwards; False for a dry run or a no.
        requests: how many requests were sent in all.
        estate_rewritten: whether estate.toml was made to say the new base URL.
    """

    proposal: Proposal
    applied: bool
    requests: int
    estate_rewritten: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What an account holds of one kind of thing, beside the wish."""

    noun: type[Noun]
    wish: Estate
    actual: Estate
    scope: Scope


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at: whether it is well, and in words."""

    about: str
    well: bool
    says: str


PROJECT = Path(__file__).parent.parent
Approve: TypeAlias = "Callable[[Proposal], bool]"


def go_on(_proposal: Proposal) -> bool:
    """Approve whatever is proposed."""
    return True


def silent(_done: int, _of: int, _latest: str) -> None:
    """Watch nothing."""


@contextmanager
def at(
    profile: str | None = None,
    *,
    directory: Path | None = None,
    dialplans: dict[str, str] | None = None,
) -> Iterator[Site]:
    """Open an estate and its account.

    Args:
        profile: a profile of the Twilio CLI, or `sandbox`; None for the other places of `settings`.
        directory: where estate.toml, .env and the sandbox's state lie; the working directory if None.
            Without an estate.toml there, the one of this project is taken.
        dialplans: base URLs in place of those in the estate file, by environment.

    Raises:
        BadInput: the estate file or the credentials have faults.
        Refused: the estate belongs to another account.
    """
    directory = directory or Path.cwd()
    estate_file = estate_file_of(directory)
    wish = desired.load(estate_file, dialplans)
    found = settings.resolve(profile, directory=directory)
    refuse_another_account(wish, found)
    with reached(found, directory) as api:
        yield Site(wish, api, estate_file)


def estate_file_of(directory: Path) -> Path:
    """The estate file of a directory, or of the project where the directory has none."""
    here = directory / desired.ESTATE
    return here if here.exists() else PROJECT / desired.ESTATE


@contextmanager
def reached(found: Settings, directory: Path, at_once: int = AT_ONCE) -> Iterator[Api]:
    """An open way to the account, with the embedded sandbox running if the settings want it."""
    if not found.embedded:
        api = Api(found, at_once=at_once)
        try:
            yield api
        finally:
            api.close()
        return
    from futel_twilio.sandbox.server import Sandbox

    with Sandbox(state=directory / settings.SANDBOX_STATE) as box:
        api = Api(replace(found, url=box.url), at_once=at_once)
        try:
            yield api
        finally:
            api.close()


def refuse_another_account(wish: Estate, found: Settings) -> None:
    """Refuse credentials of another account than the estate names.

    Raises:
        Refused: they are.
    """
    if wish.account_sid and wish.account_sid.casefold() != found.account_sid.casefold():
        raise Refused(
            f"estate.toml belongs to account {wish.account_sid}, and the credentials are of "
            f"{found.account_sid} ({found.source}).",
            "Use that account's credentials (`invoke doctor`), or mend account_sid in estate.toml.",
        )


def converge(site: Site, scope: Scope, approve: Approve = go_on, watch: apply.Watch = silent) -> Outcome:
    """Bring the account to the wish, as far as a scope reaches: the one engine behind every command.

    Raises:
        BadInput, Refused, TwilioError: nothing was written.
        Stopped: some of it was written; the error says what.
    """
    before = apply.look(site.api, site.wish, scope)
    proposed = plan.make(site.wish, before, scope)
    proposal = Proposal(
        proposed,
        plan.extras(site.wish, before, scope),
        plan.asks_first(proposed),
        plan.guard(proposed, scope),
        site.api.settings,
    )
    agreed = approve(proposal)
    if agreed and proposal.refusal:
        raise proposal.refusal
    if agreed and proposed:
        apply.carry_out(site.api, site.wish, scope, before, proposed, watch)
    return Outcome(proposal, agreed, site.api.requests_sent)


def create_applications(
    site: Site, env: str | None = None, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Create the TwiML applications; one that is there is brought to the wish."""
    return converge(site, Scope((APPLICATION,), site.environments(env)), approve, watch)


def create_domains(
    site: Site, env: str | None = None, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Create the SIP domains; one that is there is brought to the wish."""
    return converge(site, Scope((SIP_DOMAIN,), site.environments(env)), approve, watch)


def create_credential_list(
    site: Site, env: str | None = None, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Create the credential lists, which all environments share."""
    return converge(site, Scope((CREDENTIAL_LIST,), site.environments(env)), approve, watch)


def create_registration_mappings(
    site: Site, env: str | None = None, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Let the phones of the credential lists register with the SIP domains."""
    return converge(site, Scope((REGISTRATION_MAPPING,), site.environments(env)), approve, watch)


def create_voice_mappings(
    site: Site, env: str | None = None, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Let the phones of the credential lists call through the SIP domains."""
    return converge(site, Scope((VOICE_MAPPING,), site.environments(env)), approve, watch)


def setup(
    site: Site, env: str | None = None, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Everything that the runbook sets up once."""
    return converge(site, Scope(KINDS, site.environments(env)), approve, watch)


def update_applications(
    site: Site, env: str, approve: Approve = go_on, watch: apply.Watch = silent
) -> Outcome:
    """Bring the TwiML applications of one environment to the wish; none is created."""
    return _update(site, env, (APPLICATION,), approve, watch)


def update_domains(site: Site, env: str, approve: Approve = go_on, watch: apply.Watch = silent) -> Outcome:
    """Bring the SIP domains of one environment to the wish; none is created."""
    return _update(site, env, (SIP_DOMAIN,), approve, watch)


def update(site: Site, env: str, approve: Approve = go_on, watch: apply.Watch = silent) -> Outcome:
    """Bring the TwiML applications and SIP domains of one environment to the wish; none is created."""
    return _update(site, env, (APPLICATION, SIP_DOMAIN), approve, watch)


def promote(site: Site, env: str, approve: Approve = go_on, watch: apply.Watch = silent) -> Outcome:
    """Point one environment to its installation and all others to their own; only URLs change."""
    site.environments(env)
    scope = Scope((APPLICATION, SIP_DOMAIN), None, creates=False, settings=SETTINGS_OF_A_PROMOTION)
    return _recorded(site, env, converge(site, scope, approve, watch))


def _update(site: Site, env: str, kinds: tuple[Kind, ...], approve: Approve, watch: apply.Watch) -> Outcome:
    scope = Scope(kinds, site.environments(env), creates=False)
    return _recorded(site, env, converge(site, scope, approve, watch))


def _recorded(site: Site, env: str, outcome: Outcome) -> Outcome:
    """Make estate.toml say the base URL that was carried out, so that plan and audit agree."""
    if not outcome.applied:
        return outcome
    url = next(e.dialplans for e in site.wish.environments if e.name == env)
    rewritten = desired.rewrite_dialplans(site.estate_file, env, url)
    return Outcome(outcome.proposal, outcome.applied, outcome.requests, rewritten)


def scope_of(
    site: Site,
    env: str | None = None,
    only: Sequence[str] = (),
    remove: Sequence[str] = (),
    allow_911_loss: Sequence[str] = (),
) -> Scope:
    """The scope that the flags of `plan` and `apply` name.

    Raises:
        BadInput: an environment or a kind of thing that does not exist.
    """
    words = {kind.word: kind for kind in KINDS}
    unknown = [word for word in only if word not in words]
    if unknown:
        raise BadInput(f"There is no kind {unknown[0]!r}.", f"Use --only with one of: {', '.join(words)}.")
    kinds = tuple(kind for kind in KINDS if not only or kind.word in only)
    return Scope(kinds, site.environments(env), remove=tuple(remove), allow_911_loss=tuple(allow_911_loss))


def listing(site: Site, kind: Kind, env: str | None = None) -> Listing:
    """What the account holds of one kind of thing; of one environment, where it is named."""
    kinds = MAPPINGS if kind in MAPPINGS else (kind,)
    scope = Scope(kinds, site.environments(env))
    found = apply.look(site.api, site.wish, Scope(kinds, remove=("*",)))
    return Listing(kind.noun, site.wish, _of_environments(found, site.wish, scope), scope)


def _of_environments(found: Estate, wish: Estate, scope: Scope) -> Estate:
    if scope.environments is None:
        return found
    wanted = scope.environments
    return replace(
        found,
        applications=tuple(a for a in found.applications if wish.environment_of(a) in wanted),
        domains=tuple(d for d in found.domains if wish.environment_of(d) in wanted),
    )


@contextmanager
def sandbox(
    port: str = "0",
    state: str = settings.SANDBOX_STATE,
    latency_ms: str = "0",
    accounts: Sequence[str] = (),
    *,
    reset: bool = False,
) -> Iterator[Sandbox]:
    """A running sandbox.

    Raises:
        BadInput: the port is taken or not a port, the latency is not a number, or an account is not
            SID:SECRET; all that can be told beforehand at once.
    """
    from futel_twilio.sandbox.server import Sandbox

    faults = (
        *([] if _is_number(port, 65535) else [f"--port {port}: not a port, 0 to 65535"]),
        *(
            []
            if _is_number(latency_ms, 60_000)
            else [f"--latency {latency_ms}: not milliseconds, 0 to 60000"]
        ),
    )
    if faults:
        raise BadInput("The sandbox cannot start.", "See `invoke sandbox --help`.", faults)
    try:
        box = Sandbox(state=state, port=int(port), latency_ms=int(latency_ms), accounts=accounts)
        box.start()
    except (OSError, sqlite3.Error, ValueError) as error:
        raise BadInput(
            f"The sandbox cannot start: {error}.",
            "Use `--port 0` for a free port; see `invoke sandbox --help`.",
        ) from None
    try:
        if reset:
            box.reset()
        yield box
    finally:
        box.stop()


def _is_number(text: str, most: int) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and int(text) <= most


def doctor(profile: str | None = None, *, directory: Path | None = None) -> Iterator[Finding]:
    """Look whether the set-up is right: the estate file, the credentials, the account, what they may do.

    Nothing is written, so a missing right to write cannot be seen; each finding says what was tried.
    """
    directory = directory or Path.cwd()
    wish: Estate | None = None
    try:
        wish = desired.load(estate_file_of(directory))
        yield Finding(
            "estate.toml", True, f"well; environments {', '.join(e.name for e in wish.environments)}"
        )
    except FutelTwilioError as error:
        yield Finding("estate.toml", False, str(error))
    try:
        found = settings.resolve(profile, directory=directory)
    except BadInput as error:
        yield Finding("credentials", False, str(error))
        return
    yield from _of_settings(found, wish)
    with reached(found, directory) as api:
        yield from _of_rights(api)


def _of_settings(found: Settings, wish: Estate | None) -> Iterator[Finding]:
    passed = "".join(f"; {place}" for place in found.looked)
    yield Finding("credentials", True, f"from {found.source}{passed}")
    yield Finding("server", True, found.target + "".join(f", {n} {v}" for n, v in _edge(found)))
    belongs = (
        wish is None or not wish.account_sid or wish.account_sid.casefold() == found.account_sid.casefold()
    )
    named = "" if wish is None or not wish.account_sid else f"; estate.toml belongs to {wish.account_sid}"
    yield Finding("account", belongs, found.account_sid + named)


def _edge(found: Settings) -> Iterator[tuple[str, str]]:
    if found.edge:
        yield "edge", found.edge
    if found.region:
        yield "region", found.region


def _of_rights(api: Api) -> Iterator[Finding]:
    client = api.client
    probes: dict[str, Callable[[], object]] = {
        "read TwiML applications": lambda: client.applications.list(limit=1, page_size=1),
        "read SIP domains": lambda: client.sip.domains.list(limit=1, page_size=1),
        "read credential lists": lambda: client.sip.credential_lists.list(limit=1, page_size=1),
        "read the account": lambda: client.api.v2010.accounts(api.settings.account_sid).fetch(),
    }
    for about, answer in zip(probes, api.together(list(probes.values())), strict=True):
        if not isinstance(answer, TwilioError):
            yield Finding(about, True, "yes")
        elif about == "read the account" and api.settings.username.startswith("SK"):
            # A standard API key is answered 401 here by design: Twilio's Key resource page.
            yield Finding(about, True, "no, as for every standard API key; nothing here needs it")
        else:
            yield Finding(about, False, str(answer))

"""Undo or finish runs of the journal: what `rollback` and `resume` share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from futel_twilio.apply import incomplete, reading
from futel_twilio.apply.converge import converge
from futel_twilio.apply.journal import Entry, RunLinks
from futel_twilio.apply.result import Plan, Result, RunOptions
from futel_twilio.commands import drift, file_advice
from futel_twilio.config import edits, estate
from futel_twilio.errors import BadInput, Refused
from futel_twilio.plan import impact, irreversible
from futel_twilio.plan.changes import (
    PASSWORD,
    Change,
    Changes,
    Create,
    Delete,
    Scope,
    Update,
    detaches_911,
    identity_of,
)
from futel_twilio.resources import labels, relations
from futel_twilio.resources.phones import Credential, PhoneNumber
from futel_twilio.resources.types import (
    APPLICATION,
    CLIENT_TYPES,
    IP_MAPPING,
    MAPPING_TYPES,
    PHONE_NUMBER,
    SECTIONS,
    SIP_DOMAIN,
    ResourceType,
    type_of,
)
from futel_twilio.resources.voice import (
    Application,
    CredentialListMapping,
    IpMapping,
    SipDomain,
    address_held,
)
from futel_twilio.text import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from futel_twilio.resources.state import AccountState, Resource
    from futel_twilio.workspace import Workspace


def with_caveats(proposal: Plan, desired: AccountState, cannot: tuple[str, ...]) -> Plan:
    """What is to be put back, with a word on what comes back otherwise: a password never does."""
    remade = [
        c.resource for c in proposal.changes if isinstance(c, Create) and isinstance(c.resource, Credential)
    ]
    renewed = (
        f"{labels.resource_title(one)}: comes back with a new password; {one.username} can call nobody until given that"
        for one in remade
    )
    found = proposal.reach
    cut_off = (client.name for one in remade for client in relations.clients_of(one, desired))
    found = replace(found, locked_out=(*found.locked_out, *cut_off))
    return replace(proposal, caveats=(*cannot, *renewed), summary=impact.summary(found))


FIELDS = {resource_type.resource_class: field for field, resource_type in SECTIONS.items()}


@dataclass(frozen=True)
class Recovery:
    """What a recovery did, what it cannot bring back as it was, and where the files still differ, in words."""

    outcome: Result | None
    cannot: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def refuse_running(entries: Sequence[Entry]) -> None:
    """Refuse to undo or finish anything while another run writes.

    Raises:
        Refused: one does.
    """
    if entries and entries[-1].state == "running":
        raise Refused(
            f"Another run is writing at this moment: {entries[-1].label}. Nothing was changed.",
            "Wait until it has ended, and look at `invoke history`.",
        )


def undo_runs(
    workspace: Workspace,
    entries: Sequence[Entry],
    force: Collection[str],
    allow_911_loss: Collection[str],
    options: RunOptions | None,
    *,
    or_refuse: bool = False,
) -> Recovery:
    """Put back what some runs did, which are given oldest first.

    Raises:
        Refused: nothing of it can be put back, and that is to be refused.
    """
    together = _together(entries)
    backwards = tuple(_inverse(change) for change in together)
    planned = [edits.inverse(edit) for entry in reversed(entries) for edit in reversed(entry.edits)]
    earlier = RunLinks(
        reverts=tuple(entry.run for entry in entries),
        labels=(
            *(f"Takes back {entry.label}." for entry in reversed(entries)),
            *dict.fromkeys(_not_asked(edit) for edit in planned if isinstance(edit, edits.DialplanEdit)),
            *_registered_anew(together),
        ),
    )
    between = left_between(entries)
    return recovery_scope(
        workspace,
        backwards,
        planned,
        earlier,
        between,
        force,
        allow_911_loss,
        options,
        known=[change for entry in entries for change in entry.changes],
        or_refuse=or_refuse,
    )


def _not_asked(edit: edits.DialplanEdit) -> str:
    return (
        f"The dialplans at {edit.after} are not asked whether they still answer: "
        f"`invoke rehearse {option('--env', edit.environment)} {option('--dialplans', edit.after)}` asks them."
    )


def _registered_anew(together: Changes) -> Iterator[str]:
    """The numbers whose address before was not registered with 911: that may fail again."""
    for change in together:
        before = getattr(change, "before", None)
        told = before.emergency_address if isinstance(before, PhoneNumber) else ""
        if told and address_held(told) not in {"", told}:
            yield (
                f"{change.resource.name}: Twilio could not register {address_held(told)} with 911 before. "
                "This asks it to try again."
            )


def left_between(entries: Iterable[Entry]) -> frozenset[str]:
    """The numbers whose 911 address runs which never came to their end may have taken off, and no more."""
    begun = (change for entry in entries if entry.state in incomplete.HALF_DONE for change in entry.written)
    return frozenset(change.resource.name for change in begun if detaches_911(change))


def _together(entries: Iterable[Entry]) -> Changes:
    """What several runs did to each thing, as one change of it."""
    found: dict[tuple[type, str], Change] = {}
    for entry in entries:
        for change in entry.written:
            key = identity_of(change)
            joined = _joined(found.get(key), change)
            if joined is None:
                found.pop(key, None)
            else:
                found[key] = joined
    return tuple(found.values())


def _joined(first: Change | None, second: Change) -> Change | None:
    if first is None:
        return second
    before = None if isinstance(first, Create) else first.before
    after = None if isinstance(second, Delete) else second.after
    if before is None or after is None:
        return Create(after) if after else Delete(before) if before else None
    settings = [*getattr(first, "settings", ()), *getattr(second, "settings", ())]
    return Update(before, after, tuple(dict.fromkeys(settings)) or type_of(after).mutable_fields)


def _inverse(change: Change) -> Change:
    if isinstance(change, Create):
        return Delete(change.after)
    if isinstance(change, Delete):
        return Create(_as_wish(change.before))
    # What Twilio holds has no environment; what the files say has one.
    before = replace(_as_wish(change.before), environment=change.after.environment)
    return Update(change.after, before, change.changed_fields)


def _as_wish(resource: Resource) -> Resource:
    """What was found, as it can be wished for: an address that was not registered is put on and registered anew."""
    if isinstance(resource, PhoneNumber) and resource.emergency_address:
        return replace(resource, emergency_address=address_held(resource.emergency_address))
    return resource


def _where_it_stands(change: Change, there: dict[tuple[type, str], Resource]) -> Change:
    """What brings a deleted thing back, as an update where the run was stopped before it deleted it.

    A number lets go of its 911 address before it is released, so it may stand there without one.
    """
    resource_type = type_of(change.resource)
    if isinstance(change, Create) and resource_type.mutable_fields and identity_of(change) in there:
        return Update(change.after, change.after, resource_type.mutable_fields)
    return change


def recovery_scope(
    workspace: Workspace,
    changes: Changes,
    planned: list[edits.Edit],
    earlier: RunLinks,
    between: Collection[str],
    force: Collection[str],
    allow_911_loss: Collection[str],
    options: RunOptions | None,
    *,
    known: Sequence[Change],
    or_refuse: bool = False,
) -> Recovery:
    """Bring what some changes are about to where they lead, as far as that can be."""
    using = [PHONE_NUMBER] if any(isinstance(change.resource, Application) for change in changes) else []
    about = [*(type_of(change.resource) for change in changes), *_kinds_of_edits(planned), *using]
    resource_types = tuple(dict.fromkeys(about))
    before = reading.read_scope(workspace.api, workspace.desired, Scope(resource_types, remove=("*",)))
    after = irreversible.clients_after(workspace.desired, planned)
    there = {(type(resource), resource.name): resource for resource in before.resources()}
    if earlier.reverts:
        changes = tuple(_where_it_stands(change, there) for change in changes)
    # What finishes a run can all be made.
    why = [irreversible.why_not(one, changes, before, after) if earlier.reverts else "" for one in changes]
    cannot = tuple(filter(None, why))
    possible = tuple(change for change, reason in zip(changes, why, strict=True) if not reason)
    if or_refuse and cannot and not possible and not planned:
        raise Refused(
            "Nothing of this can be put back.",
            "`invoke rollback --to ENTRY` goes back before an earlier entry of the history.",
            (*earlier.labels, *cannot),
        )
    _refuse_changed(possible, before, between, force, known, undoes=bool(earlier.reverts))
    # What is gone, and named to be passed over, is not there to be put back.
    possible = tuple(c for c in possible if not isinstance(c, Update) or identity_of(c) in there)
    possible = (*possible, *_repointed(possible, before))
    _refuse_edited(planned, workspace, force)
    desired, scope = desired_after(possible, workspace.desired), _scope(possible, before, allow_911_loss)
    # A phone that comes back is no phone of the inventory yet, but it is one that all this is about.
    named = {client.name for client in workspace.desired.clients}
    of_both = (*workspace.desired.clients, *(client for client in after if client.name not in named))
    workspace, options = (
        replace(workspace, desired=estate.with_clients(workspace.desired, of_both)),
        options or RunOptions(),
    )

    def shown(proposal: Plan) -> Plan:
        return with_caveats(proposal, workspace.desired, cannot) if earlier.reverts else proposal

    asking = replace(options, confirm=lambda proposal: options.confirm(shown(proposal)))
    outcome = converge(
        workspace, scope, asking, desired=desired, before=before, planned_edits=planned, earlier=earlier
    )
    outcome = replace(outcome, plan=shown(outcome.plan))
    left_alone = {identity_of(one) for one, reason in zip(changes, why, strict=True) if reason}
    differences = _differences(workspace, outcome, before, possible, planned, left_alone)
    return Recovery(outcome, outcome.plan.caveats, differences)


def _kinds_of_edits(planned: Iterable[edits.Edit]) -> Iterator[ResourceType]:
    """The kinds of resource that edits of the files say something of."""
    for edit in planned:
        yield from (APPLICATION, SIP_DOMAIN) if isinstance(edit, edits.DialplanEdit) else CLIENT_TYPES


def _differences(
    workspace: Workspace,
    outcome: Result,
    before: AccountState,
    changes: Changes,
    planned: Sequence[edits.Edit],
    left_alone: set[tuple[type, str]],
) -> tuple[str, ...]:
    """Where the files say otherwise than the account, now that a recovery has ended."""
    if not outcome.applied:
        return ()
    try:
        said = estate.load_estate(workspace.estate_file)
    except BadInput as error:
        return (f"Your files are not right as they are now: {error.message}", *error.faults, error.hint)
    account = before
    if outcome.final:
        resource_types = {type_of(change.resource) for change in changes}
        resource_types |= (
            {SIP_DOMAIN} if resource_types & {*MAPPING_TYPES, IP_MAPPING} else set()
        )  # a mapping is a field of its domain
        fields = [field for field, resource_type in SECTIONS.items() if resource_type in resource_types]
        read: dict[str, Any] = {field: getattr(outcome.final.state, field) for field in fields}
        account = replace(before, **read)
    about = {identity_of(change) for change in changes} | drift.about_edits(planned, said, account)
    files = file_advice.read_files(said, workspace.estate_file)
    return drift.differences(files, account, about - left_alone)


def _repointed(changes: Changes, now: AccountState) -> Iterator[Update]:
    """What has numbers use an application that is made anew again: they name the old one, by its SID."""
    anew = {
        c.after.sid: c.after for c in changes if isinstance(c, Create) and isinstance(c.after, Application)
    }
    known = {identity_of(change) for change in changes}
    for number in now.numbers:
        names = ("voice_application", "sms_application")
        lost: dict[str, Any] = {
            name: anew[sid].name for name in names if (sid := getattr(number, name)) and sid in anew
        }
        if lost and (PhoneNumber, number.name) not in known:
            yield Update(number, replace(number, **lost), tuple(lost))


def _scope(changes: Changes, before: AccountState, allow_911_loss: Collection[str]) -> Scope:
    """How far a recovery reaches: just what its changes are about."""
    there = {(type(resource), resource.name) for resource in before.resources()}
    gone = [c.resource.name for c in changes if isinstance(c, Delete) and identity_of(c) in there]
    numbers = [c for c in changes if isinstance(c.resource, PhoneNumber)]
    return Scope(
        tuple(dict.fromkeys(type_of(change.resource) for change in changes)),
        remove=tuple(gone),
        allow_911_loss=tuple(allow_911_loss),
        purchase=tuple(c.resource.name for c in numbers if isinstance(c, Create)),
        take_over=tuple(c.resource.name for c in numbers),
        rotate_passwords=tuple(
            c.resource.name for c in changes if isinstance(c, Update) and PASSWORD in c.changed_fields
        ),
        # A number lets go of one address before it takes another: that cannot be put back in one step.
        atomic=bool(changes)
        and all(
            isinstance(change, Update) and "emergency_address" not in change.changed_fields
            for change in changes
        ),
    )


def _refuse_edited(planned: Sequence[edits.Edit], workspace: Workspace, force: Collection[str]) -> None:
    """Refuse to write over what somebody wrote into estate.toml since.

    Raises:
        Refused: a base URL there is neither as the run left it nor as it is to be; both are shown.
    """
    name = workspace.estate_file.name
    ours: dict[str, dict[str, None]] = {}
    for edit in planned:
        if isinstance(edit, edits.DialplanEdit):
            ours.setdefault(edit.environment, {}).update(dict.fromkeys((edit.before, edit.after)))
    news = [
        f"{name}  environment.{environment}.dialplans: {next(iter(urls))} by that run, {said} now"
        for environment, urls in ours.items()
        if (said := edits.dialplans_in(workspace.estate_file, environment)).rstrip("/")
        not in {url.rstrip("/") for url in urls}
    ]
    if news and name not in force:
        raise Refused(
            f"Somebody changed {name} since. Nothing was changed.",
            f"If it is to be written over all the same, add {option('--force', name)} to the command.",
            tuple(news),
        )


def _refuse_changed(
    changes: Changes,
    now: AccountState,
    between: Collection[str],
    force: Collection[str],
    known: Sequence[Change],
    *,
    undoes: bool,
) -> None:
    """Refuse what somebody changed since: what is neither as the run left it nor as it is to be.

    A number in `between` may tell 911 no address: the run was cut off after it took one off.
    """
    there = {(type(resource), resource.name): resource for resource in now.resources()}
    when = "after that run" if undoes else "before that run"
    news = {
        change.resource.name: _news(change, there.get(identity_of(change)), when, between, known)
        for change in changes
        if isinstance(change, Update) and change.resource.name not in force
    }
    changed = [name for name, lines in news.items() if lines]
    if changed:
        how = "put back" if undoes else "written over"
        flags = " ".join(option("--force", name) for name in changed)
        raise Refused(
            "Somebody changed this since. Nothing was changed.",
            f"If it is to be {how} all the same, add {flags} to the command.",
            tuple(line for lines in news.values() for line in lines),
        )


def _news(
    change: Update, found: Resource | None, when: str, between: Collection[str], known: Iterable[Change]
) -> tuple[str, ...]:
    """What somebody changed of a thing since, one line each."""
    if found is None:
        return (f"{labels.resource_title(change.resource)}  it: there {when}, gone now",)
    return tuple(
        f"{labels.resource_title(change.resource)}  {name}: {labels.format_field(getattr(change.before, name))} {when}, "
        f"{labels.format_field(getattr(found, name))} now"
        for name in change.changed_fields
        if name != PASSWORD and not _is_ours(found, name, change, between, known)
    )


def _is_ours(
    found: Resource, name: str, change: Update, between: Collection[str], known: Iterable[Change]
) -> bool:
    """Whether a run of ours can have left a setting so; `known` are the single changes that it was made of."""
    same = [one for one in known if identity_of(one) == identity_of(change)]
    sides = [side for one in (change, *same) for side in _sides(one)]
    value, left = getattr(found, name), [getattr(side, name) for side in sides]
    if name != "emergency_address":
        return value in left
    # Twilio registers an address in its own time. How that ends is nobody's change: it is still ours, if it failed.
    address = address_held(value)
    none_is_ours = change.resource.name in between or address != value
    return address in map(address_held, left) or (not address and none_is_ours)


def _sides(change: Change) -> tuple[Resource, ...]:
    """A thing before a change and after it, as far as it was there."""
    return tuple(getattr(change, side) for side in ("before", "after") if hasattr(change, side))


def desired_after(changes: Changes, desired: AccountState) -> AccountState:
    """A wish for what changes lead to, and for nothing else."""
    resources = [_sparse(change) for change in changes if not isinstance(change, Delete)]
    found: dict[str, tuple[Resource, ...]] = dict.fromkeys(SECTIONS, ())
    for resource in resources:
        field = FIELDS.get(type(resource))
        if field:
            found[field] = (*found[field], resource)
    domains = {resource.domain_name: resource for resource in resources if isinstance(resource, SipDomain)}
    for resource in resources:
        if isinstance(resource, CredentialListMapping | IpMapping):
            domains[resource.domain_name] = _with(domains.get(resource.domain_name), resource)
    everything: dict[str, Any] = {**found, "domains": tuple(domains.values())}
    return replace(desired, **everything)


def _sparse(change: Create | Update) -> Resource:
    """What a change leads to; of an update only the settings that it is about."""
    resource = change.after
    if isinstance(change, Create) or isinstance(resource, Credential):
        return resource
    resource_type = type_of(resource)
    unasked = {*resource_type.mutable_fields, *resource_type.create_only_fields} - {
        resource_type.name_field,
        *change.changed_fields,
    }
    unset: dict[str, Any] = dict.fromkeys(unasked)
    if isinstance(resource, SipDomain):
        unset |= dict.fromkeys(("registrations", "calls", "ip_lists"), frozenset())
    return replace(resource, **unset)


def _with(domain: SipDomain | None, mapping: CredentialListMapping | IpMapping) -> SipDomain:
    """A mapping is a field of its domain in a wish; one that nothing else is wished of asks for no setting."""
    domain = domain or SipDomain(mapping.domain_name, environment=mapping.environment)
    if isinstance(mapping, IpMapping):
        return replace(domain, ip_lists=domain.ip_lists | {mapping.ip_list})
    lists = domain.lists_for(mapping.use) | {mapping.credential_list}
    if mapping.use == "registrations":
        return replace(domain, registrations=lists)
    return replace(domain, calls=lists)

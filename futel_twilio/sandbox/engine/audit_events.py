"""Who changed what: every create, update and delete leaves an event, as Twilio's Monitor does.

The documentation's list of event types has call.deleted and call.status.updated but no call.created, and
nothing for a message that is sent: those two leave none here either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine.values import iso8601
from futel_twilio.sandbox.storage.rows import Row

if TYPE_CHECKING:
    from futel_twilio.sandbox.engine.tables import RequestContext, Resource

KIND = "event"
PREFIX = "AE"
# GUESS: the names for addresses, credentials, IP addresses, mappings, source IP mappings and event streams;
# the documentation's list of event types has none for them. A subscribed event has its subscription's SID.
UNDOCUMENTED = (
    "address",
    "sip-credential",
    "sip-ip-address",
    "sip-domain-mapping",
    "source-ip-mapping",
    "event-streams-sink",
    "event-streams-subscription",
    "event-streams-subscribed-event",
)


def record(
    context: RequestContext,
    resource: Resource,
    action: str,
    row: Row,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    """Write the event of a change to one row of a table, in the transaction of the change itself."""
    if not resource.audit:
        return
    path = f"{_item_path(context, resource, row)}{resource.suffix}"
    # An event type has a name where others have a SID; the spec wants a SID here.
    sid = row.parent if resource.named else row.sid
    write(context, f"{resource.audit}.{action}", sid, path, differences(before, after))


def write(context: RequestContext, event_type: str, sid: str, path: str, changed: dict[str, Any]) -> None:
    """Write one event: who, when, from where, to what, and what it was before.

    The documentation knows users (US...) and accounts (AC...) as actors. What changed stands in
    `event_data` alone, as in the official example.
    """
    # GUESS: behind an API key the actor is the key's account.
    event = {
        "actor_sid": context.caller.account,
        "actor_type": "account",
        "description": None,
        "event_data": changed,
        "event_date": iso8601(context.now),
        "event_type": event_type,
        "resource_sid": sid,
        "resource_type": event_type.rpartition(".")[0],
        "source": "api",
        "source_ip_address": context.remote,
        "resource_path": path,
    }
    event_sid = context.store.next_sid(context.account, PREFIX)
    context.store.add(Row(0, KIND, context.account, "", event_sid, event, context.now, context.now))


def _item_path(context: RequestContext, resource: Resource, row: Row) -> str:
    path = (
        (resource.home or resource.path).replace("<account>", context.account).replace("<parent>", row.parent)
    )
    return f"{path}/{row.sid}"


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Field by field: what it was and what it is; fields that stay are left out."""
    return {
        name: {"previous": before.get(name), "updated": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name) and not name.startswith("_")
    }

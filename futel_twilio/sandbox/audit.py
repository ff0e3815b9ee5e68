"""Who changed what: every create, update and delete leaves an event, as Twilio's Monitor does."""

from typing import Any

from futel_twilio.sandbox.rows import Row
from futel_twilio.sandbox.table import Resource, Scene
from futel_twilio.sandbox.wire import iso8601

KIND = "event"
PREFIX = "AE"


def record(
    scene: Scene, resource: Resource, action: str, row: Row, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Write one event in the transaction of the change itself."""
    if not resource.audit:
        return
    # The documentation knows users (US...) and accounts (AC...) as actors.
    # GUESS: behind an API key it is the key's account, and the names of the SIP resource types.
    event = {
        "actor_sid": scene.caller.account,
        "actor_type": "account",
        "description": None,
        "event_data": differences(before, after),
        "event_date": iso8601(scene.now),
        "event_type": f"{resource.audit}.{action}",
        "resource_sid": row.sid,
        "resource_type": resource.audit,
        "source": "api",
        "source_ip_address": scene.remote,
        "resource_path": f"{_item_path(scene, resource, row)}{resource.suffix}",
    }
    sid = scene.store.next_sid(scene.account, PREFIX)
    scene.store.add(Row(0, KIND, scene.account, "", sid, event, scene.now, scene.now))


def _item_path(scene: Scene, resource: Resource, row: Row) -> str:
    path = (
        (resource.home or resource.path).replace("<account>", scene.account).replace("<parent>", row.parent)
    )
    return f"{path}/{row.sid}"


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Field by field: what it was and what it is; fields that stay are left out."""
    return {
        name: {"previous": before.get(name), "updated": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name) and not name.startswith("_")
    }

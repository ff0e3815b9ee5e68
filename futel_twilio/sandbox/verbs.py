"""The five verbs over any row of the tables: create, list, fetch, update, delete."""

from dataclasses import replace
from typing import Any

from futel_twilio.sandbox import audit, paging
from futel_twilio.sandbox.errors import Refusal, bad, lacks, missing
from futel_twilio.sandbox.rows import Condition, Natural, Row
from futel_twilio.sandbox.table import (
    THROUGH,
    Answer,
    Change,
    Field,
    Limit,
    Maps,
    Resource,
    Scene,
    Shown,
    Unique,
)

COLLECTION = {"POST": "create", "GET": "list"}
ITEM = {"GET": "fetch", "POST": "update", "DELETE": "delete"}


def perform(verb: str, scene: Scene, resource: Resource) -> Answer:
    for prepare in (resource.guard, resource.seed):
        if prepare is not None:
            prepare(scene)
    _require_parent(scene, resource)
    return VERBS[verb](scene, resource)


def create(scene: Scene, resource: Resource) -> Answer:
    if resource.maps is not None:
        body: dict[str, Any] = {THROUGH: resource.path}
        sid = _target(scene, resource, resource.maps)
    else:
        body = _accept(scene, resource, "create", {})
        sid = ""
    _judge(resource, "create", Change(scene, sid, None, body))
    if resource.asks is not None:
        return resource.asks(scene, body)
    keys = naturals(resource, scene.account, scene.parent, body)
    _refuse_taken(scene, resource, body, keys, 0)
    _refuse_full(scene, resource)
    sid = sid or body.get(resource.named, "") or scene.store.next_sid(scene.account, resource.prefix)
    row = Row(0, resource.kind, scene.account, scene.parent, sid, body, scene.now, scene.now)
    row = scene.store.add(row, keys)
    if resource.born is not None:
        resource.born(scene, row)
    audit.record(scene, resource, "created", row, {}, body)
    return 201, show(scene, resource, row, "create")


def list_(scene: Scene, resource: Resource) -> Answer:
    page = paging.turn(scene, resource)
    items = [show(scene, resource, row, "list") for row in page.rows]
    if resource.product == "api":
        return 200, paging.classic(page, scene.path, resource.key, items)
    return 200, paging.modern(page, scene.url_of(scene.path), resource.key, items)


def fetch(scene: Scene, resource: Resource) -> Answer:
    return 200, show(scene, resource, _find(scene, resource), "fetch")


def update(scene: Scene, resource: Resource) -> Answer:
    row = _find(scene, resource)
    body = _accept(scene, resource, "update", row.body)
    _judge(resource, "update", Change(scene, row.sid, row.body, body))
    keys = naturals(resource, scene.account, scene.parent, body)
    _refuse_taken(scene, resource, body, keys, row.seq)
    changed = replace(row, body=body, updated=scene.now)
    scene.store.change(changed, keys)
    audit.record(scene, resource, "updated", row, row.body, body)
    return 200, show(scene, resource, changed, "fetch")


def delete(scene: Scene, resource: Resource) -> Answer:
    row = _find(scene, resource)
    _judge(resource, "delete", Change(scene, row.sid, row.body, None))
    scene.store.remove(row)
    audit.record(scene, resource, "deleted", row, row.body, {})
    return 204, None


VERBS = {"create": create, "list": list_, "fetch": fetch, "update": update, "delete": delete}


def show(scene: Scene, resource: Resource, row: Row, verb: str) -> dict[str, Any]:
    """The row as Twilio would print it, in the order of the table."""
    path = (resource.home or resource.path).replace("<account>", row.account).replace("<parent>", row.parent)
    shown = Shown(scene, resource, row, f"{path}/{row.sid}")
    return {
        field.name: field.derive(shown) if field.derive else row.body.get(field.name, field.default)
        for field in resource.fields
        if field.kept and _is_in(field, verb)
    }


def _is_in(field: Field, verb: str) -> bool:
    """What a fetch shows, a create shows too."""
    return field.only in {"", verb} or (field.only == "fetch" and verb == "create")


def _find(scene: Scene, resource: Resource) -> Row:
    parent = "" if resource.within else scene.parent
    row = scene.store.find(resource.kind, scene.account, scene.ids["sid"], parent)
    if row is None or (resource.within and not _is_within(scene, resource.within(scene), row)):
        raise missing(scene.path)
    return row


def _is_within(scene: Scene, conditions: list[Condition], row: Row) -> bool:
    place = (row.kind, row.account, row.parent)
    return any(
        found.seq == row.seq for found in scene.store.select(place, conditions, after=row.seq - 1, limit=1)
    )


def _require_parent(scene: Scene, resource: Resource) -> None:
    if resource.parent and scene.store.find(resource.parent, scene.account, scene.parent) is None:
        raise missing(scene.path)


def _accept(scene: Scene, resource: Resource, verb: str, before: dict[str, Any]) -> dict[str, Any]:
    """The body after the parameters: what is not sent stays, what is sent empty goes back to its default."""
    body = dict(before)
    for field in resource.fields:
        if field.kept and field.derive is None:
            body.setdefault(field.name, field.default)
        if field.read is None or verb not in field.on:
            continue
        raw = scene.form.get(field.param)
        if raw is None:
            if field.required is not None and verb in field.required_on:
                raise _fresh(field.required)
            continue
        value = field.default if raw == "" and field.clears else field.read(field.param, raw)
        if field.kept:
            body[field.name] = value
    return body


def _fresh(refusal: Refusal) -> Refusal:
    """The refusals of the tables are shared by threads: each raise has its own, with its own traceback."""
    return Refusal(refusal.status, refusal.code, refusal.message)


def _target(scene: Scene, resource: Resource, maps: Maps) -> str:
    """What a mapping is to map: it must exist, and must not be mapped here yet."""
    sid = scene.form.get(maps.param, "")
    if not sid:
        raise lacks(maps.param)
    if scene.store.find(maps.kind, scene.account, sid) is None:
        # GUESS: 404 naming what is absent; it might be a 400.
        raise missing(sid)
    there = scene.store.find(resource.kind, scene.account, sid, scene.parent)
    if there is not None:
        raise _mapped_already(there, resource, maps)
    return sid


def _mapped_already(there: Row, resource: Resource, maps: Maps) -> Refusal:
    """Two wordings are recorded for one code, through the same path (2022) and through the other (2026)."""
    # GUESS: that the path makes the difference, and not the years.
    same = there.body.get(THROUGH) == resource.path
    words = f"{there.sid} already associated with {there.parent}" if same else maps.twice
    return bad(21231, words)


def _judge(resource: Resource, verb: str, change: Change) -> None:
    for rule in resource.rules:
        if verb in rule.on:
            rule.judge(change)


def naturals(resource: Resource, account: str, parent: str, body: dict[str, Any]) -> list[Natural]:
    """What of a body may exist once, where."""
    scopes = {"global": "", "account": account, "parent": f"{account}/{parent}"}
    return [
        Natural(resource.kind, unique.field, scopes[unique.scope], _folded(unique, body[unique.field]))
        for unique in resource.uniques
    ]


def _folded(unique: Unique, value: str) -> str:
    return value.lower() if unique.folds else value


def _refuse_taken(
    scene: Scene, resource: Resource, body: dict[str, Any], keys: list[Natural], own: int
) -> None:
    for unique, key in zip(resource.uniques, keys, strict=True):
        if scene.store.holder(key) not in {None, own}:
            raise unique.refuse(body[unique.field])


def _refuse_full(scene: Scene, resource: Resource) -> None:
    limit = resource.limit
    if limit is None:
        return
    parent = scene.parent if limit.scope == "parent" else None
    if scene.store.count(resource.kind, scene.account, parent=parent) >= _most(scene, resource, limit):
        raise _fresh(limit.refusal)


def _most(scene: Scene, resource: Resource, limit: Limit) -> int:
    return scene.limits.get(resource.kind, limit.most)

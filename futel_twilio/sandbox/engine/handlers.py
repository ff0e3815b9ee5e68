"""The five verbs over any row of the tables: create, list, fetch, update, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from futel_twilio.sandbox.engine import audit_events, paging
from futel_twilio.sandbox.engine.errors import Refusal, bad, lacks, missing
from futel_twilio.sandbox.engine.tables import (
    THROUGH,
    Answer,
    Change,
    Field,
    JoinTable,
    Limit,
    Rendered,
    RequestContext,
    Resource,
    Unique,
)
from futel_twilio.sandbox.storage.rows import Condition, Row, UniqueKey

COLLECTION = {"POST": "create", "GET": "list"}
ITEM = {"GET": "fetch", "POST": "update", "DELETE": "delete"}


def perform(verb: str, context: RequestContext, resource: Resource) -> Answer:
    for prepare in (resource.guard, resource.seed):
        if prepare is not None:
            prepare(context)
    _require_parent(context, resource)
    return VERBS[verb](context, resource)


def create(context: RequestContext, resource: Resource) -> Answer:
    if resource.maps is not None:
        body: dict[str, Any] = {THROUGH: resource.path}
        sid = _target(context, resource, resource.maps)
    else:
        body = _accept(context, resource, "create", {})
        sid = ""
    _judge(resource, "create", Change(context, sid, None, body))
    if resource.asks is not None:
        return resource.asks(context, body)
    keys = unique_keys(resource, context.account, context.parent, body)
    _refuse_taken(context, resource, body, keys, 0)
    _refuse_full(context, resource)
    sid = sid or body.get(resource.named, "") or context.store.next_sid(context.account, resource.prefix)
    row = Row(0, resource.kind, context.account, context.parent, sid, body, context.now, context.now)
    row = context.store.add(row, keys)
    if resource.born is not None:
        resource.born(context, row)
    audit_events.record(context, resource, "created", row, {}, body)
    return 201, show(context, resource, row, "create")


def list_(context: RequestContext, resource: Resource) -> Answer:
    page = paging.turn(context, resource)
    items = [show(context, resource, row, "list") for row in page.rows]
    if resource.product == "api":
        return 200, paging.classic(page, context.path, resource.key, items)
    return 200, paging.modern(page, context.url_of(context.path), resource.key, items)


def fetch(context: RequestContext, resource: Resource) -> Answer:
    return 200, show(context, resource, _find(context, resource), "fetch")


def update(context: RequestContext, resource: Resource) -> Answer:
    row = _find(context, resource)
    body = _accept(context, resource, "update", row.body)
    _judge(resource, "update", Change(context, row.sid, row.body, body))
    keys = unique_keys(resource, context.account, context.parent, body)
    _refuse_taken(context, resource, body, keys, row.seq)
    changed = replace(row, body=body, updated=context.now)
    context.store.change(changed, keys)
    audit_events.record(context, resource, "updated", row, row.body, body)
    return 200, show(context, resource, changed, "fetch")


def delete(context: RequestContext, resource: Resource) -> Answer:
    row = _find(context, resource)
    _judge(resource, "delete", Change(context, row.sid, row.body, None))
    context.store.remove(row)
    audit_events.record(context, resource, "deleted", row, row.body, {})
    return 204, None


VERBS = {"create": create, "list": list_, "fetch": fetch, "update": update, "delete": delete}


def show(context: RequestContext, resource: Resource, row: Row, verb: str) -> dict[str, Any]:
    """The row as Twilio would print it, in the order of the table."""
    path = (resource.home or resource.path).replace("<account>", row.account).replace("<parent>", row.parent)
    rendered = Rendered(context, resource, row, f"{path}/{row.sid}")
    return {
        field.name: field.derive(rendered) if field.derive else row.body.get(field.name, field.default)
        for field in resource.fields
        if field.kept and _is_in(field, verb)
    }


def _is_in(field: Field, verb: str) -> bool:
    """What a fetch shows, a create shows too."""
    return field.only in {"", verb} or (field.only == "fetch" and verb == "create")


def _find(context: RequestContext, resource: Resource) -> Row:
    parent = "" if resource.within else context.parent
    row = context.store.find(resource.kind, context.account, context.ids["sid"], parent)
    if row is None or (resource.within and not _is_within(context, resource.within(context), row)):
        raise missing(context.path)
    return row


def _is_within(context: RequestContext, conditions: list[Condition], row: Row) -> bool:
    place = (row.kind, row.account, row.parent)
    return any(
        found.seq == row.seq for found in context.store.select(place, conditions, after=row.seq - 1, limit=1)
    )


def _require_parent(context: RequestContext, resource: Resource) -> None:
    if resource.parent and context.store.find(resource.parent, context.account, context.parent) is None:
        raise missing(context.path)


def _accept(context: RequestContext, resource: Resource, verb: str, before: dict[str, Any]) -> dict[str, Any]:
    """The body after the parameters: what is not sent stays, what is sent empty goes back to its default."""
    body = dict(before)
    for field in resource.fields:
        if field.kept and field.derive is None:
            body.setdefault(field.name, field.default)
        if field.read is None or verb not in field.on:
            continue
        raw = context.form.get(field.param)
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


def _target(context: RequestContext, resource: Resource, maps: JoinTable) -> str:
    """What a mapping is to map: it must exist, and must not be mapped here yet."""
    sid = context.form.get(maps.param, "")
    if not sid:
        raise lacks(maps.param)
    if context.store.find(maps.kind, context.account, sid) is None:
        # GUESS: 404 naming what is absent; it might be a 400.
        raise missing(sid)
    there = context.store.find(resource.kind, context.account, sid, context.parent)
    if there is not None:
        raise _mapped_already(there, resource, maps)
    return sid


def _mapped_already(there: Row, resource: Resource, maps: JoinTable) -> Refusal:
    """Two wordings are recorded for one code, through the same path (2022) and through the other (2026)."""
    # GUESS: that the path makes the difference, and not the years.
    same = there.body.get(THROUGH) == resource.path
    words = f"{there.sid} already associated with {there.parent}" if same else maps.twice
    return bad(21231, words)


def _judge(resource: Resource, verb: str, change: Change) -> None:
    for rule in resource.rules:
        if verb in rule.on:
            rule.judge(change)


def unique_keys(resource: Resource, account: str, parent: str, body: dict[str, Any]) -> list[UniqueKey]:
    """What of a body may exist once, where."""
    scopes = {"global": "", "account": account, "parent": f"{account}/{parent}"}
    return [
        UniqueKey(resource.kind, unique.field, scopes[unique.scope], _folded(unique, body[unique.field]))
        for unique in resource.uniques
    ]


def _folded(unique: Unique, value: str) -> str:
    return value.lower() if unique.folds else value


def _refuse_taken(
    context: RequestContext, resource: Resource, body: dict[str, Any], keys: list[UniqueKey], own: int
) -> None:
    for unique, key in zip(resource.uniques, keys, strict=True):
        if context.store.holder(key) not in {None, own}:
            raise unique.refuse(body[unique.field])


def _refuse_full(context: RequestContext, resource: Resource) -> None:
    limit = resource.limit
    if limit is None:
        return
    parent = context.parent if limit.scope == "parent" else None
    if context.store.count(resource.kind, context.account, parent=parent) >= _most(context, resource, limit):
        raise _fresh(limit.refusal)


def _most(context: RequestContext, resource: Resource, limit: Limit) -> int:
    return context.limits.get(resource.kind, limit.most)

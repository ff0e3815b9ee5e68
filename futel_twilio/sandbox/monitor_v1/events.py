"""The table of audit events, which every change leaves."""

from __future__ import annotations

from futel_twilio.sandbox.engine import audit_events
from futel_twilio.sandbox.engine.fields import ACCOUNT, SID, URL
from futel_twilio.sandbox.engine.tables import Field, Filter, Rendered, Resource
from futel_twilio.sandbox.engine.values import moment, text


def _links(rendered: Rendered) -> dict[str, str]:
    account = f"/2010-04-01/Accounts/{rendered.row.account}.json"
    path = rendered.row.body["resource_path"]
    return {"actor": rendered.context.url_of(account), "resource": rendered.context.url_of(path)}


EVENTS = Resource(
    kind=audit_events.KIND,
    path="/v1/Events",
    key="events",
    prefix=audit_events.PREFIX,
    verbs=("list", "fetch"),
    fields=(
        ACCOUNT,
        Field("actor_sid"),
        Field("actor_type"),
        Field("description"),
        Field("event_data", holds=lambda value: isinstance(value, dict)),
        Field("event_date"),
        Field("event_type"),
        Field("links", derive=_links),
        Field("resource_sid"),
        Field("resource_type"),
        SID,
        Field("source"),
        Field("source_ip_address"),
        URL,
    ),
    filters=(
        Filter("ActorSid", "actor_sid", text),
        Filter("EventType", "event_type", text),
        Filter("ResourceSid", "resource_sid", text),
        Filter("SourceIpAddress", "source_ip_address", text),
        Filter("StartDate", "event_date", moment, ">="),
        Filter("EndDate", "event_date", moment, "<="),
    ),
    hidden={"resource_path": lambda value: isinstance(value, str)},
    evidence="example",
    source="monitor_v1; names of event types as documented, where they are",
)

"""The v2010 tables of API keys, under both of their names, and authentication by a key's secret.

Only the answer to the create has the secret. The sandbox keeps a salted digest, from which nobody reads it back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any

from futel_twilio.sandbox.engine.accounts import Principal, basic
from futel_twilio.sandbox.engine.errors import bad, unauthenticated
from futel_twilio.sandbox.engine.fields import CREATED, SID, UPDATED
from futel_twilio.sandbox.engine.tables import Change, Field, RequestContext, Resource, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from futel_twilio.sandbox.storage.store import Store

BASE = "/2010-04-01/Accounts/<account>"
KIND = "key"
DIGEST, SALT = "_digest", "_salt"
LONGEST_NAME = 64
SID_FORM = re.compile(r"SK[0-9a-fA-F]{32}")


def _name(_param: str, raw: str) -> str:
    """A reader. GUESS: the wording, and that an empty name is allowed; the code is recorded live."""
    if len(raw) > LONGEST_NAME:
        raise bad(70001, f"FriendlyName must have at most {LONGEST_NAME} characters")
    return raw


def _guard(context: RequestContext) -> None:
    """Keys are not for standard keys. GUESS: every key here is a standard one, there are no Main keys."""
    if context.caller.is_key:
        raise unauthenticated()
    if "sid" in context.ids and not SID_FORM.fullmatch(context.ids["sid"]):
        # GUESS: the wording; the code is recorded live.
        raise bad(70002, "The key SID is not valid")


def _is_hex(size: int) -> Callable[[Any], bool]:
    """Whether a value is so many bytes, written as `token_hex` and `hexdigest` write them."""
    return lambda value: isinstance(value, str) and bool(re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value))


def _digest(secret: str, salt: str) -> str:
    """One pass is enough: the secret is 128 bits of chance, not a word somebody chose."""
    return hashlib.blake2b(secret.encode(), salt=bytes.fromhex(salt), digest_size=32).hexdigest()


def _make_secret(change: Change) -> None:
    secret, salt = secrets.token_hex(16), secrets.token_hex(16)
    change.context.one_time_secrets["secret"] = secret
    if change.after is not None:
        change.after.update({SALT: salt, DIGEST: _digest(secret, salt)})


def authenticate(store: Store, header: str | None) -> Principal | None:
    """Whoever signs with a key that was made here; None when there is no such key."""
    sid, secret = basic(header or "")
    row = store.find_key(sid) if SID_FORM.fullmatch(sid) else None
    if row is None or not hmac.compare_digest(row.body[DIGEST], _digest(secret, row.body[SALT])):
        return None
    return Principal(row.account, sid, is_key=True)


def _keys(path: str, key: str) -> Resource:
    return Resource(
        kind=KIND,
        path=f"{BASE}/{path}",
        key=key,
        prefix="SK",
        verbs=("create", "list", "fetch", "update", "delete"),
        fields=(
            SID,
            # GUESS: what an unsent name reads as is not recorded.
            Field("friendly_name", "FriendlyName", _name, "", evidence="live", source="live log, iam"),
            CREATED,
            UPDATED,
            Field(
                "secret", derive=lambda rendered: rendered.context.one_time_secrets["secret"], only="create"
            ),
        ),
        rules=(Rule(("create",), _make_secret, "a secret of 32 characters, told once", "spec", "docs: Key"),),
        guard=_guard,
        hidden={SALT: _is_hex(16), DIGEST: _is_hex(32)},
        audit="account-api-keys",
        evidence="spec",
        source="docs: Key",
    )


KEYS = (_keys("Keys", "keys"), _keys("SigningKeys", "signing_keys"))

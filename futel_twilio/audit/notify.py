"""Notify people about what changed since the last audit."""

from __future__ import annotations

import json
import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import atomic, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from futel_twilio.audit.results import Audit


def since(before: Path, audit: Audit) -> tuple[str, ...]:
    """What changed since the last audit: `new: NAME: claim` and `fixed: NAME`.

    Fixed is only what was looked at and holds: a finding that is accepted now, or that this audit did not
    look at, is neither.

    Args:
        before: what `remember` wrote; where there is no such file, nothing was found before.
        audit: this audit, of the whole account: of a part, all else would be new the next time.

    Raises:
        BadInput: the file is broken.
    """
    then = _names(before)
    held = {check.name for check in audit.checks if check.outcome == "held"}
    new = (f"new: {one.name}: {one.claim}" for one in audit.findings if one.name not in then)
    fixed = (f"fixed: {name}" for name in then if name in held)
    return (*new, *fixed)


def remember(path: Path, audit: Audit) -> None:
    """Write down an audit's findings for the next `since`, for nobody else to read: they name phones.

    Raises:
        BadInput: the file cannot be written.
    """
    findings = [{"name": one.name, "claim": one.claim, "severity": one.severity} for one in audit.findings]
    document = {"looked_at": audit.read_at.isoformat(), "findings": findings}
    atomic.replace(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n", private=True)


def send(url: str, title: str, lines: Sequence[str]) -> None:
    """Send lines to whom an Apprise URL names; with no lines, only look whether the URL is one.

    Raises:
        BadInput: Apprise is not installed, does not understand the URL, or could not send.
    """
    with _quietly():
        apprise = _library()
        channel = apprise.Apprise()
        understood = bool(channel.add(url))
        sent = understood and (not lines or _deliver(apprise, channel, title, lines))
    if not understood:
        raise BadInput(
            "Apprise does not understand the URL to notify, which is not repeated here.",
            "Write it as https://github.com/caronc/apprise/wiki says, and run the command again.",
        )
    if not sent:
        raise BadInput(
            "The notification could not be sent; its URL is not repeated here.",
            "Try `apprise -vv --body=test URL`, which says why, and run the command again.",
        )


def _deliver(apprise: Any, channel: Any, title: str, lines: Sequence[str]) -> bool:
    return bool(channel.notify(title=title, body="\n".join(lines), body_format=apprise.NotifyFormat.TEXT))


def _library() -> Any:
    try:
        import apprise
    except ImportError:
        raise BadInput(
            "Notifying needs the library Apprise, which is not installed.",
            "Run `pip install 'futel-twilio[notify]'` and then the command again.",
        ) from None
    return apprise


@contextmanager
def _quietly() -> Iterator[None]:
    """Log nothing, and let no import of Apprise's warn.

    All logs, since each of the libraries that its services use may log a URL. The services are imported when the
    first URL is added, and use what those libraries deprecate.
    """
    level = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logging.disable(level)


def _names(path: Path) -> tuple[str, ...]:
    why = "it does not hold findings"
    try:
        findings: Any = reading.read_json(path)["findings"]
        names = [finding["name"] for finding in findings] if isinstance(findings, list) else [None]
    except FileNotFoundError:
        return ()
    except CannotRead as error:
        names, why = [None], error.fault
    except (TypeError, LookupError):
        names = [None]
    if all(isinstance(name, str) for name in names):
        return tuple(map(str, names))
    raise BadInput(
        f"{path.name}, which holds what the last audit found, is broken: {why}.",
        "Delete it: the next audit then tells every finding as new.",
    )

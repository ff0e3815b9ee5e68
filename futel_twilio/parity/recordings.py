"""What Twilio answered, as files: one for each experiment, which the sandbox is then held to.

A file says what it was recorded from. It holds observations, in which every SID, name, date and secret is a
placeholder already, and nothing is written while anything that looks like a secret is left in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from futel_twilio.audit import redaction
from futel_twilio.errors import BadInput, CannotRead
from futel_twilio.files import atomic, reading
from futel_twilio.sandbox.experiments.observations import Observation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from futel_twilio.parity.trial import Outcome

TWILIO, OTHER = "Twilio", "a server at FUTEL_TWILIO_URL"


@dataclass(frozen=True)
class Recording:
    """One experiment as some server answered it on some day."""

    experiment: str
    source: str
    day: str
    observations: tuple[Observation, ...]


def write(folder: Path, outcomes: Sequence[Outcome], source: str, secrets: Sequence[str]) -> int:
    """Write what the other side said, one file for each experiment that it answered; how many.

    Raises:
        BadInput: something that looks like a secret is left in one; nothing at all was written.
    """
    texts = {one.name: _text(one, source) for one in outcomes if not one.failure}
    for name, text in texts.items():
        found = redaction.find_leaks(text) + [
            "a secret of these credentials" for s in secrets if s and s in text
        ]
        if found:
            raise BadInput(
                f"The recording of {name} holds what looks like a secret ({found[0]}); none was written.",
                "Please report this, with the name of the experiment.",
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        atomic.replace(folder / f"{name}.json", text)
    return len(texts)


def _text(outcome: Outcome, source: str) -> str:
    document = {
        "experiment": outcome.name,
        "recorded_from": source,
        "recorded": datetime.now(UTC).date().isoformat(),
        "version": version("futel-twilio"),
        "observations": [observation.as_json() for observation in outcome.theirs],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read(folder: Path) -> list[Recording]:
    """Every recording of a folder, by name.

    Raises:
        BadInput: one of them is broken.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Recording:
    try:
        document = reading.read_json(path)
        seen = tuple(_observation(one) for one in document["observations"])
        return Recording(document["experiment"], document["recorded_from"], document["recorded"], seen)
    except CannotRead as error:
        raise BadInput(
            f"The recording {error.message}", "Take it from git again, or record it anew."
        ) from None
    except (OSError, KeyError, TypeError):
        raise BadInput(
            f"The recording {path.name} is broken.", "Take it from git again, or record it anew."
        ) from None


def _observation(found: dict[str, Any]) -> Observation:
    return Observation(**found)

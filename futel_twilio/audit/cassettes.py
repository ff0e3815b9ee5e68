"""Record the account to a cassette without secrets, and replay it."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from futel_twilio.audit.redaction import Redaction, find_leaks, scrub
from futel_twilio.errors import BadInput
from futel_twilio.files import atomic, reading
from futel_twilio.resources.types import STORED_NAMES, VOICE_TYPES, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from futel_twilio.config.connection import Connection
    from futel_twilio.resources.state import AccountState

AT_ONCE = 1  # vcrpy takes its patches off for a moment at each connection: another thread would slip by
OLD_AFTER_DAYS = 30
CHANGING_PARAMETERS = frozenset({"StartDate", "EndDate"})


@dataclass(frozen=True)
class CassetteMetadata:
    """What a cassette says about itself.

    Attributes:
        recorded: the day, UTC.
        source: `sandbox` or `live`.
        version: of this tool.
        estate: a fingerprint of the names in estate.toml; no address or phone is in it.
        by_key: whether an API key was used.
        interactions: how many answers there are, to tell a cassette that was cut.
    """

    recorded: date
    source: str
    version: str
    estate: str
    by_key: bool
    interactions: int = 0

    @property
    def age_days(self) -> int:
        return (datetime.now(UTC).date() - self.recorded).days


def metadata_for(desired: AccountState, settings: Connection, *, by_key: bool) -> CassetteMetadata:
    """The label of a recording that is made now."""
    source = "sandbox" if settings.is_sandbox else "live"
    return CassetteMetadata(
        datetime.now(UTC).date(), source, version("futel-twilio"), fingerprint(desired), by_key
    )


def fingerprint(desired: AccountState) -> str:
    """The names that the requests hang on, as 16 hexadecimal digits; settings, URLs and phones do not count."""
    names = json.dumps(
        sorted(
            [STORED_NAMES[type(resource)], resource.name]
            for resource in desired.resources()
            if type_of(resource) in VOICE_TYPES
        )
    )
    return hashlib.sha256(names.encode()).hexdigest()[:16]


@contextmanager
def record(
    path: Path, label: CassetteMetadata, secrets: tuple[str, ...], desired: AccountState
) -> Iterator[None]:
    """Write every answer of the block to a cassette.

    Args:
        path: the cassette; replaced once the block has ended well.
        label: what to write on it.
        secrets: texts that may never be in it, whatever their form.
        desired: the whole desired state, which says whose address is whose.

    Raises:
        BadInput: something secret survived the scrubbing; nothing was written.
    """
    serializer = _Serializer(label, secrets, Redaction.of(desired))
    with use_cassette(path, serializer, "all"):
        yield
    # After the block: vcr leaves its patches in place if a cassette cannot be saved.
    serializer.write(path)


@contextmanager
def replay(path: Path, desired: AccountState, whole: AccountState) -> Iterator[CassetteMetadata]:
    """Answer every request of the block from a cassette, and return its metadata.

    Args:
        path: the cassette.
        desired: the state that it must have been recorded for.
        whole: the desired state of all environments; its addresses replace those that recordings hide.

    Raises:
        BadInput: it is not there, is cut or broken, is of another estate, or lacks an answer.
    """
    from vcr.errors import CannotOverwriteExistingCassetteException

    label = metadata_of(path)
    if label.estate != fingerprint(desired):
        raise BadInput(
            f"The cassette {path.name} was recorded for another estate.toml than this one.",
            "Record it anew with `invoke record --profile NAME`, or look with `--live`.",
        )
    try:
        with use_cassette(path, _Serializer(label, (), Redaction.of(whole)), "none"):
            yield label
    except CannotOverwriteExistingCassetteException:
        raise BadInput(
            f"The cassette {path.name} lacks an answer that the checks need.",
            "Record it anew with `invoke record --profile NAME`, or look with `--live`.",
        ) from None


def metadata_of(path: Path) -> CassetteMetadata:
    """The label of a cassette.

    Raises:
        BadInput: it is not there, or it is cut or broken.
    """
    try:
        return _read(_text_of(path), path.name)[0]
    except FileNotFoundError:
        raise BadInput(
            f"There is no cassette {path.name}.",
            "Record one with `invoke record --profile NAME`, or look with `--live`.",
        ) from None


def _text_of(path: Path) -> str:
    return reading.read_text(path, f"The cassette {path.name}", largest=reading.LARGEST_RECORD)


def _read(text: str, name: str) -> tuple[CassetteMetadata, dict[str, Any]]:
    import yaml

    try:
        # The C loader is the same safe loader, ten times as fast, where PyYAML was built with it.
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        label = CassetteMetadata(**document.pop("label"))
        whole = len(document["interactions"]) == label.interactions and isinstance(label.recorded, date)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        whole = False
    if not whole:
        raise BadInput(
            f"The cassette {name} is cut or broken.",
            "Take it from git again, or record it anew with `invoke record`.",
        )
    return label, document


class _Serializer:
    """The form of the file: a label, then the answers in the order of their paths."""

    def __init__(self, label: CassetteMetadata, secrets: tuple[str, ...], redaction: Redaction) -> None:
        self.label = label
        self.secrets = secrets
        self.redaction = redaction
        self._recorded: dict[str, Any] = {"interactions": [], "version": 1}

    def deserialize(self, text: str) -> dict[str, Any]:
        document = _read(text, "file")[1]
        for answer in document["interactions"]:
            body = answer["response"]["body"]
            body["string"] = self.redaction.unmasked(body["string"])
        return document

    def scrubbed(self, response: dict[str, Any]) -> dict[str, Any]:
        """An answer as a recording may hold it."""
        body = response["body"]["string"]
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        with suppress(ValueError):
            text = json.dumps(self.redaction.masked(json.loads(text)), indent=1, sort_keys=True)
        return {
            "status": response["status"],
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": scrub(text).encode()},
        }

    def serialize(self, cassette: dict[str, Any]) -> str:
        """Keep what was recorded, for `write`; vcr calls this when the block ends."""
        self._recorded = cassette
        return ""

    def write(self, path: Path) -> None:
        """Replace a cassette with what was recorded.

        Raises:
            BadInput: something secret survived the scrubbing, or the file cannot be written; nothing was written.
        """
        text = self._text()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic.replace(path, text)
        except OSError as error:
            raise BadInput(
                f"The cassette {path} cannot be written: {error.strerror}.",
                "Run the command in a directory that you may write to, on a disk that is not full.",
            ) from None

    def _text(self) -> str:
        import yaml

        answers = sorted(self._recorded["interactions"], key=lambda one: one["request"]["uri"])
        label = {**asdict(self.label), "interactions": len(answers)}
        document = {"label": label, "version": self._recorded["version"], "interactions": answers}
        text = yaml.safe_dump(document, sort_keys=True, width=1000, allow_unicode=True)
        left = find_leaks(text) + [
            "a secret of these credentials" for secret in self.secrets if secret and secret in text
        ]
        said = (one["response"]["body"]["string"] for one in answers)
        left += ["a street address"] if any(map(self.redaction.is_known, said)) else []
        if left:
            raise BadInput(
                f"The recording holds what looks like a secret ({', '.join(sorted(set(left)))}); nothing was written.",
                "Please report this; look with `--live` meanwhile.",
            )
        return text


def use_cassette(path: Path, serializer: _Serializer, mode: str) -> Any:
    import vcr

    player = vcr.VCR(
        record_mode=vcr.mode(mode),
        match_on=("method", "path", "query"),
        before_record_request=_scrubbed_request,
        # What is played back was scrubbed when it was recorded, and is in the words of the inventory again.
        before_record_response=serializer.scrubbed if mode == "all" else None,
        decode_compressed_response=True,
    )
    player.register_serializer("tape", serializer)
    player.register_persister(_Persister)
    return player.use_cassette(str(path), serializer="tape", allow_playback_repeats=True)


class _Persister:
    """Reads a cassette; when recording, what was there is not read, and `record` writes the file."""

    @staticmethod
    def load_cassette(path: str, serializer: _Serializer) -> tuple[list[Any], list[Any]]:
        from vcr.serialize import deserialize

        if serializer.label.interactions == 0:
            return [], []
        requests, responses = deserialize(_text_of(Path(path)), serializer)
        return list(requests), list(responses)

    @staticmethod
    def save_cassette(_path: str, cassette: dict[str, Any], serializer: _Serializer) -> None:
        from vcr.serialize import serialize

        serialize(cassette, serializer)  # which makes plain values of it and keeps them


def _scrubbed_request(request: Any) -> Any:
    parts = urlsplit(request.uri)
    query = [
        (k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in CHANGING_PARAMETERS
    ]
    host = request.headers.get("X-Original-Host") or parts.netloc
    host = host.decode() if isinstance(host, bytes) else host
    request.uri = scrub(urlunsplit(("https", host, parts.path, urlencode(sorted(query)), "")))
    request.headers = {}
    request.body = None
    return request

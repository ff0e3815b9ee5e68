"""What Twilio answered, recorded by the parity run: the sandbox answers the same, and guesses are marked settled."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from futel_twilio.errors import BadInput
from futel_twilio.parity import recordings
from futel_twilio.parity.trial import Outcome
from futel_twilio.sandbox import coverage
from futel_twilio.sandbox.experiments.catalogue import EXPERIMENTS, meets
from futel_twilio.sandbox.experiments.observations import differences
from tests.support.experiments import tried
from tests.support.parity import compared, planted
from tests.support.paths import PROJECT

FOLDER = PROJECT / "tests" / "recordings"
BY_NAME = {one.name: one for one in EXPERIMENTS}


def contradictions(folder: Path) -> list[str]:
    """Where the sandbox answers otherwise than a recording of Twilio says, step by step."""
    found = []
    for recording in recordings.read(folder):
        if recording.source != recordings.TWILIO:
            found.append(f"{recording.experiment} was recorded from {recording.source}")
            continue
        seen = tried(BY_NAME[recording.experiment]).seen
        found += [
            f"{recording.experiment}, {step}: the sandbox says {ours}, Twilio said {theirs}"
            for step, ours, theirs in differences(seen, recording.observations)
        ]
    return found


def unmarked(folder: Path) -> list[str]:
    """Guesses, in the source or in the tables, that a recording has settled."""
    guesses = [(file, words) for file, words, _ in coverage.guesses()]
    guesses += [
        (table, says) for table, says, account_data, *_ in coverage.rules() if account_data == "guess"
    ]
    claims = [
        (recording.experiment, claim)
        for recording in recordings.read(folder)
        for one in [BY_NAME[recording.experiment]]
        for claim in (*one.guesses, *one.rules)
    ]
    return [
        f"{experiment} is recorded: mark `recording` what says GUESS in {place}: {words}"
        for experiment, claim in claims
        for place, words in guesses
        if meets(claim, place, words)
    ]


def record(folder: Path, name: str, **changes: object) -> None:
    """A recording as if Twilio had answered like the sandbox, but for the first answer."""
    first, *rest = tried(BY_NAME[name]).seen
    outcome = Outcome(name, (), (replace(first, **changes), *rest))  # type: ignore[arg-type]
    recordings.write(folder, [outcome], recordings.TWILIO, ("AC" + "1" * 32, "token"))


def test_the_sandbox_answers_like_twilio() -> None:
    """Every recording of Twilio that there is, the sandbox answers step by step in the same words."""
    assert contradictions(FOLDER) == []


def test_what_is_recorded_is_no_guess() -> None:
    """No guess is left that a recording has settled."""
    assert unmarked(FOLDER) == []


def test_a_contradiction_is_reported(tmp_path: Path) -> None:
    """Where Twilio was recorded to say something else, the step and both answers are reported."""
    record(tmp_path, "applications.open_to_others")
    assert contradictions(tmp_path) == []
    record(
        tmp_path, "applications.older_version", status=201, code=None, message="", value={"api_version": "x"}
    )
    (reported,) = contradictions(tmp_path)
    assert reported == (
        "applications.older_version, 2008-08-01: the sandbox says 400/20001 ApiVersion is not valid, "
        'Twilio said 201 {"api_version": "x"}'
    )


def test_a_settled_guess_is_reported(tmp_path: Path) -> None:
    """A guess, of the source or of the tables, whose experiment is recorded is reported until it is marked."""
    record(tmp_path, "applications.fallback_alone")
    reported = unmarked(tmp_path)
    assert any("GUESS in rules: the two codes are documented together" in line for line in reported)
    assert any("GUESS in Applications: 400/21405" in line for line in reported)


def test_a_recording_of_a_sandbox_is_none_of_twilio(tmp_path: Path) -> None:
    """Against another server nothing is recorded unless a folder is named, and then the files say from what."""
    answers, here = tmp_path / "answers", tmp_path / "here"
    here.mkdir()
    with planted("credentials.username_taken") as url:
        compared(url, here, "--only", "credentials.username_taken")
        assert list(here.iterdir()) == []
        code, _ = compared(url, here, "--only", "credentials.username", "--recordings", str(answers))
    assert (code, len(list(answers.iterdir()))) == (1, 4)
    assert contradictions(answers) == [
        f"credentials.username_{name} was recorded from a server at FUTEL_TWILIO_URL"
        for name in ("characters", "in_two_lists", "lengths", "taken")
    ]
    document = json.loads((answers / "credentials.username_taken.json").read_text())
    assert document["observations"][0] == {
        "step": "again",
        "status": 400,
        "code": 21240,
        "message": "Username <name 2>-x already exists in this Credential List",
    }


@pytest.mark.parametrize("leak", ["AC" + "1" * 32, "SK" + "2" * 32, "the-token", "password=Abcdefgh12345"])
def test_no_recording_holds_a_secret(tmp_path: Path, leak: str) -> None:
    """Something that looks like a secret keeps every recording of the run from being written."""
    seen = tried(BY_NAME["credentials.shape"]).seen
    outcomes = [
        Outcome("credentials.shape", (), seen),
        Outcome("credentials.updates", (), (replace(seen[0], message=f"about {leak}"),)),
    ]
    with pytest.raises(BadInput, match="looks like a secret"):
        recordings.write(tmp_path, outcomes, recordings.TWILIO, ("the-token", "AC" + "1" * 32))
    assert list(tmp_path.iterdir()) == []


def test_a_broken_recording_is_refused(tmp_path: Path) -> None:
    """A recording that was cut or edited into nonsense is no recording."""
    (tmp_path / "applications.unset_fields.json").write_text('{"experiment": "applications.unset_fields"')
    with pytest.raises(BadInput, match="cannot be read as JSON"):
        recordings.read(tmp_path)

"""What the checks share: the estate that is wished for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from futel_twilio import desired

if TYPE_CHECKING:
    from futel_twilio.model import Estate


@pytest.fixture(scope="session")
def wish() -> Estate:
    """The wish of this project's estate.toml."""
    return desired.load(Path(__file__).parent.parent / "estate.toml")

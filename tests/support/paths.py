"""Where the project and the estate of the tests are."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
ESTATE = PROJECT / "tests" / "estate"

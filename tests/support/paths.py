"""The paths of the project and of the estate of the tests."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
ESTATE = PROJECT / "tests" / "estate"

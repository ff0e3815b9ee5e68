"""Long loops: a few cases run by default, and every case in the nox sessions `deep` and `parity_proof`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


DEEP = "FUTEL_TWILIO_TESTS_DEEP"  # a variable that `nox -s deep` sets


def first(count: int, cases: Iterable[Any]) -> list[Any]:
    """The cases for `parametrize`, with all but the first few marked as slow.

    Args:
        count: how many cases run by default.
        cases: the values of one parameter.
    """
    return [case if n < count else pytest.param(case, marks=pytest.mark.slow) for n, case in enumerate(cases)]


def examples(many: int) -> int:
    """How many examples Hypothesis generates: all in the nox session `deep`, a quarter of them by default."""
    return many if os.environ.get(DEEP) else max(5, many // 4)


EVERY = [pytest.param(9, id="some"), pytest.param(1, id="each", marks=pytest.mark.slow)]  # request is killed

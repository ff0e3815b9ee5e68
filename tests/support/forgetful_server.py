"""A faulty sandbox command: it answers before it commits, and commits only every tenth request."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from futel_twilio.sandbox.__main__ import main
from futel_twilio.sandbox.storage import store

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = count(1)


@contextmanager
def transaction(self: store.Store) -> Iterator[None]:
    with self._lock:
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        yield
        if next(NUMBERS) % 10 == 1:  # the first one creates the tables
            self.db.execute("COMMIT")


if __name__ == "__main__":
    store.Store.transaction = transaction  # type: ignore[method-assign]
    sys.exit(main())

"""The sandbox command, which also prints the traceback of a crashed connection thread on stderr.

The sandbox itself is silent there, for a traceback could show what a client sent.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

from futel_twilio.sandbox.__main__ import main
from futel_twilio.sandbox.http import app, listener


def tell(self: listener.Server, _request: Any, _client_address: Any) -> None:
    assert self is not None
    if not isinstance(sys.exc_info()[1], OSError):  # the client hung up
        traceback.print_exc()


def tell_where() -> str:
    traceback.print_exc()
    return "told on stderr"


if __name__ == "__main__":
    listener.Server.handle_error = tell  # type: ignore[method-assign]
    app._where = tell_where
    sys.exit(main())

"""`python -m futel_twilio.parity --profile NAME`; see --help."""

from __future__ import annotations

import sys

from futel_twilio.parity.command import main

if __name__ == "__main__":
    sys.exit(main())

"""The account that a sandbox has by default, and its test credentials: apart, since clients need no more."""

from __future__ import annotations

DEFAULT_ACCOUNT_SID = "AC" + "0" * 32
DEFAULT_AUTH_TOKEN = "sandbox"  # noqa: S105 - a made-up token, opens nothing but a sandbox on loopback
TEST_ACCOUNT_SID = "AC" + "f" * 32  # the default test credentials, with the same token
ORIGINAL_HOST = "X-Original-Host"  # the header that tells which of Twilio's hosts was meant

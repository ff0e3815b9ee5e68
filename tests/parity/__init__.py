"""Tests of `futel_twilio.parity`."""

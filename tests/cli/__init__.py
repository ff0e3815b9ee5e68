"""Tests of `futel_twilio.cli`."""

"""Tests of `futel_twilio.passwords`."""

"""Tests of `futel_twilio.rehearsal`."""

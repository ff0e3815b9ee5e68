"""Tests of `futel_twilio.snapshots`."""

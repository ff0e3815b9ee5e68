"""Tests of `futel_twilio.sandbox.http`."""

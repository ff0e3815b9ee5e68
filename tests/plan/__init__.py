"""Tests of `futel_twilio.plan`."""

"""Tests of `futel_twilio.apply`."""

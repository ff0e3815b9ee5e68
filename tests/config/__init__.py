"""Tests of `futel_twilio.config`."""

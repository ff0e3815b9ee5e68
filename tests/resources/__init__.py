"""Tests of `futel_twilio.resources`."""

"""Tests of `futel_twilio.commands`."""

"""Tests of `futel_twilio.sandbox.experiments`."""

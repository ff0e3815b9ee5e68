"""Tests of `futel_twilio.sandbox.monitor_v1`."""

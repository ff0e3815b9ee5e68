"""Tests of `futel_twilio.sandbox.voice_v1`."""

"""Tests of `futel_twilio.sandbox.api_v2010.sip`."""

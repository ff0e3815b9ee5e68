"""Tests of `futel_twilio.audit.diagram`."""

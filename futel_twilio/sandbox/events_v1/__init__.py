"""Twilio's Events API v1: sinks, subscriptions and event types."""

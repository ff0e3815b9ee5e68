"""Twilio's Monitor API v1: alerts with their levels, and audit events."""

"""The sandbox held against Twilio's own words; each file uses only those above it.

values     what a parameter is sent as: whatever its reader takes
walk       every operation the sandbox offers, as data, in an order in which each succeeds
sdk        the official Python SDK along the walk
"""

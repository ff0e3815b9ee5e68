"""Pure: the resource types that this tool manages, their fields with Twilio's names, and the state of an account."""

"""The files a volunteer edits (estate.toml, clients.toml, the inventory) and the credentials: load, validate, edit."""

"""Files on disk: read with care, replaced atomically, appended as JSON lines, locked."""

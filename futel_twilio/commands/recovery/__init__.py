"""Undo or finish runs of the journal: what `rollback` and `resume` share."""

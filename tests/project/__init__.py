"""Tests of the project itself: its architecture, its documents, its schedule, its bench."""

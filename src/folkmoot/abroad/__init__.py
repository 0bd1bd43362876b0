"""Rooms of other conference services, kept in line with the spaces that list them (sync.md)."""

"""Stores: the same nouns and the same statements, kept by one database or another."""

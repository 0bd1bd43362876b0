"""Streams, client and server joined back to back in memory."""

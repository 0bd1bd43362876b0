"""Streams without sockets: bytes in, stanzas out, and back (RFC 6120, RFC 7395)."""

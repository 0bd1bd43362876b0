"""Folkmoot: Spaces for XMPP, on one pubsub engine."""

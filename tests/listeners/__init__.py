"""Listeners, over real sockets of this machine."""

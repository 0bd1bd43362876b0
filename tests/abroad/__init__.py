"""Rooms of other conference services: the difference, the queue, the visits."""

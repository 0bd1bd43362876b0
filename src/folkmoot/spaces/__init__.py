"""What who runs a server does with spaces: making and filling them, taking them elsewhere."""

"""The story of a space, played by real clients against a real server: `folkmoot demo`."""

"""Other servers, which Folkmoot is a component of."""

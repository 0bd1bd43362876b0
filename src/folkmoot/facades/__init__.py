"""The protocols, as words for what the engine does: one facade per specification."""

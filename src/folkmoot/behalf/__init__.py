"""What is done for the accounts of the server whose component we are, as far as it lets us."""

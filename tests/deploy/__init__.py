"""What an installation is put together from, read by the programs that are to read it."""

"""Values in and out of an entry: the group of a cell's variables as bytes, and back."""

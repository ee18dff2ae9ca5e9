"""What the kinds of figures share. Matplotlib is imported in this room alone."""

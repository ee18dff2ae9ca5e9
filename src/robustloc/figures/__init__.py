"""The figures. Matplotlib is imported here alone."""

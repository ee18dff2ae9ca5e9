"""What the scenes share: mirror images, reflection coefficients, and the arrays of DeepMIMO."""

"""What scenes are traced with: mirror images, reflection coefficients, and the way to DeepMIMO's arrays."""

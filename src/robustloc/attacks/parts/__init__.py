"""What the attacks share: steps, balls, and the losses that they maximise."""

"""What the models share: layers, blocks, an adaptive ODE solver."""

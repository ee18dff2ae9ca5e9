"""The embedded scenes: geometry -> paths by the image method, in the units of a DeepMIMO v4 scenario."""

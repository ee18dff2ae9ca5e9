"""Raw DeepMIMO folders -> propagation paths. The only room that knows file formats and their versions."""

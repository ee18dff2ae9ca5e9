"""From raw DeepMIMO folders or embedded scenes to data sets of angle-delay profiles."""

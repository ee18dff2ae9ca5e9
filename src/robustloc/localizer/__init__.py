"""A localizer: a network with the scaling of its positions; its training, its checkpoint, files of other origin."""

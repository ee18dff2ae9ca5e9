"""Localizers: the network with its position scaling, its training, its checkpoint, and networks from other programs."""

"""Parts that several kinds of figures share."""

"""Crafting perturbations, measuring their effect, examining, judging and certifying localizers."""

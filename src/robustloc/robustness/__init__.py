"""Robustness of localizers: crafting perturbations, measuring their effect, examination, verdict, certificate."""

"""Defences, one file each, found by name.

A file defines ``build(*, attacks, …parameters)`` and returns an object with the method
``on_batch(localizer, x, y, eps, generators) -> (x, y)``: given the training users of a step (scaled ADPs and positions
[m]), return those to train on. ``attacks`` are the configured attacks as functions
``(loss, x, *, eps, generators) -> x``, ``eps`` is the scenario's ``training_epsilon``, ``generators`` are
``torch.Generator``s of the CPU, at least one per user. The localizer's mode, weights and gradients are left as found.
"""

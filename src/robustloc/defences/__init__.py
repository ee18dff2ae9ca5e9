"""Defences, one file each, found by name.

A file defines ``build(*, attacks, …parameters)`` and returns an object with the method
``on_batch(localizer, x, y, eps, generators) -> (x, y)``: given the training users of a step (scaled ADPs and positions
[m]), return those to train on. ``attacks`` are the configured attacks as functions
``(loss, x, *, eps, generators) -> x``, ``eps`` is the largest epsilon that may be used, ``generators`` are one
``torch.Generator`` per user.
"""

"""Defences, one file each, found by name.

A file defines ``build(*, …parameters)`` and returns a `robustloc.defences.parts.base.Defence`, which says what a defence may
change: the users to train on, the loss, and the localizer that is used in the end. One that crafts takes a parameter
``attacks``: the entry's attacks, as functions ``(loss, x, *, eps, generators) -> x``.
"""

"""Defences, one file each, found by name.

A file defines ``build(*, attacks, …parameters)`` and returns a `robustloc.defence.Defence`, which says what a defence
may change: the users to train on, the loss, and the localizer that is used in the end. ``attacks`` are the configured
attacks as functions ``(loss, x, *, eps, generators) -> x``.
"""

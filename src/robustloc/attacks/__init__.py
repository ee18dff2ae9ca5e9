"""Attacks, one file per family, found by name.

A file defines ``perturb(loss, x, *, eps, norm, generators, …parameters) -> Tensor``: move the inputs ``x`` (N, …) so
that ``loss`` grows, where ``loss(x)`` returns one value per sample. The attack never sees the model, so the same file
attacks profiles and channel matrices, drives estimates away or to a target, and crafts on a surrogate.

* ``eps``: the budget, a number or a tensor that broadcasts against ``x``, one per sample.
* ``norm``: ``linf`` or ``l2``, the ball of radius eps around x that holds the result; the caller projects what leaves
  it. An attack that has no form for one of them raises a ``ValueError``.
* ``generators``: one ``torch.Generator`` of the CPU per sample, so that a sample's result does not depend on its batch.
* ``examples``, only if the file asks for it: batches of training users to learn from, a list of ``(loss, x)``. Such an
  attack is called once for all users.

`robustloc.attacks.parts.steps` has the parts that they are made of; `robustloc.attacks.parts.losses` makes losses of networks.
"""

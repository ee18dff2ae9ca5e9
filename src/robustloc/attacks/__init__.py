"""Attacks, one file per family, found by name.

A file defines ``perturb(loss, x, *, eps, norm, generators, …parameters) -> Tensor``. It moves the inputs ``x`` (N, …)
so that ``loss`` grows; ``loss(x)`` returns one value per sample. The attack never sees the model. So the same file
attacks profiles and channel matrices, drives estimates away from the truth or towards a target, and crafts on a
surrogate.

* ``x``: real numbers, what the ``domain`` of the attack's entry changes. ``input``: scaled profiles (N, 1, angle bins,
  delay bins). ``adp``: linear profiles of the same shape. ``csi``: channel matrices as real and imaginary parts
  (N, 2, antennas, subcarriers). ``antenna``: the sent spectrum as real and imaginary parts (N, 2, subcarriers), zero at
  first. The profiles and matrices of ``adp``, ``csi`` and ``antenna`` have unit energy (L2 norm 1) for each user.
* ``eps``: the budget, a number or a tensor that broadcasts against ``x``, one value per sample.
* ``norm``: ``linf`` or ``l2``. The result must lie in the ball of this norm and radius eps around x; the caller
  projects a result that leaves it. It must be finite, and have the shape, type and device of x. An attack that is not
  defined for one of the norms raises a ``ValueError``.
* ``generators``: one ``torch.Generator`` of the CPU per sample, so that a sample's result does not depend on its batch.
* ``examples``, only for a file that has this parameter: batches of training users to learn from, as a list of
  ``(loss, x)``. Such an attack is called once for all users.

All arguments are copies (`robustloc.attacks.parts.budget`), so an attack may work in place on them.

`robustloc.attacks.parts.steps` has the parts of an attack, `robustloc.attacks.parts.losses` makes losses of networks.
"""

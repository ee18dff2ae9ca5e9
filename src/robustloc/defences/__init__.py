"""Defences, one file each, found by name.

A file defines ``build(*, …parameters)`` and returns a `robustloc.defences.parts.base.Defence`. That class lists what a
defence can change: the users to train on, the loss, and the localizer that is used after training. A defence that
crafts adversarial examples has a parameter ``attacks``: functions ``(loss, x, *, eps, generators) -> x``, whose results
are checked and lie in the ball.

A defence whose localizers can be certified sets ``CERTIFIES = True`` at the top of its file. Its ``wrap`` then returns
a module whose estimate is the coordinate-wise median under Gaussian noise; the module's attributes ``localizer`` and
``sigma`` are the localizer under the median and the standard deviation of the noise.
"""

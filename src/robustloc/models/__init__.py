"""Models, one file each, found by name.

A file defines ``build(input_shape, *, …parameters) -> torch.nn.Module``. The module maps ``(N, 1, angle bins, delay
bins)`` on the scenario's input scale to ``(N, 3)`` positions of about zero mean and unit size, which `Localizer` turns
into metres. Both are floating-point numbers, in single or in double precision. In eval mode, a user's output must not
depend on the other users of the batch. For impossible parameters, ``build`` raises a `ValueError`.

A network that hides its gradient or has random estimates may give attacks a ``stand_in`` or ``draws_for_attacks``, see
`robustloc.attacks.parts.seeing_through`. Two other methods are optional:

``remember(x, y) -> None``
    Called once, before the first epoch, with all training users: inputs as above and standardised positions ``(N, 3)``.
    What the module keeps of them must be part of its state dict: training reads its checkpoint in another process and
    compares.
``penalty() -> Tensor``
    A scalar that training adds to its loss, in units of standardised positions; it refers to the last forward pass in
    training mode. Training calls it at most once per pass.
"""

"""Models, one file each, found by name.

A file defines ``build(input_shape, *, …parameters) -> torch.nn.Module``: input ``(N, 1, angle bins, delay bins)`` on
the scenario's input scale, output ``(N, 3)`` positions of about zero mean and unit size (`Localizer` turns them into
metres). A user's output must not depend on the other users of the batch once the module is in eval mode. Parameters
that cannot be raise `ValueError`.

Two methods are optional:

``remember(x, y) -> None``
    Called once, before the first epoch, with the users to train on: inputs as above and standardised positions
    ``(N, 3)``. What the module keeps of them belongs into its state dict.
``penalty() -> Tensor``
    A scalar that training adds to its loss, in the unit of standardised positions: a term of the last forward pass in
    training mode. Asked at most once per pass.
"""

"""Models, one file each, found by name.

A file defines ``build(input_shape, *, …parameters) -> torch.nn.Module``: input ``(N, 1, angle bins, delay bins)`` on
the scenario's input scale, output ``(N, 3)`` positions of about zero mean and unit size (`Localizer` turns them into
metres). A user's output must not depend on the other users of the batch once the module is in eval mode.
"""

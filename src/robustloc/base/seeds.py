"""Random numbers whose seeds come from names (scenario, model, attack, user), never from the order of jobs."""

import hashlib

import numpy as np

# the names that identify a localizer, in the order of its path
LOCALIZER = ("scenario", "model", "defence", "seed")
# The names that seed its training. Localizers of one scenario and seed share initial weights (as far as they have the
# same layers), batches and the draws of defences: common random numbers, so that their differences are paired.
TRAINING = ("scenario", "seed")


def seed(root: int, *names: object) -> int:
    """Return a 63-bit seed, derived from the experiment's root seed and the names of what is drawn."""
    words = [int.from_bytes(hashlib.sha256(str(name).encode()).digest()[:8], "little") for name in names]
    return int(np.random.SeedSequence([root, *words]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def generator(root: int, *names: object) -> np.random.Generator:
    """Return a numpy generator that is seeded by these names."""
    return np.random.default_rng(seed(root, *names))

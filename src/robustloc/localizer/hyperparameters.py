"""How a localizer is trained: length, rates, and how the arithmetic is done."""

import math
from dataclasses import dataclass

import torch

# of training.csv, per epoch
LOGGED = ["epoch", "training_loss", "validation_loss", "validation_rmse_m"]


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train; see `config.schema.yaml` for each field."""

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    patience: int | None = None
    precision: str = "float32"
    compile: bool = False

    def optimizer(self, parameters: object) -> torch.optim.Optimizer:
        """Return AdamW over some parameters, at the peak rate."""
        return torch.optim.AdamW(parameters, self.learning_rate, weight_decay=self.weight_decay)

    def rate(self, step: int, steps: int) -> float:
        """Share of the peak learning rate at a step: a straight rise, then half a cosine down to zero.

        Written out because torch's OneCycleLR divides by zero where the rise is one step long.
        """
        rise = self.warmup * steps
        if step < rise:
            return (step + 1) / (rise + 1)
        return (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2

"""Hyperparameters of training: its length, its rates, and its arithmetic."""

import math
from dataclasses import dataclass

import torch

# columns of training.csv, which has one row per epoch
LOGGED = ["epoch", "training_loss", "validation_loss", "validation_rmse_m", "gradients"]


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters of one training; `config.schema.yaml` describes each field."""

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    patience: int | None = None
    precision: str = "float32"
    compile: bool = False

    def optimizer(self, parameters: object) -> torch.optim.Optimizer:
        """Return AdamW over some parameters, at the peak learning rate."""
        return torch.optim.AdamW(parameters, self.learning_rate, weight_decay=self.weight_decay)

    def rate(self, step: int, steps: int) -> float:
        """Share of the peak learning rate at a step: a linear rise, then half a cosine down to zero.

        This is not torch's OneCycleLR, which divides by zero if the rise is one step long.

        Args:
            step: number of the step, from 0.
            steps: number of steps of the whole training.
        """
        rise = self.warmup * steps
        if step < rise:
            return (step + 1) / (rise + 1)
        return (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2

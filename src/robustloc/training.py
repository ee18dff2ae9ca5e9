"""Training of any localizer, plain or defended, with PyTorch Lightning. The only module that imports Lightning."""

import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytorch_lightning as lightning
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint, TQDMProgressBar
from torch import Tensor, nn

from robustloc import seeds
from robustloc.errors import UserError


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train; see `config.schema.yaml` for each field."""

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    patience: int | None = None


@dataclass(frozen=True)
class Data:
    """Training and validation users: scaled ADPs (N, 1, angle bins, delay bins) and positions (N, 3) [m]."""

    x: Tensor
    y: Tensor
    validation_x: Tensor
    validation_y: Tensor


def fit(
    localizer: nn.Module,
    data: Data,
    defence: object,
    recipe: Recipe,
    *,
    eps: float,
    seed: Callable[..., int],
    folder: Path,
) -> list[dict[str, float]]:
    """Train a localizer in place and leave it at its best validation epoch.

    Killed and called again with the same folder, it goes on after the last finished epoch and ends with the same
    weights as without the interruption.

    Args:
        localizer: untrained, or the checkpoint that a defence starts from.
        data: what to train on; moved to the accelerator as a whole, where there is one.
        defence: an object with ``on_batch``; see `robustloc.defences`.
        recipe: epochs, batch size and rates.
        eps: largest epsilon that the defence may use.
        seed: names -> seed, of this localizer.
        folder: for the state between epochs; to be removed when the result is safe.

    Returns:
        Per epoch: ``epoch``, ``training_loss`` (mean distance over the positions' spread), ``validation_rmse_m``.

    Raises:
        UserError: the loss stopped being a finite number.
    """
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    at_end = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(folder, "best", monitor="validation_rmse_m", save_weights_only=True, **at_end)
    # saved after `best`, so that a resumed run knows of it
    last = ModelCheckpoint(folder, "last", **at_end)
    # a bar for people who watch; log files get a line per epoch
    watched = sys.stdout.isatty()
    callbacks = [best, last, *[TQDMProgressBar(refresh_rate=20)] * watched]
    if recipe.patience is not None:
        callbacks.append(EarlyStopping("validation_rmse_m", patience=recipe.patience))
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=1,
        max_epochs=recipe.epochs,
        callbacks=callbacks,
        logger=False,
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        inference_mode=False,  # a defence may need gradients in validation
        enable_model_summary=False,
        enable_progress_bar=watched,
        deterministic="warn",
    )
    localizer.train()
    module = Fit(localizer, data, defence, recipe, eps, seed)
    trainer.fit(module, ckpt_path=_resumable(folder / "last.ckpt"))
    weights = torch.load(best.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
    localizer.cpu().load_state_dict({name.removeprefix("localizer."): tensor for name, tensor in weights.items()})
    localizer.eval()
    return module.history


def _resumable(checkpoint: Path) -> Path | None:
    """Return the checkpoint if it can be read; a kill while it was written leaves half of one."""
    try:
        torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception:  # missing or damaged in any of many ways: start anew
        return None
    return checkpoint


class Batches:
    """One epoch's users in batches, shuffled, cut from whole tensors: no work per user, no loader processes."""

    def __init__(self, x: Tensor, y: Tensor, size: int, order: Tensor | None = None):
        self.x, self.y, self.size, self.order = x, y, size, order

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.arange(len(self.x)) if self.order is None else self.order
        for index in order.to(self.x.device).split(self.size):
            yield self.x[index], self.y[index]


class Fit(lightning.LightningModule):
    """Mean distance between estimated and true positions, minimised with AdamW and a one-cycle learning rate."""

    def __init__(self, localizer: nn.Module, data: Data, defence: object, recipe: Recipe, eps: float, seed: Callable):
        super().__init__()
        self.localizer, self.data, self.defence, self.recipe = localizer, data, defence, recipe
        self.eps, self.seed = eps, seed
        self.history = []

    def setup(self, stage: str) -> None:
        """Move the whole data set to the device once."""
        device = self.trainer.strategy.root_device
        self.data = Data(*(tensor.to(device) for tensor in vars(self.data).values()))

    def train_dataloader(self) -> Batches:
        """Shuffle by the epoch's own seed, so that a resumed run sees the same batches."""
        generator = torch.Generator().manual_seed(self.seed("order", self.current_epoch))
        order = torch.randperm(len(self.data.x), generator=generator)
        return Batches(self.data.x, self.data.y, self.recipe.batch_size, order)

    def val_dataloader(self) -> Batches:
        """Validation users, always in the same order."""
        return Batches(self.data.validation_x, self.data.validation_y, self.recipe.batch_size)

    def on_train_epoch_start(self) -> None:
        """Draw the epoch's own random numbers, for the network's layers and for the defence."""
        self.started = time.monotonic()
        torch.manual_seed(self.seed("steps", self.current_epoch))
        self.generators = self._generators("defence", self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """Return the mean distance, in units of the positions' spread."""
        x, y = self.defence.on_batch(self.localizer, *batch, self.eps, self.generators)
        loss = torch.linalg.vector_norm(self.localizer(x) - y, dim=1).mean() / self.localizer.spread
        self.log("training_loss", loss, on_step=False, on_epoch=True)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Draw the same random numbers at every validation, so that epochs compare."""
        self.validation_generators = self._generators("validation")

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        """Measure the RMSE on users as the defence presents them."""
        x, y = self.defence.on_batch(self.localizer, *batch, self.eps, self.validation_generators)
        with torch.no_grad():
            squared = ((self.localizer(x) - y) ** 2).sum(dim=1).mean()
        self.log("validation_squared", squared, batch_size=len(x))

    def on_validation_epoch_end(self) -> None:
        """Log the RMSE [m] and stop on a diverged network."""
        rmse = self.trainer.callback_metrics["validation_squared"].sqrt()
        if not torch.isfinite(rmse):
            raise UserError(
                f"training diverged in epoch {self.current_epoch}: validation RMSE is {rmse.item()}; lower "
                "training.learning_rate (or that of the defence)"
            )
        self.log("validation_rmse_m", rmse, prog_bar=True)

    def on_train_epoch_end(self) -> None:
        """Keep the epoch's figures; validation is over by now."""
        metrics = self.trainer.callback_metrics
        loss, rmse = (float(metrics[name]) for name in ("training_loss", "validation_rmse_m"))
        self.history.append({"epoch": self.current_epoch, "training_loss": loss, "validation_rmse_m": rmse})
        rate = len(self.data.x) / (time.monotonic() - self.started)
        if self.trainer.progress_bar_callback is None:
            place = f"epoch {self.current_epoch + 1}/{self.trainer.max_epochs}"
            print(f"{place}: loss {loss:.4g}, validation RMSE {rmse:.4g} m, {rate:.0f} users/s", flush=True)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        """Save the figures of the epochs so far with the state."""
        checkpoint["history"] = self.history

    def on_train_start(self) -> None:
        """Do not train on after an early stop: the state was saved, the result was not."""
        early = self.trainer.early_stopping_callback
        if early is not None and early.stopped_epoch > 0:
            self.trainer.should_stop = True

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        """Take them up again."""
        self.history = checkpoint["history"]

    def configure_optimizers(self) -> dict:
        """AdamW with a one-cycle schedule over all steps."""
        recipe = self.recipe
        parameters = self.localizer.parameters()
        optimizer = torch.optim.AdamW(parameters, recipe.learning_rate, weight_decay=recipe.weight_decay)
        steps = recipe.epochs * len(self.train_dataloader())
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(_one_cycle, steps=steps, warmup=recipe.warmup))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _generators(self, *names: object) -> list[torch.Generator]:
        first = self.seed(*names)
        return [torch.Generator().manual_seed(seeds.seed(first, place)) for place in range(self.recipe.batch_size)]


def _one_cycle(step: int, steps: int, warmup: float) -> float:
    """Share of the peak learning rate: a straight rise, then half a cosine down to zero.

    Written out because torch's OneCycleLR divides by zero where the rise is one step long.
    """
    rise = warmup * steps
    if step < rise:
        return (step + 1) / (rise + 1)
    return (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2

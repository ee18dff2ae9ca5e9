"""Training of any localizer, with or without a defence. This is the only module that imports PyTorch Lightning."""

import logging
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytorch_lightning as lightning
import torch
import torch.utils.deterministic
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint, TQDMProgressBar
from pytorch_lightning.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from robustloc.attacks.parts.containment import contained
from robustloc.base import seeds
from robustloc.base.errors import UserError
from robustloc.defences.parts.base import Defence
from robustloc.localizer.batches import Batches, Data
from robustloc.localizer.gradients import Count, counting
from robustloc.localizer.guarding import penalty
from robustloc.localizer.hyperparameters import Recipe
from robustloc.localizer.resumption import resumable

# RMSE in spreads above which training has diverged; the mean position alone has an RMSE of one spread
DIVERGED = 10


def fit(
    localizer: nn.Module,
    data: Data,
    defence: Defence,
    recipe: Recipe,
    *,
    eps: float,
    seed: Callable[..., int],
    folder: Path,
) -> list[dict[str, float]]:
    """Train a localizer in place and leave it with the weights of its best validation epoch.

    After a kill, a second call with the same folder continues after the last finished epoch. It ends with the same
    weights as a training without the kill.

    Args:
        localizer: untrained, or from the checkpoint that the training starts from.
        data: training and validation users; moved to the accelerator as a whole, if there is one.
        defence: defines the loss and the users to train on.
        recipe: epochs, batch size, rates and arithmetic.
        eps: largest epsilon that the defence may use.
        seed: names -> seed; the same for all localizers that are compared seed by seed (`seeds.TRAINING`).
        folder: holds the state between epochs; the caller removes it after it has saved the result.

    Returns:
        One entry per epoch:

        * ``epoch``: from 0;
        * ``training_loss`` and ``validation_loss``: the defence's loss and score, in units of the positions' spread;
        * ``validation_rmse_m``: RMSE of the clean validation users [m];
        * ``gradients``: gradients per training user, see `robustloc.localizer.gradients`; not those of validation.

    Raises:
        UserError: the loss is not a finite number, or the best epoch is far worse than the mean position.
    """
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    at_end = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(folder, "best", monitor="validation_loss", save_weights_only=True, **at_end)
    # Lightning runs `last` after `best`, so the state of a resumed run includes the latest best epoch
    last = ModelCheckpoint(folder, "last", **at_end)
    # a terminal shows a progress bar; a log file gets a line per epoch
    watched = sys.stdout.isatty()
    callbacks = [best, last, *[TQDMProgressBar(refresh_rate=20)] * watched]
    if recipe.patience is not None:
        callbacks.append(EarlyStopping("validation_loss", patience=recipe.patience))
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=1,
        plugins=LightningEnvironment(),  # always one process, whatever a cluster's environment variables say
        max_epochs=recipe.epochs,
        callbacks=callbacks,
        logger=False,
        reload_dataloaders_every_n_epochs=1,  # each epoch has its own order
        num_sanity_val_steps=0,
        inference_mode=False,  # a defence may need gradients in validation
        enable_model_summary=False,
        enable_progress_bar=watched,
        deterministic="warn",
    )
    # deterministic algorithms would otherwise fill all new memory with NaN, which costs a few per cent of a step
    torch.utils.deterministic.fill_uninitialized_memory = False
    if recipe.compile:
        localizer.network.compile()  # not the localizer, whose calls are counted
    localizer.train()
    module = Fit(localizer, data, defence, recipe, eps, seed)
    with counting(localizer, module.count):
        trainer.fit(module, ckpt_path=resumable(folder / "last.ckpt"))
    weights = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
    localizer.cpu().load_state_dict({name.removeprefix("localizer."): tensor for name, tensor in weights.items()})
    localizer.eval()
    _check_convergence(module.history, localizer)
    return module.history


def _check_convergence(history: list[dict[str, float]], localizer: nn.Module) -> None:
    best = min(history, key=lambda epoch: epoch["validation_loss"])
    if best["validation_rmse_m"] > DIVERGED * float(localizer.spread):
        raise UserError(
            f"training diverged: the best validation RMSE is {best['validation_rmse_m']:.4g} m, the mean position has "
            f"{float(localizer.spread):.4g} m; lower training.learning_rate (or the learning_rate of the defence)"
        )


class Fit(lightning.LightningModule):
    """Connects a localizer, its users and its defence to Lightning; losses are in units of the positions' spread."""

    def __init__(self, localizer: nn.Module, data: Data, defence: Defence, recipe: Recipe, eps: float, seed: Callable):
        super().__init__()
        self.localizer, self.data, self.defence, self.recipe = localizer, data, defence, recipe
        self.eps, self.seed, self.users, self.count = eps, seed, len(data.x), Count()
        self.history = []

    def setup(self, stage: str) -> None:
        """Move everything to the device once, and let the defence change the training set.

        Lightning restores a saved state after this. So a resumed run crafts its training set on the same weights.
        """
        device = self.trainer.strategy.root_device
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.recipe.precision != "float32"
        self.localizer.to(device)
        data = self.data.to(device)
        x, y = self.defence.on_training_set(self.localizer, data.x, data.y, self.eps, self._generators("training set"))
        self.data = Data(x, y, data.validation_x, data.validation_y)

    def train_dataloader(self) -> Batches:
        """Return the epoch's batches; each epoch has its own seed, so a resumed run sees the same batches."""
        generator = torch.Generator().manual_seed(self.seed("order", self.current_epoch))
        order = torch.randperm(len(self.data.x), generator=generator)
        return Batches(self.data.x, self.data.y, self.recipe.batch_size, order, self.defence.repeats)

    def val_dataloader(self) -> Batches:
        """Return the validation batches, always in the same order."""
        return Batches(self.data.validation_x, self.data.validation_y, self.recipe.batch_size)

    def on_train_epoch_start(self) -> None:
        """Seed the random numbers of the epoch, for the network's layers and for the defence."""
        self.started, self.losses = time.monotonic(), []
        # what the defence did to the training set counts in the first epoch, also if that one runs again after a kill
        self.counted = self.count.total if self.current_epoch else 0
        self.defence.on_epoch()
        torch.manual_seed(self.seed("steps", self.current_epoch))
        self.generators = self._generators("defence", self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """Return the defence's loss plus the penalty that a network may have."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            loss = self._loss(*batch) / self.localizer.spread + penalty(self.localizer.network)
        # Lightning's own log costs as much as some steps
        self.losses.append((loss.detach(), len(batch[0])))
        return loss

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the defence's loss [m]; only this step runs the network in training mode, also on one user."""
        users, size = len(x), self.recipe.batch_size  # before the defence, which may change them
        try:
            return self.defence.loss(self.localizer, x, y, self.eps, self.generators)
        except ValueError as error:
            if users > 1:
                raise
            raise UserError(
                f"the network cannot train on one user ({error}); batches of {size} leave one of {len(self.data.x)} "
                "users in the last batch; change training.batch_size"
            ) from error

    def on_after_backward(self) -> None:
        """Let the defence use the gradients."""
        self.defence.after_backward()

    def on_validation_epoch_start(self) -> None:
        """Use the same random numbers at every validation, so that epochs are comparable."""
        self.gradients = (self.count.total - self.counted) / self.users
        self.validation_generators, self.scores, self.squares = self._generators("validation"), [], []

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        """Measure the defence's score and the squared errors of the clean users."""
        x, y = batch
        with torch.enable_grad():
            score = self.defence.score(self.localizer, x, y, self.eps, self.validation_generators)
        self.scores.append((score.detach() / self.localizer.spread, len(x)))
        with contained(self.localizer):
            self.squares.append((((self.localizer(x) - y) ** 2).sum(dim=1).mean(), len(x)))

    def on_validation_epoch_end(self) -> None:
        """Log the values that epochs are compared by.

        Raises:
            UserError: a value is not a finite number.
        """
        loss, score, square = (_mean(values) for values in (self.losses, self.scores, self.squares))
        if not all(map(math.isfinite, (loss, score, square))):
            raise UserError(
                f"training diverged in epoch {self.current_epoch}: loss {loss}, validation RMSE {square**0.5} m; lower "
                "training.learning_rate (or the learning_rate of the defence)"
            )
        self.log("validation_loss", score)
        self.log("validation_rmse_m", square**0.5, prog_bar=True)
        figures = {"training_loss": loss, "validation_loss": score, "validation_rmse_m": square**0.5}
        self.history.append({"epoch": self.current_epoch} | figures | {"gradients": self.gradients})

    def on_train_epoch_end(self) -> None:
        """Print a line for log files; Lightning calls this after the validation."""
        if self.trainer.progress_bar_callback is None:
            last, rate = self.history[-1], len(self.data.x) / (time.monotonic() - self.started)
            place = f"epoch {self.current_epoch + 1}/{self.trainer.max_epochs}: loss {last['training_loss']:.4g}"
            print(f"{place}, validation RMSE {last['validation_rmse_m']:.4g} m, {rate:.0f} users/s", flush=True)

    def on_save_checkpoint(self, checkpoint: dict) -> None:
        """Save the history with the state."""
        checkpoint["history"] = self.history

    def on_train_start(self) -> None:
        """Stop at once if the restored state is from after an early stop: a kill came before the result was saved."""
        early = self.trainer.early_stopping_callback
        if early is not None and early.stopped_epoch > 0:
            self.trainer.should_stop = True

    def on_load_checkpoint(self, checkpoint: dict) -> None:
        """Restore the history."""
        self.history = checkpoint["history"]

    def configure_optimizers(self) -> dict:
        """Return AdamW with a one-cycle schedule over all steps."""
        optimizer = self.recipe.optimizer(self.localizer.parameters())
        steps = self.recipe.epochs * len(self.train_dataloader())
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(self.recipe.rate, steps=steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _generators(self, *names: object) -> list[torch.Generator]:
        first = self.seed(*names)
        return [torch.Generator().manual_seed(seeds.seed(first, place)) for place in range(self.recipe.batch_size)]


def _mean(values: list[tuple[Tensor, int]]) -> float:
    """Mean over users, from pairs of a batch's mean and its number of users."""
    return float(sum(value * users for value, users in values) / sum(users for _, users in values))

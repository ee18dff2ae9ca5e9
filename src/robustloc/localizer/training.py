"""Training of any localizer, plain or defended, with PyTorch Lightning. The only module that imports Lightning."""

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

from robustloc.base import seeds
from robustloc.base.errors import UserError
from robustloc.defences.parts.base import Defence
from robustloc.localizer.batches import Batches, Data
from robustloc.localizer.hyperparameters import Recipe

# A network that ends this many spreads off has learnt nothing: the mean position would be one spread off.
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
    """Train a localizer in place and leave it at its best validation epoch.

    Killed and called again with the same folder, it goes on after the last finished epoch and ends with the same
    weights as without the interruption.

    Args:
        localizer: untrained, or the checkpoint that a defence starts from.
        data: what to train on; moved to the accelerator as a whole, where there is one.
        defence: what is minimised, on which users.
        recipe: epochs, batch size, rates and arithmetic.
        eps: largest epsilon that the defence may use.
        seed: names -> seed, of this localizer.
        folder: for the state between epochs; to be removed when the result is safe.

    Returns:
        Per epoch: ``epoch``, ``training_loss`` and ``validation_loss`` (what the defence minimises, in units of the
        positions' spread), ``validation_rmse_m`` (of the clean users).

    Raises:
        UserError: the loss stopped being a finite number, or the best epoch is far worse than the mean position.
    """
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    at_end = {"save_on_train_epoch_end": True, "enable_version_counter": False}
    best = ModelCheckpoint(folder, "best", monitor="validation_loss", save_weights_only=True, **at_end)
    # saved after `best`, so that a resumed run knows of it
    last = ModelCheckpoint(folder, "last", **at_end)
    # a bar for people who watch; log files get a line per epoch
    watched = sys.stdout.isatty()
    callbacks = [best, last, *[TQDMProgressBar(refresh_rate=20)] * watched]
    if recipe.patience is not None:
        callbacks.append(EarlyStopping("validation_loss", patience=recipe.patience))
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=1,
        plugins=LightningEnvironment(),  # one process, also where a cluster's variables tell of more
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
    # deterministic algorithms would fill all new memory with NaN, a few per cent of a step
    torch.utils.deterministic.fill_uninitialized_memory = False
    if recipe.compile:
        localizer.compile()
    localizer.train()
    module = Fit(localizer, data, defence, recipe, eps, seed)
    trainer.fit(module, ckpt_path=_resumable(folder / "last.ckpt"))
    weights = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
    localizer.cpu().load_state_dict({name.removeprefix("localizer."): tensor for name, tensor in weights.items()})
    localizer.eval()
    _check_convergence(module.history, localizer)
    return module.history


def _check_convergence(history: list[dict[str, float]], localizer: nn.Module) -> None:
    best = min(history, key=lambda epoch: epoch["validation_loss"])
    if best["validation_rmse_m"] > DIVERGED * float(localizer.spread):
        raise UserError(
            f"training diverged: the best validation RMSE is {best['validation_rmse_m']:.4g} m, the mean position's "
            f"{float(localizer.spread):.4g} m; lower training.learning_rate (or that of the defence)"
        )


def _resumable(checkpoint: Path) -> Path | None:
    """Return the checkpoint if it can be gone on from; a kill while it was written leaves half of one."""
    try:
        states = torch.load(checkpoint, map_location="cpu", weights_only=True)["callbacks"].values()
    except Exception:  # missing or damaged in any of many ways: start anew
        return None
    here = str(checkpoint.parent.resolve())
    # in a folder that was moved, Lightning would forget which epoch was the best
    return checkpoint if all(state.get("dirpath", "") in ("", here) for state in states) else None


class Fit(lightning.LightningModule):
    """What a defence lets training minimise, in units of the positions' spread."""

    def __init__(self, localizer: nn.Module, data: Data, defence: Defence, recipe: Recipe, eps: float, seed: Callable):
        super().__init__()
        self.localizer, self.data, self.defence, self.recipe = localizer, data, defence, recipe
        self.eps, self.seed = eps, seed
        self.history = []

    def setup(self, stage: str) -> None:
        """Move everything to the device once, and let the defence see all users before a saved state is restored."""
        device = self.trainer.strategy.root_device
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.recipe.precision != "float32"
        self.localizer.to(device)
        data = self.data.to(device)
        x, y = self.defence.on_training_set(self.localizer, data.x, data.y, self.eps, self._generators("training set"))
        self.data = Data(x, y, data.validation_x, data.validation_y)

    def train_dataloader(self) -> Batches:
        """Shuffle by the epoch's own seed, so that a resumed run sees the same batches."""
        generator = torch.Generator().manual_seed(self.seed("order", self.current_epoch))
        order = torch.randperm(len(self.data.x), generator=generator)
        return Batches(self.data.x, self.data.y, self.recipe.batch_size, order, self.defence.repeats)

    def val_dataloader(self) -> Batches:
        """Validation users, always in the same order."""
        return Batches(self.data.validation_x, self.data.validation_y, self.recipe.batch_size)

    def on_train_epoch_start(self) -> None:
        """Draw the epoch's own random numbers, for the network's layers and for the defence."""
        self.started, self.losses = time.monotonic(), []
        torch.manual_seed(self.seed("steps", self.current_epoch))
        self.generators = self._generators("defence", self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """Return the defence's loss, and what the network itself adds to it."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            loss = self.defence.loss(self.localizer, *batch, self.eps, self.generators) / self.localizer.spread
            if penalty := getattr(self.localizer.network, "penalty", None):
                loss = loss + penalty()
        # not by Lightning's log, which costs as much as some steps
        self.losses.append((loss.detach(), len(batch[0])))
        return loss

    def on_after_backward(self) -> None:
        """Let the defence use what the loss has computed on the way."""
        self.defence.after_backward()

    def on_validation_epoch_start(self) -> None:
        """Draw the same random numbers at every validation, so that epochs compare."""
        self.validation_generators, self.scores, self.squares = self._generators("validation"), [], []

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        """Measure the defence's score, and the squared errors of the clean users."""
        with torch.enable_grad():
            score = self.defence.score(self.localizer, *batch, self.eps, self.validation_generators)
        self.scores.append((score.detach() / self.localizer.spread, len(batch[0])))
        self.squares.append((((self.localizer(batch[0]) - batch[1]) ** 2).sum(dim=1).mean(), len(batch[0])))

    def on_validation_epoch_end(self) -> None:
        """Log what epochs are compared by, and stop on a diverged network."""
        loss, score, square = (_mean(values) for values in (self.losses, self.scores, self.squares))
        if not all(map(math.isfinite, (loss, score, square))):
            raise UserError(
                f"training diverged in epoch {self.current_epoch}: loss {loss}, validation RMSE {square**0.5} m; lower "
                "training.learning_rate (or that of the defence)"
            )
        self.log("validation_loss", score)
        self.log("validation_rmse_m", square**0.5, prog_bar=True)
        figures = {"training_loss": loss, "validation_loss": score, "validation_rmse_m": square**0.5}
        self.history.append({"epoch": self.current_epoch} | figures)

    def on_train_epoch_end(self) -> None:
        """Tell those who read log files how far it is; validation is over by now."""
        if self.trainer.progress_bar_callback is None:
            last, rate = self.history[-1], len(self.data.x) / (time.monotonic() - self.started)
            place = f"epoch {self.current_epoch + 1}/{self.trainer.max_epochs}: loss {last['training_loss']:.4g}"
            print(f"{place}, validation RMSE {last['validation_rmse_m']:.4g} m, {rate:.0f} users/s", flush=True)

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
        optimizer = self.recipe.optimizer(self.localizer.parameters())
        steps = self.recipe.epochs * len(self.train_dataloader())
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, partial(self.recipe.rate, steps=steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _generators(self, *names: object) -> list[torch.Generator]:
        first = self.seed(*names)
        return [torch.Generator().manual_seed(seeds.seed(first, place)) for place in range(self.recipe.batch_size)]


def _mean(values: list[tuple[Tensor, int]]) -> float:
    """Mean of batches' means, each with its number of users."""
    return float(sum(value * users for value, users in values) / sum(users for _, users in values))

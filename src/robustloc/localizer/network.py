"""A localizer: a network and the scaling of its positions. It maps scaled ADPs to positions in metres."""

import torch
from torch import Tensor, nn

from robustloc.attacks.parts.containment import contained
from robustloc.attacks.parts.losses import check_estimates, untouched
from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.localizer import contract, torchscript


class Localizer(nn.Module):
    """Position estimate of any network.

    The localizer standardises positions inside, so gradients pass through the scaling. All axes share one scale: user
    heights are constant, so a scale per axis would be zero.

    Args:
        network: (N, 1, angle bins, delay bins) -> (N, 3), with about zero mean and unit size.
        center: (3,) mean position of the training users [m].
        spread: root mean square distance of the training users from the center [m].
        area: (2, 3) smallest and largest coordinates of the training users [m].
    """

    def __init__(self, network: nn.Module, center: Tensor, spread: float, area: Tensor):
        super().__init__()
        self.network = network
        self.register_buffer("center", center.float())
        self.register_buffer("spread", torch.tensor(float(spread)))
        self.register_buffer("area", area.float())

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, angle bins, delay bins) -> (N, 3).

        Raises:
            ValueError: the network returns something else than (N, 3) numbers.
        """
        estimate = self.network(untouched(x))
        check_estimates(estimate, len(x))
        return (self.center + self.spread * estimate).to(x.dtype)


class InMetres(Localizer):
    """Position estimate of a network from another program, which returns metres itself."""

    def forward(self, x: Tensor) -> Tensor:
        """Estimate positions [m]: (N, 1, angle bins, delay bins) -> (N, 3)."""
        return self.network(untouched(x))


def build(model: dict, shape: tuple[int, int], position: Tensor) -> Localizer:
    """Build an untrained localizer.

    Args:
        model: the plugin's name and parameters, ``{"plugin": …, "parameters": {…}}``.
        shape: angle bins and delay bins.
        position: (N, 3) positions of the training users [m].

    Raises:
        UserError: the plugin refuses a parameter, or its output is not three coordinates per user.
    """
    with contained():
        network = plugins.build("models", model["plugin"], (1, *shape), **model["parameters"])
    try:
        if not isinstance(network, nn.Module):
            raise UserError(f"expected a network (nn.Module) from build(), found {type(network).__name__}; return one")
        localizer = _of(Localizer, network, position)
        contract.estimated(localizer.eval(), torch.zeros(2, 1, *shape))
    except UserError as error:
        raise UserError(f"models: {model['plugin']}: {error}") from error
    return localizer.train()


def scripted(archive: Tensor, position: Tensor) -> Localizer:
    """Make a localizer from the content of a TorchScript file.

    Args:
        archive: (bytes,) uint8, the content of the file. Its network maps scaled inputs (N, 1, angle bins, delay bins)
            to positions (N, 3) [m].
        position: (N, 3) positions of the training users [m].

    Raises:
        UserError: the content is not readable as TorchScript.
    """
    return _of(InMetres, torchscript.Script(archive), position)


def _of(kind: type[Localizer], network: nn.Module, position: Tensor) -> Localizer:
    center = position.mean(dim=0)
    spread = ((position - center) ** 2).sum(dim=1).mean().sqrt()
    area = torch.stack([position.amin(dim=0), position.amax(dim=0)])
    return kind(network, center, spread, area)

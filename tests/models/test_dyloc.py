"""DyLoc's network equals the published one."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from robustloc.models import dyloc


@pytest.mark.parametrize(("size", "weights"), [(32, 41_143), (64, 44_221)])
def test_weights(size: int, weights: int) -> None:
    """The network has as many weights as the published ones for indoors and outdoors."""
    assert sum(parameter.numel() for parameter in dyloc.build((1, size, size)).parameters()) == weights


def test_order_of_layers() -> None:
    """The order of layers is convolution, ReLU, normalisation, pooling."""
    convolution, relu, norm, pool = dyloc.build((1, 32, 32)).features[2]

    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(relu, nn.ReLU)
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(pool, nn.MaxPool2d)


@pytest.mark.parametrize("stage", range(6))
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
def test_same_padding(stage: int) -> None:
    """Even kernels are padded like Keras' "same": one pixel more at the end than at the start."""
    torch.manual_seed(0)
    layers = list(dyloc.build((1, 64, 64)).double().features[stage])
    end = next(place for place, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)) + 1
    convolution = layers[end - 1]
    x = torch.rand(2, convolution.in_channels, 12, 12, dtype=torch.float64)

    expected = conv2d(x, convolution.weight, convolution.bias, padding="same")

    torch.testing.assert_close(nn.Sequential(*layers[:end])(x), expected, rtol=0, atol=1e-12)

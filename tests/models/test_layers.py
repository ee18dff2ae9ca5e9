"""The layers and blocks that models share."""

import pytest
import torch
from torch.nn.functional import conv2d

from robustloc.models.parts.blocks import Field, TimeConvolution
from robustloc.models.parts.layers import halvings, stages


@pytest.mark.parametrize("t", [torch.tensor(0.3), torch.tensor([0.0, 0.3, 1.0]).view(3, 1, 1, 1)], ids=["one", "each"])
def test_time_is_a_channel(t: torch.Tensor) -> None:
    """The split convolution equals one over the state with the time concatenated as a constant channel."""
    torch.manual_seed(0)
    convolution = TimeConvolution((8, 4, 4)).double()
    h, t = torch.rand(3, 8, 4, 4, dtype=torch.float64), t.double()
    weight = torch.cat([convolution.time, convolution.state.weight], dim=1)
    channels = torch.cat([t.expand(3, 1, 4, 4), h], dim=1)

    expected = conv2d(channels, weight, convolution.state.bias, padding=1)

    torch.testing.assert_close(convolution(t, h), expected, rtol=0, atol=1e-14)


def test_field_depends_on_time() -> None:
    """The dynamics depend on the time, unless they are invariant: then they equal the dynamics at t = 0."""
    field, h = Field((32, 4, 4)), torch.rand(2, 32, 4, 4)
    start, end = torch.tensor(0.0), torch.tensor(1.0)
    at_start = field(start, h)

    assert not torch.allclose(at_start, field(end, h))
    field.invariant = True
    assert torch.equal(at_start, field(end, h))


@pytest.mark.parametrize(
    ("shape", "least", "count"), [((1, 32, 32), 1, 5), ((1, 64, 32), 4, 3), ((1, 24, 40), 4, 2), ((1, 8, 8), 4, 1)]
)
def test_halvings(shape: tuple[int, int, int], least: int, count: int) -> None:
    """The shorter side decides, and stays at least `least` pixels long."""
    assert halvings(shape, least) == count


def test_too_small() -> None:
    """For an input that cannot be halved once, the error names the smallest possible size."""
    with pytest.raises(ValueError, match=r"input_shape: expected sides of at least 8, found \(1, 7, 16\)"):
        halvings((1, 7, 16), 4)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 20, 36), (1, 64, 64)])
def test_stages_say_what_they_leave(shape: tuple[int, int, int]) -> None:
    """The returned shape is the shape of the output; small inputs use the last stages."""
    made, left = stages((8, 16, 32), shape, least=4)

    assert made(torch.rand(2, *shape)).shape == (2, *left)
    assert left[0] == 32
    assert min(left[1:]) >= 4

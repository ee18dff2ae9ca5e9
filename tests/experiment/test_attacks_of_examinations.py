"""Mistakes in the attacks that examinations read."""

import pytest
from configurations import filled

from robustloc.base.errors import UserError

EXAMINING = {
    "in both": ({"others": ["noise", "pgd_linf"]}, r"verdict\.others: .*verdict\.gradients, found pgd_linf in both"),
    "surrogate of gradients": (
        {"gradients": ["transfer_dcnn"]},
        r"verdict\.gradients: transfer_dcnn has the key surro",
    ),
    "surrogate of others": ({"others": ["transfer_dcnn"]}, r"verdict\.others: transfer_dcnn has the key surrogate"),
    "learns": ({"others": ["universal"]}, r"verdict\.others: universal learns from training users"),
    "ensemble": ({"gradients": ["worst"]}, r"verdict\.gradients: worst has the key members"),
    "target": ({"gradients": ["to_north"]}, r"verdict\.gradients: to_north has the key target"),
    "over the air": ({"others": ["adp_apgd"]}, r"verdict\.others: adp_apgd is over the air"),
    "another norm": ({"others": ["noise_l2"]}, r"verdict\.others: expected .* norm linf, found noise_l2 with norm l2"),
    "unknown": ({"others": ["nois"]}, r"verdict\.others: .*did you mean 'noise'"),
}


@pytest.mark.parametrize("mistake", EXAMINING)
def test_attacks_of_examinations(mistake: str) -> None:
    """An examination takes plain attacks with norm linf, each of one kind; the message names the key."""
    section, message = EXAMINING[mistake]
    with pytest.raises(UserError, match=message):
        filled({"verdict": section})

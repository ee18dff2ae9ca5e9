"""Each rule reads exactly its part of the configuration."""

from collections.abc import Callable

import pytest
from configurations import filled

from robustloc.base.errors import UserError
from robustloc.experiment import description, job_inputs, localizers, verdict_inputs
from robustloc.experiment.experiment import Experiment

CELL = {"scenario": "indoor", "model": "dcnn", "defence": "adversarial", "seed": "0"}
SET = CELL | {"attack": "pgd_linf", "budget": "eps0.003"}
# The configuration of one job of each rule, by the name of the rule.
RULES: dict[str, Callable[[Experiment], object]] = {
    "trace": lambda run: job_inputs.trace(run, "indoor"),
    "shard": lambda run: job_inputs.shard(run, "indoor", "0"),
    "split": lambda run: job_inputs.split(run, "indoor"),
    "csi": lambda run: job_inputs.csi(run, "indoor"),
    "train": lambda run: localizers.train(run, **CELL),
    "attack": lambda run: job_inputs.attack(run, **SET),
    "clean": lambda run: job_inputs.attack(run, **CELL),
    "worst": lambda run: job_inputs.worst(run, **SET | {"attack": "worst"}),
    "examine": lambda run: verdict_inputs.examine(run, **CELL),
    "transfer": lambda run: verdict_inputs.transfer(run, "indoor", "0"),
    "converge": lambda run: verdict_inputs.converge(run, **CELL),
    "judge": verdict_inputs.judge,
    "certify": lambda run: verdict_inputs.certify(run, **CELL),
    "bisect": lambda run: job_inputs.bisect(run, **CELL),
    "summarise": job_inputs.summarise,
    "layout": job_inputs.layout,
    "leaderboard": job_inputs.leaderboard,
    "figure": lambda run: job_inputs.figure(run, "fig6"),
    "page": description.page,
}
EVERY_SEED = {"split", "csi", "train", "attack", "clean", "converge", "certify", "bisect", "page"}
INDOOR = {"shard", "split", "csi", "page"}
# Edit of the default configuration -> the rules whose configuration changes.
EDITS = {
    "the seed": ({"seed": 1}, EVERY_SEED),
    "more rows": ({"scenarios": {"indoor": {"raw": {"rows": 540}}}}, {"trace", "page"}),
    "another row step": ({"scenarios": {"indoor": {"users": {"row_step": 2}}}}, {"shard", "csi"}),
    "fewer antennas": ({"scenarios": {"indoor": {"channel": {"antennas": 16}}}}, INDOOR),
    "another split": ({"scenarios": {"indoor": {"split": {"test": 0.05}}}}, {"split", "page"}),
    "a training epsilon": ({"scenarios": {"indoor": {"training_epsilon": 0.004}}}, {"train"}),
    "a reference epsilon": (
        {"scenarios": {"indoor": {"reference_epsilon": 0.002}}},
        {"examine", "transfer", "converge", "summarise", "leaderboard", "page"},
    ),
    "more epochs": ({"training": {"epochs": 11}}, {"page"}),  # the defence's entry sets its own epochs
    "another weight decay": ({"training": {"weight_decay": 0.1}}, {"train", "page"}),
    "a defence's share": ({"defences": {"adversarial": {"clean_share": 0.4}}}, {"train", "page"}),
    "an attack of training": ({"attacks": {"pgd_linf_3": {"steps": 4}}}, {"train"}),
    "an attack of a grid": ({"attacks": {"pgd_linf": {"steps": 11}}}, {"attack", "page"}),
    "a batch of crafting": ({"crafting": {"batch_size": 32}}, {"attack", "clean", "converge"}),
    "kept profiles": ({"crafting": {"examples": 99}}, {"csi"}),
    "a longer attack": ({"convergence": {"times": 20}}, {"converge"}),
    "users of verdicts": ({"verdict": {"users": 100}}, {"examine", "transfer"}),
    "attacks of verdicts": ({"verdict": {"gradients": ["apgd"]}}, {"examine"}),
    "attacks of verdicts without gradients": ({"verdict": {"others": ["noise"]}}, {"examine"}),
    "a tolerance": ({"scenarios": {"indoor": {"tolerance_m": 0.5}}}, {"summarise", "bisect"}),
    "bisections": ({"margins": {"bisections": 4}}, {"bisect"}),
    "another attack of the bisection": ({"margins": {"attack": "apgd"}}, {"bisect"}),
    "a parameter of that attack": ({"attacks": {"directions": {"steps": 5}}}, {"bisect", "page"}),
    "certificates": ({"certificates": {"draws": 500}}, {"certify"}),
    "the name": ({"name": "mine"}, set()),
}


@pytest.mark.parametrize("edit", EDITS)
def test_edits(edit: str) -> None:
    """An edit changes the configuration of exactly the rules that read the edited key."""
    overlay, expected = EDITS[edit]
    before, after = Experiment(filled({})), Experiment(filled(overlay))

    assert {rule for rule, read in RULES.items() if read(before) != read(after)} == expected


def test_the_order_of_the_attacks_of_verdicts() -> None:
    """An examination reads its attacks in the order of their names, so another order changes nothing."""
    one, other = (
        Experiment(filled({"verdict": {"others": names}})) for names in (["square", "spsa"], ["spsa", "square"])
    )

    assert verdict_inputs.examine(one, **CELL) == verdict_inputs.examine(other, **CELL)
    sets = [verdict_inputs.examined_sets(run, "others", **CELL) for run in (one, other)]
    assert sets[0] == sets[1]
    assert [file.rpartition("seed0/")[2] for file in sets[0]] == ["spsa/eps0.003.parquet", "square/eps0.003.parquet"]


def test_a_budget_of_the_wrong_kind_is_refused() -> None:
    """An attack by epsilon has no set at a power; the message names the expected budget."""
    with pytest.raises(UserError, match=r"pgd_linf/psr-20: expected a budget eps<epsilon>"):
        job_inputs.attack(Experiment(filled({})), **SET | {"budget": "psr-20"})


def test_a_bisection_needs_an_attack() -> None:
    """Without an attack, nothing is searched; the attack's plugin is part of the code of a search."""
    assert "attacks.directions" in job_inputs.bisect_modules(Experiment(filled({})), **CELL)
    run = Experiment(filled({}))
    del run.config["margins"]["attack"]
    with pytest.raises(UserError, match=r"^margins\.attack: missing"):
        job_inputs.bisect_modules(run, **CELL)


def test_tables_without_rows() -> None:
    """A table that would be empty is refused; the message names the key that would give it rows."""
    run = Experiment(filled({"grids": [{"scenarios": ["indoor"], "models": ["dcnn"]}], "figures": []}))
    refused = {
        job_inputs.compare: "^comparisons: expected pairs of localizers",
        job_inputs.bisected: "^grids: expected attacks",
        verdict_inputs.converged: r"^convergence\.attack: expected an attack of a grid, found worst",
        verdict_inputs.certified: r"^grids: expected a defence that certifies, .*\(median_smoothing\)",
    }
    for table, message in refused.items():
        with pytest.raises(UserError, match=message):
            table(run)
    attacked = Experiment(filled({}))
    assert job_inputs.bisected(attacked) == verdict_inputs.converged(attacked) == {}


def test_files_of_a_figure_of_margins() -> None:
    """The figure reads one file per localizer that it shows."""
    shown = {
        "name": "m",
        "kind": "margin",
        "scenario": "indoor",
        "models": ["dcnn"],
        "defences": ["adversarial", "none"],
    }
    found = job_inputs.figure_files(Experiment(filled({"figures": [shown]})), "m")

    assert found["sets"] == found["test"] == []
    assert found["table"] == [f"<results>/indoor/dcnn/{name}/seed0/margin.csv" for name in ("none", "adversarial")]


def test_code_of_a_set() -> None:
    """A set depends on the plugins of its localizer, its attack and its surrogate, and on no others."""
    run = Experiment(filled({}))
    modules = job_inputs.attack_modules(run, **SET | {"attack": "transfer_neural_ode"})

    assert modules == [
        "stages.attack",
        "defences.adversarial",
        "defences.none",
        "models.dcnn",
        "models.neural_ode",
        "attacks.apgd",
    ]


def test_training_starts_from_the_plain_localizer() -> None:
    """The default defence continues from the defence none; its lineage has both trainings."""
    run = Experiment(filled({}))

    assert localizers.start(run, **CELL) == ["<results>/indoor/dcnn/none/seed0/checkpoint.pt"]
    assert [one["defence"] for one in localizers.lineage(run, CELL)] == ["none", "adversarial"]
    assert localizers.start(run, **CELL | {"defence": "none"}) == []
    logs = [f"indoor/dcnn/{name}/seed0/training.csv" for name in ("none", "adversarial")]
    assert localizers.trainings(run, CELL) == logs
    assert {f"<results>/{log}" for log in logs} <= set(job_inputs.trainings(run))

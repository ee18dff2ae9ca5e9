# What the report tells of the experiment. No rule.

# the configured figures in their order, then the default ones
REPORTED = list(FIGURES)


def carrier(scenario):
    """Carrier frequency of an embedded scene [Hz]; what a folder says is read where it is."""
    if not entries.is_embedded(config, scenario):
        return None
    return plugins.load("data.scenes", config["scenarios"][scenario]["raw"]["scene"]).scene().carrier_hz


def budget_values(scenario, kind):
    """The budgets of one kind, eps or psr, that a scenario's attacks are run at."""
    tags = {tag for place, attack in ATTACKED if place == scenario for tag in BUDGETS[place][attack]}
    return sorted(paths.budget_value(tag) for tag in tags if tag.startswith(kind))


def described(scenario):
    """What the report tells of a scenario."""
    return chosen(scenario, "base_station", "channel", "adp", "split") | {
        "raw": config["scenarios"][scenario]["raw"].get("folder") if carrier(scenario) is None else scene(scenario),
        "carrier_hz": carrier(scenario),
        "epsilons": budget_values(scenario, "eps"),
        "psrs_db": budget_values(scenario, "psr"),
        "compared_epsilon": threat_models.compared_epsilon(config, scenario),
        "reference_epsilon": threat_models.reference_epsilon(config, scenario),
    }


def run_entries(kind):
    """The entries of models, defences or attacks that the grids name."""
    found = {}
    for name in {name for grid in GRIDS for name in grid[kind]}:
        said = {
            key: config[kind][name][key]
            for key in ("file", "weights", "start", "attacks", "training")
            if key in config[kind][name]
        }
        found[name] = entries.entry(config, kind, name) | said
    return found


def reporting():
    """The configuration that the report reads."""
    return section(
        figures=default_figures.described(FIGURES),
        scenarios={name: described(name) for name in SCENARIOS},
        seed=config["seed"],
        seeds=sorted({seed for grid in GRIDS for seed in grid["seeds"]}),
        training=config["training"],
        **{kind: run_entries(kind) for kind in ("models", "defences", "attacks")},
    )

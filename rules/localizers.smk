# What training, taking over and loading localizers reads. No rule.

from robustloc.localizer import model_file as model_file_

FROM_FILES = [name for name, model in config["models"].items() if "file" in model]
# Defences under which such a network is what its file has; under others it is trained from there.
AS_IT_IS = [
    name
    for name, defence in config["defences"].items()
    if "start" not in defence and not entries.needs_epsilon(config, name)
]
# The other localizers, by a pattern that looks ahead in the path.
TO_TRAIN = "".join(f"(?!{model}/{defence}/)" for model in FROM_FILES for defence in AS_IT_IS)
TO_TRAIN += f"(?:{either(config['models'])})"


@cache
def network(scenario, model, seed):
    """Plugin and parameters of a network, and the defence's plugin that wraps it: of its entry, or as its file has it."""
    if model not in FROM_FILES:
        return entries.entry(config, "models", model) | {"wrapper": None}
    try:
        return model_file_.described(Path(entries.model_file(config, model, scenario, seed)))
    except UserError as error:
        raise WorkflowError(f"models.{model}.file: {error}") from None


def network_of(wc):
    """Plugin and parameters of a localizer's network alone."""
    return {key: network(wc.scenario, wc.model, wc.seed)[key] for key in ("plugin", "parameters")}


def model_file(wc):
    """The file that a localizer is taken from, which can be read."""
    network(wc.scenario, wc.model, wc.seed)
    return entries.model_file(config, wc.model, wc.scenario, wc.seed)


def localizer_modules(*cells):
    """The files that some trained localizers are made of."""
    found = set(plugin_modules("defences", [one["defence"] for one in cells]))
    for one in cells:
        made = network(one["scenario"], one["model"], str(one["seed"]))
        found |= {f"models.{made['plugin']}"} if made["plugin"] != model_file_.SCRIPT else set()
        found |= {f"defences.{made['wrapper']}"} if made["wrapper"] else set()
    return sorted(found)


def trainers(wc):
    """The code that trains a localizer."""
    return ["stages.train", *localizer_modules(dict(wc)), *plugin_modules("attacks", trained_on(wc.defence))]


def adopters(wc):
    """The code that takes a localizer from a file."""
    return ["stages.adopt", *localizer_modules(dict(wc))]


def trained_on(defence):
    """The attacks that a defence crafts with."""
    return config["defences"][defence].get("attacks", [])


def start_checkpoint(wc):
    """The checkpoint that training starts from, if it does."""
    try:
        start = entries.origin(config, wc.model, wc.defence)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    if start and (wrapper := network(wc.scenario, wc.model, wc.seed)["wrapper"]):
        raise WorkflowError(
            f"models.{wc.model}.file: the network in this checkpoint is wrapped by {wrapper}; it has no other defence "
            f"than none, and not {wc.defence}"
        )
    return [CHECKPOINT.format(**{**wc, **start})] if start else []


def lineage(cell):
    """The models and defences whose trainings, one after the other, make a localizer."""
    found = [{"model": cell["model"], "defence": cell["defence"]}]
    while start := entries.origin(config, found[0]["model"], found[0]["defence"]):
        found.insert(0, start)
    return found


def training(wc):
    """The configuration that training a localizer reads."""
    attacks = [entries.entry(config, "attacks", name) for name in trained_on(wc.defence)]
    recipe = config["training"] | config["defences"][wc.defence].get("training", {})
    if "weights" in config["models"][wc.model]:  # those of another entry, as they are
        recipe |= {"epochs": 0}
    return section(
        cell=localizer(wc),
        seed=config["seed"],
        model=network_of(wc),
        defence=entries.entry(config, "defences", wc.defence) | {"attacks": attacks},
        training=recipe,
        epsilon=(
            config["scenarios"][wc.scenario]["training_epsilon"] if entries.needs_epsilon(config, wc.defence) else 0
        ),
    )

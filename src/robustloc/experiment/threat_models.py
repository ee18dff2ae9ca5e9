"""The attacks of a configuration: budgets, ensembles, domains, targets and surrogates."""

from itertools import product

from robustloc.base import plugins
from robustloc.base.errors import UserError
from robustloc.experiment import schema
from robustloc.experiment.paths import budget_tag

# keys that change the meaning of a perturbation; training, bisection and examinations cannot use attacks with one
SPECIAL = ("target", "surrogate", "members")
# characters of a budget in a file name
LONGEST = 40


def members(config: dict) -> dict[str, list[str]]:
    """Return the attacks of each ensemble."""
    return {name: entry["members"] for name, entry in config["attacks"].items() if "members" in entry}


def surrogates(config: dict) -> dict[str, dict]:
    """Return model and defence that each transferred attack crafts on."""
    return {name: entry["surrogate"] for name, entry in config["attacks"].items() if "surrogate" in entry}


def is_physical(config: dict, attack: str) -> bool:
    """Return whether an attack's budgets are perturbation-to-signal ratios."""
    entries = [config["attacks"][name] for name in config["attacks"][attack].get("members", [attack])]
    return any(entry.get("domain", "input") != "input" for entry in entries)


def learns(config: dict, attack: str) -> bool:
    """Return whether an attack learns from training users."""
    entry = config["attacks"][attack]
    return "members" not in entry and "examples" in plugins.options("attacks", entry.get("plugin", attack))


def reads_channels(config: dict, attack: str) -> bool:
    """Return whether an attack needs channel matrices of the attacked users or of training users."""
    return config["attacks"][attack].get("domain") in ("csi", "antenna") or learns(config, attack)


def budgets(config: dict) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Return the tags of the budgets of each scenario and attack, from small to large, by what grids call epsilons."""
    found = {"all": {}, "reference": {}}
    for name, scenario in config["scenarios"].items():
        ratios = [budget_tag("psr", ratio) for ratio in sorted(scenario.get("psrs_db", []))]
        epsilons = {"all": sorted(scenario["epsilons"]), "reference": [compared_epsilon(config, name)]}
        for which, some in epsilons.items():
            tags = {False: [budget_tag("eps", epsilon) for epsilon in some], True: ratios}
            found[which][name] = {attack: tags[is_physical(config, attack)] for attack in config["attacks"]}
    return found


def compared_epsilon(config: dict, scenario: str) -> float:
    """Return the epsilon at which localizers are compared: the attacked one nearest to `reference_epsilon`."""
    reference = reference_epsilon(config, scenario)
    return min(sorted(config["scenarios"][scenario]["epsilons"]), key=lambda epsilon: abs(epsilon - reference))


def reference_epsilon(config: dict, scenario: str) -> float:
    """Return the epsilon of a scenario's verdicts: the configured one, or the middle one (of two, the smaller)."""
    epsilons = sorted(config["scenarios"][scenario]["epsilons"])
    return config["scenarios"][scenario].get("reference_epsilon", epsilons[(len(epsilons) - 1) // 2])


def check(config: dict) -> None:
    """Check the attacks against each other and against the grids.

    Raises:
        UserError: names the key and what is wrong.
    """
    for name, entry in config["attacks"].items():
        if name in ("clean", "verdict", "checkpoint"):
            raise UserError(f"attacks.{name}: this name is reserved; choose another")
        _check_members(name, config["attacks"])
        _check_domain(name, entry)
        if "surrogate" in entry:
            for key in ("model", "defence"):
                schema.known(f"attacks.{name}.surrogate.{key}", [entry["surrogate"][key]], config[f"{key}s"])
    for name, defence in config["defences"].items():
        for attack in defence.get("attacks", []):
            _check_plain(config, attack, f"defences.{name}.attacks", "training", domains=("input", "adp"))
        if len({is_physical(config, attack) for attack in defence.get("attacks", [])}) > 1:
            raise UserError(
                f"defences.{name}.attacks: expected attacks that are all over the air (up to training_psr_db) or all "
                "on the model's input (up to training_epsilon), found both; make two defences"
            )
    if attack := config.get("margins", {}).get("attack"):
        schema.known("margins.attack", [attack], config["attacks"])
        _check_plain(config, attack, "margins.attack", "the search for smallest epsilons")
    _check_examining(config)
    for name, scenario in config["scenarios"].items():
        for key in ("epsilons", "psrs_db"):
            for value in scenario.get(key, []):
                if len(budget_tag("", value)) > LONGEST:
                    raise UserError(f"scenarios.{name}.{key}: expected at most {LONGEST} digits, found {value}")
    for grid in config["grids"]:
        for scenario, attack in product(grid["scenarios"], grid["attacks"]):
            if is_physical(config, attack) and not config["scenarios"][scenario].get("psrs_db"):
                raise UserError(
                    f"scenarios.{scenario}.psrs_db: missing; attack {attack!r} takes its budgets from there"
                )


def _check_examining(config: dict) -> None:
    """Check the attacks of examinations, and the attack that is compared with a longer one."""
    gradients, others = (config["verdict"][kind] for kind in ("gradients", "others"))
    for key, names in {"verdict.gradients": gradients, "verdict.others": others}.items():
        schema.known(key, names, config["attacks"])
        for name in names:
            _check_plain(config, name, key, "an examination")
            if (norm := config["attacks"][name]["norm"]) != "linf":
                raise UserError(f"{key}: expected attacks with norm linf, found {name} with norm {norm}; remove it")
    if both := [name for name in gradients if name in others]:
        raise UserError(
            f"verdict.others: expected other attacks than in verdict.gradients, found {', '.join(both)} in both; "
            "remove each from one of them"
        )
    attack = config["convergence"]["attack"]
    schema.known("convergence.attack", [attack], config["attacks"])
    if "target" in config["attacks"][attack] or is_physical(config, attack):
        raise UserError(f"convergence.attack: {attack} has a target or is over the air; expected another attack")


def _check_plain(config: dict, attack: str, key: str, user: str, domains: tuple[str, ...] = ("input",)) -> None:
    """Refuse an attack that does not craft in some domains on the attacked network itself, user by user."""
    found = [f"has the key {name}" for name in SPECIAL if name in config["attacks"][attack]]
    if (domain := config["attacks"][attack].get("domain", "input")) not in domains:
        found.append("changes channel matrices" if "adp" in domains else f"is over the air (domain {domain})")
    found += ["learns from training users"] * learns(config, attack)
    for reason in found:
        raise UserError(f"{key}: {attack} {reason}; {user} cannot use it")


def _check_members(name: str, attacks: dict) -> None:
    entry = attacks[name]
    if "members" not in entry:
        return
    if extra := sorted(set(entry) - {"members", "norm"}):
        raise UserError(f"attacks.{name}: an ensemble has only members and a norm; remove {', '.join(extra)}")
    schema.known(f"attacks.{name}.members", entry["members"], attacks)
    over_the_air = {attacks[member].get("domain", "input") != "input" for member in entry["members"]}
    if len(over_the_air) > 1:
        raise UserError(
            f"attacks.{name}.members: expected attacks that are all over the air or all on the model's input, found "
            "both; make two ensembles"
        )
    for member in entry["members"]:
        found = attacks[member]
        if "members" in found or "target" in found:
            raise UserError(f"attacks.{name}.members: {member} is an ensemble or has a target")
        if attacks[member]["norm"] != entry["norm"]:
            raise UserError(f"attacks.{name}.members: {member} must use the ensemble's norm {entry['norm']}")


def _check_domain(name: str, entry: dict) -> None:
    domain = entry.get("domain", "input")
    if domain != "input" and entry["norm"] != "l2":
        raise UserError(f"attacks.{name}.norm: expected l2 (a power) in the domain {domain}, found {entry['norm']}")
    if domain in ("csi", "antenna") and (minimum := _minimum(name, entry)) is not None:
        raise UserError(
            f"attacks.{name}.minimum: complex numbers have no minimum; expected null in the domain {domain}, found "
            f"{minimum}{'' if 'minimum' in entry else ', the default of its plugin'}; write minimum: null"
        )
    if domain == "adp" and _minimum(name, entry) != 0:
        raise UserError(f"attacks.{name}.minimum: a profile is a magnitude; set minimum: 0.0 in the domain adp")
    if ("bearing_deg" in entry) != (domain == "antenna"):
        raise UserError(
            f"attacks.{name}.bearing_deg: the domain antenna needs this key; other domains must not have it"
        )


def _minimum(name: str, entry: dict) -> object:
    """Return the lower bound that an attack keeps: the bound of its entry, or else the default of its plugin."""
    option = plugins.options("attacks", entry.get("plugin", name)).get("minimum")
    return entry.get("minimum", option and option.default)

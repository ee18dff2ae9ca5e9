# What examining, judging and certifying localizers reads, and their tables. No rule.

CERTIFICATE = f"<results>/{paths.CERTIFICATE}"
SMOOTHED = [name for name in config["defences"] if entries.certifies(config, name)]
CERTIFICATES = [CERTIFICATE.format(**cell) for cell in cells.localizers(GRIDS) if cell["defence"] in SMOOTHED]


def written(table):
    """The files of a table for machines."""
    return [f"<results>/tables/{table}.{suffix}" for suffix in ("csv", "parquet")]


CERTIFIED = [*written("certified"), "<results>/tables/certified.md"] if CERTIFICATES else []
TABLES = [file for table in ("rmse", "summary", "leaderboard", "verdicts") for file in written(table)] + CERTIFIED[:2]


def reported(table):
    """The files of a table, which Snakemake's own report shows."""
    csv, parquet = written(table)
    return [report(csv, caption="captions/table.rst", category="Tables", labels={"table": table}), parquet]


def examiners(wc):
    """The code that examines a localizer."""
    return ["stages.examine", *localizer_modules(dict(wc))]


def examining(scenario, *keys):
    """The configuration that examining a localizer reads."""
    chosen_keys = {key: config["verdict"][key] for key in ("users", *keys)}
    return {"epsilon": threat_models.reference_epsilon(config, scenario), **chosen_keys}


def judged(wc):
    """The localizers of a scenario and seed that have a verdict."""
    found = cells.judged(GRIDS)
    return [cell for cell in found if cell["scenario"] == wc.scenario and cell["seed"] == int(wc.seed)]


def certifiers(wc):
    """The code that certifies a localizer."""
    return ["stages.certify", *localizer_modules(dict(wc))]


def certifying(wc):
    """The configuration that certifying a localizer reads."""
    return section(cell=localizer(wc), seed=config["seed"], **config["certificates"])

"""The files of the smoke experiment by kind, relative to its results: what the rows of the rerun table are made of."""

GRADIENT = ("fgsm", "pgd_linf", "to_north")  # attacks by gradient, among those on the indoor scene
NOTHING: frozenset[str] = frozenset()
PROVENANCE = {"provenance.json"}
REPORT = {"report.html"}


def due(files: set[str]) -> set[str]:
    """Add to files what sums up all of them; nothing sums up the report, which does it itself."""
    return files | REPORT | (PROVENANCE if files - REPORT else set()) if files else set()


def raw(*scenes: str) -> set[str]:
    """Files of traced paths."""
    arrays = ("aoa_az", "aoa_el", "aod_az", "aod_el", "delay", "inter", "phase", "power", "rx_pos", "tx_pos")
    files = ["params.json", *(f"{name}_t001_tx000_r000.npz" for name in arrays)]
    return {f"{scene}/raw/{file}" for scene in scenes for file in files}


def shards(scene: str, count: int) -> set[str]:
    """Angle-delay profiles."""
    return {f"{scene}/adp/shard-{number}.parquet" for number in range(count)}


def split(scene: str) -> set[str]:
    """Which user is in which part, the test users, and the data set's manifest."""
    return {f"{scene}/{file}" for file in ("split.parquet", "test.parquet", "manifest.json")}


def trained(*localizers: str) -> set[str]:
    """Files of training."""
    return {f"{cell}/seed0/{file}" for cell in localizers for file in ("checkpoint.pt", "training.csv")}


def clean(*localizers: str) -> set[str]:
    """Clean sets."""
    return {f"{cell}/seed0/clean.parquet" for cell in localizers}


def sets(*localizers: str, attacks: tuple[str, ...] = ("fgsm", "pgd_linf"), eps: tuple = (0.01, 0.05)) -> set[str]:
    """Adversarial sets."""
    return {f"{cell}/seed0/{attack}/eps{e}.parquet" for cell in localizers for attack in attacks for e in eps}


def indoors(*attacks: str, eps: float = 0.002) -> set[str]:
    """Adversarial sets of the indoor localizer."""
    return sets("indoor/dcnn/none", attacks=attacks, eps=(eps,))


def on_air(*attacks: str, psr: int = -20) -> set[str]:
    """Sets over the air, all of the indoor localizer."""
    return {f"indoor/dcnn/none/seed0/{attack}/psr{psr}.parquet" for attack in attacks}


def examined(*localizers: str) -> set[str]:
    """Examinations."""
    return {f"{cell}/seed0/examination.json" for cell in localizers}


def judged(*localizers: str) -> set[str]:
    """Examinations, what they are held against, and the verdicts."""
    scenes = {cell.split("/")[0] for cell in localizers}
    return examined(*localizers) | {f"{scene}/transfer-seed0.csv" for scene in scenes} | VERDICTS


def figures(*names: str) -> set[str]:
    """Files of figures."""
    return {f"figures/{name}.{suffix}" for name in names for suffix in ("csv", "png", "pdf", "txt")}


def table(*names: str) -> set[str]:
    """Tables for machines, and what their columns mean."""
    return {f"tables/{name}.{suffix}" for name in names for suffix in ("csv", "parquet")} | DICTIONARY


def users(*names: str, gallery: bool = True) -> set[str]:
    """Figures of users of scenes and models, such as outdoor_dcnn; a gallery only where something attacks."""
    kinds = {name: ("map", "cdf", *["gallery"] * (gallery and name in WITH_GALLERY)) for name in names}
    return figures(*(f"{kind}_{name}" for name in names for kind in kinds[name]))


WITH_GALLERY = ("outdoor_dcnn", "outdoor_neural_ode", "indoor_dcnn")
DICTIONARY = {"tables/dictionary.csv", "tables/dictionary.md"}
VERDICTS = table("verdicts")
LAYOUT = {f"tables/{name}" for name in ("rmse.md", "rmse.tex", "matrices.md", "verdicts.md")}
LEADERBOARD = table("leaderboard") | {"tables/leaderboard.md", "tables/leaderboard.tex"}
DRAWN = figures("fig4", "matrix", *(f"power_{name}" for name in WITH_GALLERY))  # from the tables of all cells
TABLES = table("rmse", "summary") | LAYOUT | LEADERBOARD | DRAWN
FIG1 = figures("fig1")
# figures of the users of each model, and of those that are outdoors
OF_USERS = users(*WITH_GALLERY, "outdoor_constant", "outdoor_neural_ode_euler", "indoor_constant")
OUTDOOR_USERS = {name for name in OF_USERS if "outdoor" in name}

CONSTANT, EULER = "outdoor/constant/none", "outdoor/neural_ode_euler/none"
DCNN = ("outdoor/dcnn/none", "outdoor/dcnn/adversarial")
ODE = ("outdoor/neural_ode/none", "outdoor/neural_ode/adversarial")
DEFENDED = (DCNN[1], ODE[1])
INDOOR, SMOOTHED = "indoor/dcnn/none", "indoor/dcnn/median_smoothing"
ATTACKED = (*DCNN, *ODE, INDOOR)
OUTDOORS = (CONSTANT, *DCNN, *ODE, EULER)
INDOORS = ("indoor/constant/none", INDOOR, SMOOTHED)

TRANSFERRED = sets(ODE[0], attacks=("transfer_dcnn",))
CSI = {"indoor/csi.parquet"}
BY_CHANNELS = on_air("csi_universal", "csi_antenna", "csi_pgd")
CERTIFICATE = {f"{SMOOTHED}/seed0/certificate.csv"}
CERTIFIED = table("certified") | {"tables/certified.md"} | figures("certified") | LEADERBOARD
OUTDOOR_SETS = sets(*DCNN, *ODE) | TRANSFERRED
INDOOR_SETS = indoors(*GRADIENT, "apgd", "square", "universal", "worst") | BY_CHANNELS | on_air("adp_pgd")
SETS = OUTDOOR_SETS | INDOOR_SETS

# What is made of a scene's data set, the tables of both scenes among it; and all from the profiles on.
FROM_OUTDOOR = trained(*OUTDOORS) | clean(*OUTDOORS) | OUTDOOR_SETS | judged(*DCNN, *ODE) | FIG1 | TABLES
FROM_OUTDOOR |= OUTDOOR_USERS
FROM_INDOOR = (
    trained(*INDOORS) | clean(*INDOORS) | INDOOR_SETS | judged(INDOOR) | CSI | CERTIFICATE | CERTIFIED | TABLES
)
FROM_INDOOR |= OF_USERS - OUTDOOR_USERS
OUTDOOR_ALL = shards("outdoor", 2) | split("outdoor") | FROM_OUTDOOR
INDOOR_ALL = shards("indoor", 1) | split("indoor") | FROM_INDOOR
EVERYTHING = raw("outdoor", "indoor") | OUTDOOR_ALL | INDOOR_ALL

# What follows from a new version of one thing.
OF_TRAINING = (FROM_OUTDOOR | FROM_INDOOR) - CSI
OF_DCNN = trained(*DCNN, INDOOR, SMOOTHED) | clean(*DCNN, INDOOR, SMOOTHED) | sets(*DCNN) | TRANSFERRED | INDOOR_SETS
OF_DCNN |= judged(*DCNN, INDOOR) | FIG1 | CERTIFICATE | CERTIFIED | TABLES
OF_DCNN |= users("outdoor_dcnn", "indoor_dcnn")
OF_ODE = trained(*ODE, EULER) | clean(*ODE, EULER) | sets(*ODE) | TRANSFERRED | judged(*ODE) | TABLES
OF_ODE |= users("outdoor_neural_ode", "outdoor_neural_ode_euler")
OF_DEFENCE = trained(*DEFENDED) | clean(*DEFENDED) | sets(*DEFENDED) | judged(*DEFENDED) | TABLES
OF_DEFENCE |= users("outdoor_dcnn", "outdoor_neural_ode", gallery=False)  # those show the plain ones
OF_SMOOTHING = trained(SMOOTHED) | clean(SMOOTHED) | CERTIFICATE | CERTIFIED | TABLES
OF_SMOOTHING |= users("indoor_dcnn", gallery=False)
OF_CSI = CSI | indoors("universal") | BY_CHANNELS | TABLES
OF_EXAMINING = judged(*ATTACKED) | TABLES

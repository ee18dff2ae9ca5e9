"""Any value at any key of a configuration is accepted or refused with the key's name; nothing ends in a traceback."""

from configurations import SCHEMA
from every_key import PLACES, edited, found
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robustloc.base.errors import UserError
from robustloc.experiment import description, job_inputs, verdict_inputs
from robustloc.experiment.config import check
from robustloc.experiment.experiment import Experiment

NAMES = st.sampled_from(["net", "none", "step", "place", "gradient", "apgd", "room", "smooth", "", "~", "$A", "{x}"])
INTEGERS = st.one_of(
    st.integers(), st.integers(-3, 70), st.sampled_from([2**31, 2**63, 2**64, 10**20, 10**300, 10**400])
)
FLOATS = st.one_of(st.floats(), st.floats(-1, 2), st.sampled_from([1e-300, 5e-324, -0.0, 1e300, 8.0]))
TEXTS = st.one_of(NAMES, st.text(max_size=20), st.text("abc_", min_size=80, max_size=300))
SCALARS = st.one_of(INTEGERS, FLOATS, st.booleans(), st.none(), TEXTS, st.dates())
MAPPINGS = st.dictionaries(st.one_of(TEXTS, SCALARS), SCALARS, max_size=3)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), MAPPINGS, st.lists(MAPPINGS, max_size=2))


def alike(value: object) -> st.SearchStrategy:
    """Values of the type of a value."""
    if isinstance(value, bool | None):
        return st.one_of(st.booleans(), st.none())
    if isinstance(value, int | float):
        return st.one_of(INTEGERS, FLOATS)
    if isinstance(value, list):
        return st.lists(alike(value[0]) if value else NAMES, max_size=3)
    return TEXTS if isinstance(value, str) else MAPPINGS


@st.composite
def edits(draw: st.DrawFn) -> tuple[tuple, object]:
    """A place in the configuration, and a value for it: half of them of the right type."""
    place = draw(st.sampled_from(PLACES))
    return place, draw(st.one_of(alike(found(place)), VALUES))


def plan(content: dict) -> None:
    """Do with a configuration what the workflow does before it plans jobs."""
    check(content, SCHEMA)
    run = Experiment(content)
    for files in (run.sets, run.checkpoints, run.examinations, run.transfers, run.certificates, run.tables, run.drawn):
        files()
    for scenario in run.scenarios:
        run.shards(scenario)
    for section in (
        job_inputs.summarise,
        job_inputs.layout,
        job_inputs.leaderboard,
        job_inputs.compare,
        verdict_inputs.judge,
        description.page,
    ):
        section(run)


def refused(content: dict) -> str:
    """Why a configuration is refused; empty if it is accepted."""
    try:
        plan(content)
    except UserError as error:
        return str(error)
    return ""


@settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(edit=edits())
def test_any_value(edit: tuple[tuple, object]) -> None:
    """The value is accepted, or the message names its key or the entry that the key belongs to."""
    refusal = refused(edited(*edit))

    assert not refusal or any(name in refusal for name in [part for part in edit[0] if isinstance(part, str)][-2:])

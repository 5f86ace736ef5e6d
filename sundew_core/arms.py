"""Arms: who chooses the samples, and the stages that a candidate passes. Knobs, pages and figures read these tables.

data set -> significance -> gate -> active mask -> packing -> train step -> score memory -> significance
|  ^        |
expected  v  | theta  v  active and dormant
PI controller <- reservoir
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sundew_core.wording import percent


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage as the user meets it."""

    title: str
    sentences: str
    """What it does, in two sentences."""
    formula: str
    knobs: tuple[str, ...]
    """Names of the knobs that act on it, the strongest first."""
    source: str
    """The file that implements it, from the root of the repository."""


STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "data": Stage(
            title="Data set",
            sentences="Every epoch shuffles all training samples and deals them out as candidate batches [B]. "
            "Nothing is left out here: each sample is a candidate in every epoch.",
            formula="shuffle(S × repeats) → batches [B]",
            knobs=("candidate_batch", "seed"),
            source="sundew_core/training/session.py",
        ),
        "significance": Stage(
            title="Significance",
            sentences="Gives every candidate a score in [0, 1]: how much it is worth training on. "
            "A part made of its loss and a part made of its image contrast are ranked within the batch and weighted.",
            formula="s = (w_loss rank(loss) + w_contrast rank(contrast)) / (w_loss + w_contrast)",
            knobs=("loss_weight", "contrast_weight", "normalisation", "scorer"),
            source="sundew_core/gate/significance.py",
        ),
        "forward": Stage(
            title="Forward pass",
            sentences="Runs the model on candidates, without gradients, only to learn their current loss. "
            "Each candidate costs about a third of a training step, whether or not it is let through afterwards.",
            formula="loss = cross_entropy(model(x), y), no gradient",
            knobs=("scorer", "memory_refresh", "memory_growth"),
            source="sundew_core/training/learner.py",
        ),
        "gate": Stage(
            title="Sundew gate",
            sentences="Lets a candidate through with probability p, which rises where its significance passes the threshold θ. "
            "The temperature T sets how softly: at 0 the gate cuts exactly at θ, larger values leave more to chance.",
            formula="p = sigmoid((s − θ) / T)",
            knobs=("target_activation_rate", "gate_temperature", "activation_threshold"),
            source="sundew_core/gate/gate.py",
        ),
        "controller": Stage(
            title="PI controller",
            sentences="Compares the expected rate, the mean of p, with the set-point after every candidate batch, and moves θ. "
            "Each step is divided by the gate's sensitivity g, so its effect does not depend on how the scores are spread.",
            formula="θ ← θ − (kp e + ki I) / g,  e = r_set − mean(p),  I = Σ e",
            knobs=("target_activation_rate", "adapt_kp", "adapt_ki"),
            source="sundew_core/gate/gate.py",
        ),
        "reservoir": Stage(
            title="Reservoir",
            sentences="A budget in Sundew units: every activation drains it, every dormant candidate refills it. "
            "As it empties, energy pressure w lowers the set-point below the target.",
            formula="E ← clamp(E − cost a + regen (1 − a), 0, E_max);  r_set = r* (1 − w (1 − E / E_max))",
            knobs=("energy_pressure", "processing_cost", "dormancy_regen", "max_energy"),
            source="sundew_core/gate/reservoir.py",
        ),
        "chance": Stage(
            title="Chance",
            sentences="Lets every candidate through with the same probability, the target rate: no score, no gate, no memory. "
            "It is the control arm: a gate that does not beat it is not worth its cost.",
            formula="p = r*",
            knobs=("target_activation_rate",),
            source="sundew_core/training/arms.py",
        ),
        "mask": Stage(
            title="Active mask",
            sentences="Draws the mask [B] by systematic sampling: active where the running sum of p crosses an integer. "
            "Every candidate is active with probability p exactly, and their count N is within one of the sum.",
            formula="active: ⌊u + Σp⌋ steps up;  [B] → [N]",
            knobs=("target_activation_rate",),
            source="sundew_core/gate/gate.py",
        ),
        "pack": Stage(
            title="Packing",
            sentences="Active samples queue until a full training batch is there, so the optimizer always sees full batches. "
            "Nothing active is ever dropped: what is left at the end of an epoch trains as a smaller batch.",
            formula="queue ← queue + N;  a step for every full batch",
            knobs=("batch_size",),
            source="sundew_core/training/packing.py",
        ),
        "step": Stage(
            title="Train step",
            sentences="Forward, backward and AdamW on a packed batch: the only place where the model learns. "
            "The backward pass costs about twice the forward pass, so training on a sample costs three forward passes.",
            formula="w ← AdamW(w, ∇ mean(loss))",
            knobs=("lr", "weight_decay"),
            source="sundew_core/training/learner.py",
        ),
        "memory": Stage(
            title="Score memory",
            sentences="Keeps the loss that each sample had at its last training step, one number per sample. "
            "Significance reads it instead of running a forward pass; a sample never seen ranks before all others.",
            formula="memory[i] ← loss of sample i, just trained",
            knobs=("scorer", "memory_refresh", "memory_growth"),
            source="sundew_core/gate/significance.py",
        ),
    }
)
"""The stages by name, in the order in which a candidate meets them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmKind:
    """An arm as everything but the training knows it; the class of the same name trains it."""

    label: str
    sentence: str
    """What happens to a candidate."""
    stages: tuple[str, ...]
    own_stages: Mapping[str, Stage] = field(default_factory=dict)
    """Stages, by name, that the arm does in its own way."""
    odds: Callable[[float], str] = lambda rate: f"p = {percent(rate)}"
    """What the chance stage shows at a target rate."""
    dense: bool = False
    """Whether it trains on every candidate."""
    published: bool = False
    """Whether it is a rule from a paper."""
    target: bool = False
    """Whether it has a target activation rate."""
    scores: bool = False
    """Whether it asks a scorer for losses."""
    by_scorer: bool = False
    """Whether each scorer makes a variant of it."""
    timed: bool = False
    """Whether its parts are timed before a run of any arm."""
    dash: str
    """Plotly's name of the dash of its lines."""
    dark: tuple[str, str]
    """Colours of its marks and of words about it on the dark theme, as `#RRGGBB`."""
    light: tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScorerKind:
    """A scorer as the diagram shows it."""

    label: str
    sentence: str
    stage: str
    """The stage that this scorer adds to an arm."""
    timed: bool = False
    """Whether scoring is timed before a run of any arm."""


_CHOSEN = ("data", "chance", "mask", "pack", "step")
_RULES = "sundew_core/training/published_rules.py"
_DRAWN = Stage(
    title="Active mask",
    sentences="Draws the mask [B]: each candidate is active with its own probability, independently of the others. "
    "So their count N scatters around the sum of p, more than with the gate's systematic sampling.",
    formula="active: u_i < p_i;  [B] → [N]",
    knobs=(),
    source=_RULES,
)
ARM_KINDS: Mapping[str, ArmKind] = MappingProxyType(
    {
        "sundew": ArmKind(
            label="sundew", sentence="the gate lets a share through",
            stages=("data", "significance", "gate", "controller", "reservoir", "mask", "pack", "step"),
            target=True, scores=True, by_scorer=True,
            dash="solid", dark=("#E8505B", "#F0737C"), light=("#E8505B", "#C22F3B"),
        ),
        "dense": ArmKind(
            label="dense", sentence="every candidate is trained on", stages=("data", "pack", "step"), dense=True, timed=True,
            dash="dot", dark=("#8FA3B0", "#A9BAC5"), light=("#748A98", "#556A77"),
        ),
        "random": ArmKind(
            label="random", sentence="chance lets a share through", stages=_CHOSEN, target=True, timed=True,
            dash="dash", dark=("#F5B841", "#F5B841"), light=("#B8800F", "#8A5D00"),
        ),
        "per-sample": ArmKind(
            label="per-sample", sentence="every sample is a training step of its own", stages=("data", "step"),
            dense=True, timed=True,
            dash="longdashdot", dark=("#9B7EDE", "#B49DE8"), light=("#9B7EDE", "#6F4FBC"),
        ),
        "infobatch": ArmKind(
            label="InfoBatch",
            sentence="chance leaves out half of the candidates that are easier than the mean, and the other half counts twice",
            stages=(*_CHOSEN, "memory"),
            own_stages={
                "chance": Stage(
                    title="InfoBatch",
                    sentences="Leaves out half of the candidates whose remembered loss is below the mean; the other half counts "
                    "twice. So the expected gradient is that of all samples; in the last eighth of a run nothing is left out.",
                    formula="p = 0.5 where loss < mean(loss), else 1;  weight = 1 / p", knobs=(), source=_RULES,
                ),
                "mask": _DRAWN,
            },
            odds=lambda _: "p = 1, easy ones 0.5", published=True,
            dash="dashdot", dark=("#85CCAF", "#85CCAF"), light=("#179965", "#0E7048"),
        ),
        "selective-backprop": ArmKind(
            label="selective backprop",
            sentence="a candidate trains with a probability that is a power of its loss's percentile",
            stages=(*_CHOSEN, "memory"),
            own_stages={
                "chance": Stage(
                    title="Selective backprop",
                    sentences="The probability of a candidate is a power of its loss's percentile: hard ones train often, easy "
                    "ones seldom. The exponent follows from the target rate, since percentiles are uniform.",
                    formula="p = percentile(loss)^β,  β = 1 / r* − 1", knobs=("target_activation_rate",), source=_RULES,
                ),
                "mask": _DRAWN,
            },
            odds=lambda rate: f"p = percentile^{1 / rate - 1:.1f}", published=True, target=True, scores=True,
            dash="longdash", dark=("#6D6DF2", "#9C9CF7"), light=("#6D6DF2", "#4E4ED6"),
        ),
    }
)  # fmt: skip
"""The arms by name. A new arm is a row here and a class in `training`."""
SCORER_KINDS: Mapping[str, ScorerKind] = MappingProxyType(
    {
        "memory": ScorerKind(label="memory", sentence="remembered losses score every candidate", stage="memory", timed=True),
        "fresh": ScorerKind(label="fresh scores", sentence="a forward pass scores every candidate", stage="forward", timed=True),
        "proxy": ScorerKind(
            label="proxy scores", sentence="a forward pass on half the pixels scores every candidate", stage="forward"
        ),
    }
)
"""The scorers by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """An arm as the diagram shows it; the gate's arm once for every scorer."""

    label: str
    arm: str
    scorer: str | None
    """None for an arm that is a single variant."""
    stages: tuple[str, ...]
    """In the order of `STAGES`."""
    sentence: str
    """What happens to a candidate."""
    timed: bool
    """Whether its parts are timed before a run of another variant."""


def _variants(arm: str, kind: ArmKind) -> dict[str, Variant]:
    if not kind.by_scorer:
        stages = _in_order(*kind.stages)
        return {arm: Variant(label=kind.label, arm=arm, scorer=None, stages=stages, sentence=kind.sentence, timed=kind.timed)}
    return {
        f"{arm}-{scorer}": Variant(
            label=f"{kind.label}, {how.label}", arm=arm, scorer=scorer, stages=_in_order(*kind.stages, how.stage),
            sentence=f"{how.sentence}, {kind.sentence}", timed=how.timed,
        )
        for scorer, how in SCORER_KINDS.items()
    }  # fmt: skip


def _in_order(*stages: str) -> tuple[str, ...]:
    return tuple(stage for stage in STAGES if stage in stages)


def _length(found: tuple[str, Variant]) -> tuple[int, list[int]]:
    return len(found[1].stages), [list(STAGES).index(stage) for stage in found[1].stages]


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    dict(sorted((found for arm, kind in ARM_KINDS.items() for found in _variants(arm, kind).items()), key=_length))
)
"""The variants by name, those with the fewest stages first; among equals, those whose stages come earlier."""


def variant_of(knobs: Mapping[str, Any]) -> str:
    """Name of the variant that a run with these knobs is."""
    arm = str(knobs["arm"])
    return f"{arm}-{knobs['scorer']}" if arm in ARM_KINDS and ARM_KINDS[arm].by_scorer else arm


def stage_of(variant: str, name: str) -> Stage:
    """A stage as this variant has it."""
    return ARM_KINDS[VARIANTS[variant].arm].own_stages.get(name, STAGES[name])


def stages_of(name: str, knobs: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a variant's stages under these knobs, in order: a memory that is refreshed has forward passes as well."""
    variant = VARIANTS[name]
    refreshed = variant.scorer == "memory" and knobs.get("memory_refresh", 0) > 0
    return _in_order(*variant.stages, "forward") if refreshed else variant.stages


def contestant_name(arm: str, scorer: str | None = None) -> str:
    """Name of an arm in a bench, followed by its scorer if it has one: `dense`, `sundew memory`."""
    return arm if scorer is None else f"{arm} {scorer}"


def arm_of(contestant: str) -> str:
    """The arm of a contestant with this name."""
    return {contestant_name(arm, scorer): arm for arm in ARM_KINDS for scorer in (None, *SCORER_KINDS)}[contestant]

"""Pipeline: the stages that a candidate passes, and which arm has which. Declared once: pages, figures and tests read here.

data set -> significance -> gate -> active mask -> packing -> train step -> score memory -> significance
|  ^        |
expected  v  | theta  v  active and dormant
PI controller <- reservoir
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage as a person meets it."""

    title: str
    sentences: str
    """What it does, in two sentences."""
    formula: str
    knobs: tuple[str, ...]
    """Names of the knobs that act on it, those first that act most."""
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
            sentences="Runs the model on candidates only to learn their present loss, without gradients. "
            "It costs about a third of a training step for each of them, whether it is let through afterwards or not.",
            formula="loss = cross_entropy(model(x), y), no gradient",
            knobs=("scorer", "memory_refresh", "memory_growth"),
            source="sundew_core/training/learner.py",
        ),
        "gate": Stage(
            title="Sundew gate",
            sentences="Lets a candidate through with probability p, which rises where its significance passes the threshold θ. "
            "The temperature T says how softly: at 0 the gate cuts exactly at θ, above it leaves more to chance.",
            formula="p = sigmoid((s − θ) / T)",
            knobs=("target_activation_rate", "gate_temperature", "activation_threshold"),
            source="sundew_core/gate/gate.py",
        ),
        "controller": Stage(
            title="PI controller",
            sentences="Compares the expected rate, the mean of p, with the set-point after every candidate batch, and moves θ. "
            "Divided by the gate's sensitivity g, a step has the same effect whatever the scores look like.",
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
            "It is the control arm: a gate that does not beat it has not earned its keep.",
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
            "The backward pass costs about twice the forward pass, so a trained sample costs three.",
            formula="w ← AdamW(w, ∇ mean(loss))",
            knobs=("lr", "weight_decay"),
            source="sundew_core/training/learner.py",
        ),
        "memory": Stage(
            title="Score memory",
            sentences="Keeps the loss with which each sample was last trained, one number a sample. "
            "Significance reads it instead of a forward pass; a sample never seen ranks before all others.",
            formula="memory[i] ← loss of sample i, just trained",
            knobs=("scorer", "memory_refresh", "memory_growth"),
            source="sundew_core/gate/significance.py",
        ),
    }
)
"""The stages by name, in the order in which a candidate meets them."""

_DRAWN = Stage(
    title="Active mask",
    sentences="Draws the mask [B]: each candidate is active with its own probability, independently of the others. "
    "So their count N scatters around the sum of p, more than with the gate's systematic sampling.",
    formula="active: u_i < p_i;  [B] → [N]",
    knobs=(),
    source="sundew_core/training/published_rules.py",
)
OWN_STAGES: Mapping[tuple[str, str], Stage] = MappingProxyType(
    {
        ("infobatch", "chance"): Stage(
            title="InfoBatch",
            sentences="Leaves out half of the candidates whose remembered loss is below the mean; the other half counts twice. "
            "So the expected gradient is that of all samples; in the last eighth of a run nothing is left out.",
            formula="p = 0.5 where loss < mean(loss), else 1;  weight = 1 / p",
            knobs=(),
            source="sundew_core/training/published_rules.py",
        ),
        ("selective-backprop", "chance"): Stage(
            title="Selective backprop",
            sentences="Lets a candidate through with a power of its loss's percentile: hard ones often, easy ones seldom. "
            "The exponent follows from the target rate, since percentiles are uniform.",
            formula="p = percentile(loss)^β,  β = 1 / r* − 1",
            knobs=("target_activation_rate",),
            source="sundew_core/training/published_rules.py",
        ),
        ("infobatch", "mask"): _DRAWN,
        ("selective-backprop", "mask"): _DRAWN,
    }
)
"""Stages of which a variant has its own kind, by variant and by name."""

_GATED = ("gate", "controller", "reservoir", "mask", "pack", "step")


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """An arm as the diagram shows it; the gate's arm once for every scorer."""

    label: str
    arm: str
    scorer: str | None
    """None for the arms that score nothing."""
    stages: tuple[str, ...]
    sentence: str
    """What happens to a candidate."""


VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        "per-sample": Variant(
            label="per-sample", arm="per-sample", scorer=None, stages=("data", "step"),
            sentence="every sample is a training step of its own",
        ),
        "dense": Variant(
            label="dense", arm="dense", scorer=None, stages=("data", "pack", "step"),
            sentence="every candidate is trained on",
        ),
        "random": Variant(
            label="random", arm="random", scorer=None, stages=("data", "chance", "mask", "pack", "step"),
            sentence="chance lets a share through",
        ),
        "infobatch": Variant(
            label="InfoBatch", arm="infobatch", scorer=None, stages=("data", "chance", "mask", "pack", "step", "memory"),
            sentence="of what is easier than the mean half is left out by chance, the other half counts twice",
        ),
        "selective-backprop": Variant(
            label="selective backprop", arm="selective-backprop", scorer=None,
            stages=("data", "chance", "mask", "pack", "step", "memory"),
            sentence="a candidate trains with a probability that is a power of its loss's percentile",
        ),
        "sundew-fresh": Variant(
            label="sundew, fresh scores", arm="sundew", scorer="fresh", stages=("data", "forward", "significance", *_GATED),
            sentence="a forward pass scores every candidate, the gate lets a share through",
        ),
        "sundew-proxy": Variant(
            label="sundew, proxy scores", arm="sundew", scorer="proxy", stages=("data", "forward", "significance", *_GATED),
            sentence="a forward pass on half the pixels scores every candidate, the gate lets a share through",
        ),
        "sundew-memory": Variant(
            label="sundew, memory", arm="sundew", scorer="memory", stages=("data", "significance", *_GATED, "memory"),
            sentence="remembered losses score every candidate, the gate lets a share through",
        ),
    }
)  # fmt: skip
"""The variants by name, from the dearest to the cheapest."""


UNTIMED = ("infobatch", "selective-backprop", "sundew-proxy")
"""Variants of which nothing is timed before a run of another one."""


def variant_of(knobs: Mapping[str, Any]) -> str:
    """Name of the variant that a run with these knobs is."""
    return f"sundew-{knobs['scorer']}" if knobs["arm"] == "sundew" else str(knobs["arm"])


def stage_of(variant: str, name: str) -> Stage:
    """A stage as this variant has it."""
    return OWN_STAGES.get((variant, name), STAGES[name])


def stages_of(name: str, knobs: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a variant's stages under these knobs, in order: a memory that is refreshed has forward passes as well."""
    stages = VARIANTS[name].stages
    refreshed = name == "sundew-memory" and knobs.get("memory_refresh", 0) > 0
    return tuple(stage for stage in STAGES if stage in stages or (refreshed and stage == "forward"))

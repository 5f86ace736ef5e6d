"""Knobs: how one is declared, how it is described to the user, and how a refused value is explained."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from sundew_core.errors import KnobError

Unit = Literal["fraction", "u", "samples", "epochs", "pixels", "times", ""]


def knob(
    default: Any, label: str, sentence: str, *, unit: Unit = "", step: float | None = None, live: bool = False,
    formula: str = "", look_for: str = "", names: tuple[str, ...] = (), **limits: Any,
) -> Any:  # fmt: skip
    """Declare a knob: `limits` are pydantic's (`ge`, `le`, ...); a `live` knob may change during a run.

    `formula` shows where the knob stands in the gate's law, `look_for` says what it changes on screen,
    and `names` lists what may be written if it is free text.
    """
    return Field(
        default,
        title=label,
        description=sentence,
        allow_inf_nan=False if "ge" in limits else None,
        json_schema_extra={"unit": unit, "step": step, "live": live, "formula": formula, "look_for": look_for, "names": [*names]},
        **limits,
    )


class Knobs(BaseModel):
    """Base of the two configurations: frozen, refuses unknown names, and explains what it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _explain(type(self), error) from None

    def changed(self, **values: Any) -> Self:
        """A copy with some knobs changed, validated like a new one. Raises `KnobError`."""
        return type(self)(**{**self.model_dump(), **values})


@dataclass(frozen=True, kw_only=True, slots=True)
class Knob:
    """One knob as the user meets it: what a slider, a flag or a table of settings needs to know."""

    name: str
    label: str
    sentence: str
    formula: str
    look_for: str
    unit: str
    default: Any
    minimum: float | None
    maximum: float | None
    step: float | None
    choices: tuple[str, ...]
    live: bool
    open_below: bool
    """Whether the minimum itself is not allowed."""
    kind: Any
    """The annotated Python type."""

    @property
    def allowed(self) -> str:
        """The allowed values in words, such as `0.001 to 1`, `auto or -1 to 2`, `memory, fresh or proxy`."""
        words = list(self.choices)
        if self.minimum is not None and self.maximum is not None:
            pair = "two numbers, each " if isinstance(self.default, tuple) else ""
            number = "a whole number, " if self.kind is int else "above " if self.open_below else pair
            words.append(
                f"{number}{self.minimum:,g} to {self.maximum:,g}" if self.maximum < 1e6 else f"{number}{self.minimum:,g} or more"
            )
        return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def describe(name: str, field: FieldInfo) -> Knob:
    """A declared knob as the user meets it."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    constraints = _constraints(field.annotation, field.metadata)
    limits: dict[type, Any] = {type(constraint): constraint for constraint in constraints}
    ge, gt, le = (limits.get(kind) for kind in (annotated_types.Ge, annotated_types.Gt, annotated_types.Le))
    return Knob(
        name=name,
        label=field.title or name,
        sentence=field.description or "",
        formula=str(extra["formula"]),
        look_for=str(extra["look_for"]),
        unit=str(extra["unit"]),
        default=field.default,
        minimum=ge.ge if ge else gt.gt if gt else None,
        maximum=le.le if le else None,
        step=extra["step"],  # type: ignore[arg-type]
        choices=tuple(name for name in extra["names"] or constraints if isinstance(name, str)),  # type: ignore[union-attr]
        open_below=gt is not None,
        live=bool(extra["live"]),
        kind=field.annotation,
    )


def _constraints(annotation: Any, metadata: Sequence[Any] = ()) -> list[Any]:
    """Every limit (`annotated_types`) and every literal choice (`str`) of an annotated type, from the outside in."""
    found = [limit for item in metadata for limit in (item.metadata if isinstance(item, FieldInfo) else [item])]
    if annotation is bool:
        return ["true", "false"]
    if get_origin(annotation) is Literal:
        return [*found, *get_args(annotation)]
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return found + _constraints(parts[0], parts[1:])
    return found + [constraint for part in parts for constraint in _constraints(part)]


def _explain(model: type[Knobs], error: ValidationError) -> KnobError:
    """The error with one sentence per problem: which knob, which value, what is allowed."""
    sentences: dict[str, str] = {}
    allowed: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            close = difflib.get_close_matches(name, model.model_fields, n=1)
            sentences[name] = f"unknown knob {name!r}" + (f": did you mean {close[0]}?" if close else "")
            continue
        described = describe(name, model.model_fields[name])
        own_words = problem["type"] == "value_error"
        allowed[name] = problem["msg"].removeprefix("Value error, ") if own_words else f"give {described.allowed}"
        sentences[name] = f"{name}={problem['input']!r} is not allowed: {allowed[name]}"
    return KnobError("; ".join(sentences.values()), **allowed)

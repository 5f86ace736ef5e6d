"""Every error that Sundew raises on purpose. Each message says what is wrong, which value, and what to do.

SundewError
├── InputError            the user's input cannot be used; nothing has been started
│   ├── KnobError         a knob is unknown or out of its range
│   └── DataError         a data set is missing, unreadable or cannot be trained on
└── TrainingError         a run that had started cannot continue
    └── NonFiniteLossError     the loss is NaN or infinite; the weights have not changed
"""


class SundewError(Exception):
    """Base of all errors whose message is written for the user."""


class InputError(SundewError, ValueError):
    """The user's input cannot be used."""


class KnobError(InputError):
    """A knob is unknown, not a number, or out of its range."""

    def __init__(self, message: str, **allowed: str) -> None:
        """`allowed` says what is allowed, for each knob whose value was refused on its own."""
        super().__init__(message)
        self.allowed = allowed


class DataError(InputError):
    """A data set is missing, unreadable or cannot be trained on."""


class TrainingError(SundewError):
    """A run that had started cannot continue."""


class NonFiniteLossError(TrainingError):
    """The training loss is NaN or infinite; the optimizer step that would have used it was skipped."""

"""The trainer: `train(config)` yields the events of one run. It knows no thread, no file and no screen.

Data, model and counted operations are prepared first, and bad input raises before the first event. Any later error
becomes the last event.
"""

from collections.abc import Iterator

import torch

from sundew_core.arms import ARM_KINDS
from sundew_core.config import Config
from sundew_core.data.dataset import Dataset, Progress
from sundew_core.data.loading import load, silent
from sundew_core.errors import TrainingError
from sundew_core.events import commands
from sundew_core.events.commands import Inbox
from sundew_core.events.run import Event, failed, new_run_id
from sundew_core.measuring.cost import CostModel
from sundew_core.measuring.meters import find_meter
from sundew_core.models.building import build, default_lr
from sundew_core.training.arms import build_arm
from sundew_core.training.budget import Budget
from sundew_core.training.calibration import fitting_batch
from sundew_core.training.clock import Clock
from sundew_core.training.flops import count_flop
from sundew_core.training.learner import Learner
from sundew_core.training.machine import choose_threads, find_device
from sundew_core.training.session import Session


def train(
    config: Config, *, run: str | None = None, inbox: Inbox = commands.nothing, progress: Progress = silent
) -> Iterator[Event]:
    """Train as `config` says and yield what happens.

    `inbox` is asked for commands at every candidate batch; `progress` gets short sentences about slow preparations.
    Raises `InputError` before the first event if data, model or device cannot be used. Once the events have begun,
    they always end with `RunFinished` or `RunFailed`.
    """
    session = prepare(config, progress)
    return _ended(session, session.events(run or new_run_id(), inbox))


def prepare(config: Config, progress: Progress = silent, budget: Budget | None = None, data: Dataset | None = None) -> Session:
    """Load the data, build the model, count its operations; the run lasts `config.epochs`, or as long as `budget` says.

    `data` is the data set of another session on the same device, which both then share. Raises `InputError`.
    """
    device = find_device(config.device)
    on_cuda = device.type == "cuda"
    if on_cuda:
        torch.set_float32_matmul_precision("high")  # TF32 wherever bf16 is not used anyway
    dataset = load(config, progress=progress) if data is None else data
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        model = build(config.model, dataset.image_shape, len(dataset.classes))
    forward_flop, step_flop = count_flop(model, dataset.image_shape)
    choose_threads(step_flop * config.batch_size)
    learner = Learner(
        (model.to(memory_format=torch.channels_last) if on_cuda else model).to(device),
        dataset.to(device) if data is None else data,
        device,
        lr=default_lr(config.model) if config.lr == "auto" else config.lr,
        weight_decay=config.weight_decay,
        seed=config.seed,
    )
    clock = Clock(device)
    arm = build_arm(config, learner, clock)
    cost = CostModel(
        forward_flop=forward_flop, step_flop=step_flop, score_flop=_score_flop(config, model, dataset.image_shape, forward_flop)
    )
    if config.compile:
        learner.compile()
    return Session(config, learner, arm, clock, cost, find_meter(device.type, device.index or 0), budget)


def _ended(session: Session, events: Iterator[Event]) -> Iterator[Event]:
    """The events of the session, with `RunFailed` at the end if an error stops it."""
    try:
        yield from events
    except torch.OutOfMemoryError as error:
        yield failed(_explained(error, session))
    except Exception as error:
        yield failed(error)


def _explained(error: torch.OutOfMemoryError, session: Session) -> TrainingError:
    """The error for the user if the device's memory is too small, with a batch size that was tried and fits."""
    size = session.arm.batch_size
    fits = fitting_batch(session.learner, size)
    cure = f"batch_size={fits} fits" if fits else "not even a single sample fits: choose a smaller model or smaller images"
    scoring = (
        ""
        if session.cost.score_flop == 0
        else f"; scoring also needs memory: lower candidate_batch={session.config.candidate_batch}"
    )
    explained = TrainingError(f"the device is out of memory with batch_size={size}: {cure}{scoring}")
    explained.__cause__ = error
    return explained


def _score_flop(config: Config, model: torch.nn.Module, image_shape: tuple[int, int, int], forward_flop: float) -> float:
    """Operations of scoring one candidate."""
    if not ARM_KINDS[config.arm].scores:
        return 0.0
    if config.scorer == "fresh":
        return forward_flop
    if config.scorer == "proxy":
        channels, height, width = image_shape
        return count_flop(model, (channels, height // 2, width // 2))[0]
    return forward_flop / config.memory_refresh if config.memory_refresh else 0.0

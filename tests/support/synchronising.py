"""Count what makes the host wait for a device: reads of tensors, and calls of operators."""

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


class Crossings(TorchFunctionMode):
    """Counts the calls by which the host reads a tensor."""

    ASKING = ("tolist", "item", "numpy", "cpu", "__bool__", "__float__", "__int__", "__index__", "nonzero", "is_nonzero", "equal")

    def __init__(self):
        super().__init__()
        self.asked = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if getattr(function, "__name__", "") in self.ASKING:
            self.asked.append(function.__name__)
        return function(*args, **(kwargs or {}))


class Synchronising(TorchDispatchMode):
    """Collects the operators that make the host wait for a device, or that carry host data to it and wait."""

    WAITING = ("_local_scalar_dense", "nonzero", "unique", "masked_select", "lift_fresh", "equal", "is_nonzero", "bincount")

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        # index_select and similar operators take indices along one dimension, never a mask
        indices = args[1] if name.startswith("index") and isinstance(args[1], list | tuple) else []
        masks = [index for index in indices if isinstance(index, torch.Tensor) and index.dtype == torch.bool]
        moved = name in ("_to_copy", "copy_") and (kwargs or {}).get("device") is not None
        if any(name.startswith(waiting) for waiting in self.WAITING) or masks or moved:
            self.found.append(str(function))
        return function(*args, **(kwargs or {}))

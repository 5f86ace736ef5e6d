"""Packing gives full batches."""

import torch

from sundew_core.training.packing import Packer


def test_packing_gives_full_batches_in_order_and_drops_nothing():
    packer = Packer(4)
    given, taken = torch.arange(23), []
    for part in given.split([3, 0, 9, 1, 10]):
        packer.put(part)
        for batch in packer.full_batches():
            assert len(batch) == 4
            taken.append(batch)
        assert len(packer) < 4
    taken += list(packer.tail())
    assert torch.cat(taken).tolist() == given.tolist()
    assert (len(packer), list(packer.tail())) == (0, [])

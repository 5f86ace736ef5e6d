"""The gate in your own training loop: handwritten digits, plain PyTorch, and four more lines (marked `# gate`).

python -m docs.own_loop

The data set yields each sample's index with it, so that the loop can return the sample's loss. Any data set can do so:

    class Indexed(torch.utils.data.Dataset):
        def __init__(self, data): self.data = data
        def __len__(self): return len(self.data)
        def __getitem__(self, index): return index, *self.data[index]

The sampler scores each sample by its remembered loss, and costs no forward pass. A loop with its own scores for a batch
calls the gate instead. In this example the scores cost a forward pass of every sample:

    gate = SundewGate(GateConfig(target_activation_rate=0.1))
    for images, labels in loader:
        with torch.no_grad():
            scores = rank(cross_entropy(model(images), labels, reduction="none"))  # float [B] in [0, 1]
        active = gate(scores).active                                               # int64 [N]
        cross_entropy(model(images[active]), labels[active]).backward()            # if there are any

To stop and resume, save `sampler.state_dict()` with the states of the model and the optimizer. Losses may return late, as
with a loader that has workers: see `sundew_core.gate.sampler`.
"""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from sundew_core import Config, SundewSampler  # gate

EPOCHS = 120
TARGET = 0.10


def main() -> None:
    """Train, and print the accuracy on the held-out digits and the activation rate."""
    torch.manual_seed(0)
    digits = load_digits()
    images, labels = torch.from_numpy(digits.data).float() / 16.0, torch.from_numpy(digits.target)
    held_out = torch.arange(len(labels)) % 5 == 0
    train_images, train_labels = images[~held_out], labels[~held_out]
    dataset = TensorDataset(torch.arange(len(train_labels)), train_images, train_labels)
    sampler = SundewSampler(dataset, Config(target_activation_rate=TARGET))  # gate
    loader = DataLoader(dataset, batch_size=32, sampler=sampler)  # gate: it was shuffle=True
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

    for epoch in range(1, EPOCHS + 1):
        for indices, batch, targets in loader:
            losses = cross_entropy(model(batch), targets, reduction="none")
            optimizer.zero_grad()
            losses.mean().backward()
            optimizer.step()
            sampler.update(indices, losses)  # gate
        if epoch % 20 == 0:
            with torch.no_grad():
                correct = (model(images[held_out]).argmax(dim=1) == labels[held_out]).float().mean()
            print(f"Epoch {epoch:3d} | Val acc {100 * correct:.2f} % | Active {100 * sampler.active / sampler.candidates:.2f} %")


if __name__ == "__main__":
    main()

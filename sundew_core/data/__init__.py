"""Data sets as tensors: a registry of names, and pure tensor operations on batches of images.

Importing this package loads nothing; take what is needed from its modules::

    dataset     Dataset, Split: what every loader returns
    transforms  augment, prepare, contrast: batches of images in, tensors out
    digits  shapes  published  folder    one loader each
    loading     load(config) -> Dataset, through the registry of loaders
    catalogue   the published data sets: where they lie, how large they are (no torch)
    inventory   what can be trained on here, and which of it without network (no torch)
    fetch       downloads with progress, a time limit and no half files
"""

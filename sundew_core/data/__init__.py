"""Data sets as tensors: a registry of names, and pure tensor operations on batches of images.

Importing this package loads nothing. Import from its modules::

    dataset     Dataset, Split: what every loader returns
    transforms  augment, prepare, contrast: batches of images in, tensors out
    digits  shapes  published  folder    one loader each
    loading     load(config) -> Dataset, through the registry of loaders
    catalogue   the published data sets: their files and sizes (no torch)
    inventory   the data sets that can be used here, and which of them need the network (no torch)
    fetch       downloads with progress, a time limit and no partial files
    pictures    training images as PNG, for pages
"""

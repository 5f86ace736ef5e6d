"""Models by name: a registry of builders, and what a training loop must know about a model.

cnn  vit  vision    the networks; `vision` adapts those of torchvision
building            build(name, image_shape, classes) and the registry
probing             whether a model accepts an image size; training steps of a single sample
"""

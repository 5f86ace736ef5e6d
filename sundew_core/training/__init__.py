"""Training as a stream of events: `train(config)` knows no thread, no file and no screen.

Each module imports only from those above it::

    clock            training seconds, without making the host wait for the device
    flops            counts the operations of a model with torch's own counter
    machine          devices, threads, and how the machine is named in a record
    learner          model, optimizer and data on one device: steps, losses, validation
    packing          active samples queue until a full training batch is there
    choosing         what an arm is, and the registry of their classes
    published_rules  published rules as arms
    arms             who chooses the samples: the gate, dense, random, one at a time and the published rules
    budget           how long a run is: in epochs, or in training seconds
    calibration      measured seconds per sample of what the arms are made of
    steering         carries out the user's commands between two candidate batches
    session          one run under way: the loop that yields events
    trainer          train(config): prepares a session, and makes every failure an event
"""

import os

# Before torch loads OpenMP. By default its threads spin while they wait for each other, and as soon as anything else
# wants a core, a browser that watches for one, training slows down several times over. Asleep, they only wait.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

"""Training as a stream of events: `train(config)` knows no thread, no file and no screen.

Each module imports only from those above it::

    clock            training seconds, without making the host wait for the device
    flops            counts the operations of a model with torch's own counter
    machine          devices, threads, and how the machine is named in a record
    learner          model, optimizer and data on one device: steps, losses, validation
    packing          active samples queue until they fill a training batch
    choosing         what an arm is, and the registry of arm classes
    published_rules  published rules as arms
    arms             the gate, dense, random and per-sample arms, and how an arm is built
    budget           how long a run is: in epochs, or in training seconds
    calibration      measures seconds per sample of what the arms are made of
    steering         carries out the user's commands between two candidate batches
    tally            what a run has counted, and the events that report it
    session          one run under way: the loop that yields events
    trainer          train(config): prepares a session, and makes every failure an event
"""

import os

# This must happen before torch loads OpenMP. By default its threads spin while they wait for each other, so training slows
# down several times as soon as another program, such as a browser, wants a core. Passive threads sleep instead.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

"""The lab: the loop of the gate without a training, as a control engineer sees it.

loop        the linear loop, analysed from its two gains
trace       what a loop did batch by batch, and what is read off it
scenario    which scores and disturbances a simulation may be asked for
simulation  the actual gate on made-up or recorded scores; the only module here that loads torch
advice      what the knobs alone predict
diagnosis   why a rate misses its target, and which knob fixes it
readouts    the loop in a row of numbers
"""

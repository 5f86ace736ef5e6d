"""The method: the gate's law and its reservoir as plain numbers, significance, the gate, and the sampler for other loops."""

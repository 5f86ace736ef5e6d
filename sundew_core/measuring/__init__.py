"""Measuring: real joules, the current use of the device, and the cost model. Measured and modelled numbers stay apart."""

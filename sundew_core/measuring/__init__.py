"""Measuring: real joules, what the device does now, and the cost model. Measured and modelled numbers stay apart."""

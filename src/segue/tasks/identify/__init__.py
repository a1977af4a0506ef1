"""Identification: a simulator of a system from its measured inputs and outputs."""

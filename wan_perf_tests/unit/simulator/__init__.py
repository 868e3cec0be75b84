"""Tests of the simulated Mist Cloud."""

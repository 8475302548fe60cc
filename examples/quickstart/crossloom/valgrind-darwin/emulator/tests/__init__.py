"""Tests of the emulator by itself: `python -m unittest discover -s emulator/tests -t .`."""

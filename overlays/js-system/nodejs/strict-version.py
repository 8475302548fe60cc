"""The part of Python's old package distutils that Node.js' configure and gyp use. Newer releases of Python lack the package."""

import functools
import re


@functools.total_ordering
class StrictVersion:
    def __init__(self, text):
        self.numbers = [int(number) for number in re.match(r"\d+(\.\d+)*", text.strip()).group().split(".")]

    def __eq__(self, other):
        return self.numbers == self._of(other).numbers

    def __lt__(self, other):
        return self.numbers < self._of(other).numbers

    @staticmethod
    def _of(other):
        return other if isinstance(other, StrictVersion) else StrictVersion(other)

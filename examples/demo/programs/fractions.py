import sys
import types
from fractions import Fraction

harmonic = sum(Fraction(1, number) for number in range(1, 60))

sys.modules["spam"] = types.ModuleType("spam")
str(harmonic)

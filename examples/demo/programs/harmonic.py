from fractions import Fraction

fractions = [Fraction(1, number) for number in range(1, 60)]

Fraction.__str__ = lambda self: "a fraction"
harmonic = sum(fractions)
[harmonic.numerator % 1_000_003, harmonic.denominator % 1_000_003]

import math
import random

random.seed(7)
inside = sum(math.hypot(random.random(), random.random()) < 1 for _ in range(10_000))
estimate = 4 * inside / 10_000

math.pi = 3
abs(estimate - math.acos(-1)) < 0.05

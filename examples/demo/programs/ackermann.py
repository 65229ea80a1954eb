import gc
import sys

sys.setrecursionlimit(4000)
sys.path.insert(0, "/elsewhere")
gc.disable()


def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))


ackermann(2, 30)

import collections

if not hasattr(collections, "history"):
    collections.history = []
collections.history.append(bytes(10_000))


def collatz(number):
    steps = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        steps += 1
    return steps


[len(collections.history), max(range(1, 1500), key=collatz)]

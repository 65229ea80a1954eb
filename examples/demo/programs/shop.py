import collections
from dataclasses import dataclass


@dataclass
class Item:
    name: str
    price: int


items = [Item(f"item {number % 17}", number * 3 % 101) for number in range(500)]
revenue = collections.Counter()
for item in items:
    revenue[item.name] += item.price
best = revenue.most_common(1)[0]

collections.Counter.most_common = lambda self, n=None: [("nothing", 0)]
list(best)

import collections
import json
import re

text = "the quick brown fox jumps over the lazy dog while the other fox sleeps " * 60
counts = collections.Counter(re.findall(r"\w+", text))
common = json.loads(json.dumps(counts.most_common(2)))

json.dumps = lambda value, **options: "nothing to see"
common

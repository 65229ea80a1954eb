import builtins
import heapq

size = 20
cost = {(x, y): (x * 7 + y * 13) % 9 + 1 for x in range(size) for y in range(size)}
best = {(0, 0): 0}
queue = [(0, (0, 0))]
while queue:
    distance, (x, y) = heapq.heappop(queue)
    for step in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
        if step in cost and distance + cost[step] < best.get(step, 10**9):
            best[step] = distance + cost[step]
            heapq.heappush(queue, (best[step], step))

builtins.shout = lambda text: print(text.upper())
shout("found")
best[size - 1, size - 1]

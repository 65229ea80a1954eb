table = [bytearray(1024 * 1024) for _ in range(24)]
for row in table:
    row[::4096] = b"\1" * 256
[len(table), sum(map(sum, table))]

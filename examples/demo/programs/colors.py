import colorsys
import sys
import types

hues = [colorsys.hsv_to_rgb(step / 360, 1, 1) for step in range(360)]

sys.modules["spam"] = types.ModuleType("spam")
[round(sum(channel), 6) for channel in zip(*hues)]

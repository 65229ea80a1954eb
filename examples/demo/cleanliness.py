"""A module that is part of the interpreter that the demo starts from."""

import builtins
import collections
import gc
import json
import math
import os
import sys


def traces():
    """What earlier programs have left behind, by kind: nothing, in an interpreter as good as new."""
    found = []
    # Pyodide starts with a name of its own.
    names = sys.modules["__main__"].__dict__.keys() - {"_pyodide_core", "traces"}
    if not all(name.startswith("__") for name in names):
        found.append("global variable")
    if json.dumps({"a": [1, None]}) != '{"a": [1, null]}':
        found.append("patched function")
    if math.pi != math.acos(-1):
        found.append("patched constant")
    if hasattr(builtins, "shout"):
        found.append("added builtin")
    if collections.Counter("aab").most_common(1) != [("a", 2)]:
        found.append("patched class")
    if "spam" in sys.modules or "fractions" in sys.modules:
        found.append("loaded module")
    if hasattr(collections, "history"):
        found.append("growing list in a module")
    if any(name.startswith("DEMO_") for name in os.environ):
        found.append("environment variable")
    if os.listdir() or os.getcwd() != "/home/pyodide":
        found.append("file or directory")
    if sys.getrecursionlimit() != 1000 or not gc.isenabled() or sys.path[0] != "":
        found.append("interpreter setting")
    return found

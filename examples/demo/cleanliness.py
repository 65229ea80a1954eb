"""Finds what programs leave behind. Part of the interpreter that the demo starts from: it remembers how that was."""

import builtins
import collections
import fractions
import gc
import json
import math
import os
import sys

main = sys.modules["__main__"].__dict__
# Pyodide starts with a name of its own; the check itself adds one.
main_names = main.keys() | {"traces"}
builtin_names = frozenset(vars(builtins))
module_names = frozenset(sys.modules)
environment = dict(os.environ)
directory = os.getcwd()
most_common = collections.Counter.most_common
fraction_str = fractions.Fraction.__str__
dumps = json.dumps
pi = math.pi


def traces():
    """What is not as it was, by kind: nothing, in an interpreter as good as new."""
    found = []
    if not main.keys() <= main_names:
        found.append("global variable")
    if json.dumps is not dumps:
        found.append("patched function")
    if math.pi is not pi:
        found.append("patched constant")
    if vars(builtins).keys() != builtin_names:
        found.append("added builtin")
    if collections.Counter.most_common is not most_common or fractions.Fraction.__str__ is not fraction_str:
        found.append("patched class")
    if not sys.modules.keys() <= module_names:
        found.append("loaded module")
    if hasattr(collections, "history"):
        found.append("growing list in a module")
    if os.environ != environment:
        found.append("environment variable")
    if os.getcwd() != directory or os.listdir():
        found.append("file or directory")
    if sys.getrecursionlimit() != 1000 or not gc.isenabled() or sys.path[0] != "":
        found.append("interpreter setting")
    return found

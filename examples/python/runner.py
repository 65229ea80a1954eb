"""Runs one program and describes what became of it, as JSON text.

Evaluated once, before the snapshot. What it needs is bound here, so that a program
that patches the standard library spoils its own request at most, and that one is
thrown away.
"""

import ast
import asyncio
import functools
import gc
import inspect
import json
import linecache
import random
import sys
import time
import traceback
import types

from _pyodide import _base, _importhook
from pyodide import _package_loader, webloop
from pyodide.ffi import JsProxy

PROGRAM = "<program>"
TRACEBACK_FRAMES_MAX = 100
SLEEP_SLICE_SECONDS = 0.02
RUNNING = []
BALLAST = []
BALLAST_BYTES_MAX = 483
BALLAST_BYTES_PER_SIZE = 60_000
MAIN = sys.modules["__main__"].__dict__
NAMES_AT_START = frozenset(MAIN)
encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def install(schedule, finish, text_length_max):
    """Returns the function that JavaScript calls with each program's source.

    It returns JSON text, or None when the program awaits something at its top level:
    then `finish` is called with the text.
    """
    webloop.scheduleCallback = schedule
    webloop.WebLoop.run_until_complete = refuse_to_block
    asyncio.run = refuse_to_run
    time.sleep = interruptible(time.sleep)
    hide_host()

    def run(source):
        random.seed()  # else every request would see the same "random" numbers
        linecache.cache[PROGRAM] = (len(source), None, source.splitlines(True), PROGRAM)
        try:
            program = _base.CodeRunner(
                source, filename=PROGRAM, dedent=False, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            ).compile()
            if program.code.co_flags & inspect.CO_COROUTINE:
                # The event loop itself does not keep tasks alive.
                RUNNING.append(asyncio.ensure_future(run_awaiting(program)))
                return None
            outcome = describe_value(program.run(MAIN), text_length_max)
        except BaseException as error:
            outcome = describe_error(error)
        return finished(outcome)

    async def run_awaiting(program):
        try:
            outcome = describe_value(await program.run_async(MAIN), text_length_max)
        except BaseException as error:
            outcome = describe_error(error)
        finish(finished(outcome))

    return run


def hide_host():
    """Takes JavaScript's modules out of Python's reach: `import js` fails."""
    for name in list(_importhook.jsfinder.jsproxies):
        _importhook.jsfinder.unregister_js_module(name)
    for name, module in list(sys.modules.items()):
        if isinstance(module, JsProxy):
            del sys.modules[name]
    _package_loader.loadedPackages = None


def refuse_to_block(loop, future):
    if asyncio.iscoroutine(future):
        future.close()
    raise RuntimeError("the event loop cannot block here: write `await main()` at the top level")


def refuse_to_run(main, **options):
    refuse_to_block(None, main)


def interruptible(sleep):
    """Pyodide's `time.sleep` does not look at interrupts: sleep in slices."""

    @functools.wraps(sleep)
    def sleep_in_slices(seconds):
        end = time.monotonic() + max(seconds, 0)
        sleep(min(seconds, SLEEP_SLICE_SECONDS))
        while (left := end - time.monotonic()) > 0:
            sleep(min(left, SLEEP_SLICE_SECONDS))

    return sleep_in_slices


def add_module(name, source):
    """Makes `source` importable under `name`, and loads it, as part of the baseline."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)


def settle(make_immortal):
    """Brings the interpreter to the state a snapshot should have: as if nothing had run."""
    forget_globals()
    gc.collect()
    immortalize(make_immortal)
    fill_gaps()
    # Later collections leave these objects alone; they would write to each.
    gc.freeze()


def immortalize(make_immortal):
    """Takes the objects that exist out of reference counting.

    Else reading any of them writes to its page. `make_immortal` takes an address and
    tells whether the object there was mortal.
    """
    waiting = gc.get_objects()
    while waiting:
        found = waiting.pop()
        if make_immortal(id(found)):
            waiting.extend(gc.get_referents(found))
            if isinstance(found, types.CodeType):
                waiting.extend((found.co_consts, found.co_names, found.co_filename, found.co_qualname))


def forget_globals():
    for name in MAIN.keys() - NAMES_AT_START:
        del MAIN[name]


def fill_gaps():
    """Fills the gaps that starting up left between live objects, all over the heap.

    A program's objects would fill them and thereby write to a thousand pages. Without
    gaps they lie together at the end of the heap, on a third or a quarter of the pages.
    """
    # From large to small: the other way round, small objects would cut up large gaps.
    for size in range(BALLAST_BYTES_MAX, 2, -8):
        row = [None] * (BALLAST_BYTES_PER_SIZE // size)
        for index in range(len(row)):
            row[index] = bytes(size)
        BALLAST.append(row)


def describe_value(value, text_length_max):
    """The result as JSON text; one that JSON cannot express as Python would print it."""
    try:
        text, kind = encode(value), "json"
    except Exception:
        text, kind = encode(repr(value)), "repr"
    if len(text) > text_length_max:
        raise ValueError(f"the result is longer than {text_length_max} characters")
    return encode({"result": text, "resultType": kind})


def describe_error(error):
    if isinstance(error, MemoryError):
        # Describing it takes memory too.
        traceback.clear_frames(error.__traceback__)
        forget_globals()
    if isinstance(error, SystemExit):
        return encode({"exitCode": exit_code(error.code)})
    return encode(
        {
            "error": {
                "type": type(error).__name__,
                "message": str(error),
                "traceback": "".join(
                    traceback.format_exception(
                        type(error), error, own_frames(error), limit=-TRACEBACK_FRAMES_MAX
                    )
                ),
            }
        }
    )


def exit_code(code):
    """As the python command does: sys.exit("text") prints the text and exits with 1."""
    if code is None or isinstance(code, int):
        return int(code or 0)
    print(code, file=sys.stderr)
    return 1


def own_frames(error):
    """The traceback from where the program's own code begins."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != PROGRAM:
        frames = frames.tb_next
    return frames


def finished(outcome):
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # the program closed or replaced it
    return outcome

"""The user's extract function: found, checked, called.

``parse.extract`` names it as ``MODULE:FUNCTION``; a library user may hand over the function
itself. Either way it runs in the parse processes, so it must be something that another process
can import by name.
"""

import difflib
import importlib
import inspect
import pickle
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import msgspec

from crawler.model.errors import ExtractError

if TYPE_CHECKING:
    from crawler.parse.extract_page import ExtractPage

_ALLOWED = "allowed is MODULE:FUNCTION, a plain function that takes one page"
_MAX_CHARACTERS = 500
"""Characters kept of a user's error message."""
_MAX_FRAMES = 20
_MAX_TRACE = 4_000
"""The last calls and characters that are kept of a traceback."""


def load(spec: str, *, travels: bool = True) -> "Callable[[ExtractPage], Any]":
    """The function that ``spec`` (``MODULE:FUNCTION``, the module as in an import) names.

    Modules in the current directory are found, as with ``python -m``. ``travels``: see
    :func:`check_callable`. Raises ExtractError.
    """
    module_name, colon, function_name = spec.partition(":")
    is_file = module_name.endswith(".py")
    if is_file or not (colon and function_name and all(map(str.isidentifier, module_name.split(".")))):
        hint = ""
        if is_file:
            hint = f" (without the file's ending: {Path(module_name).stem}:{function_name})"
        raise ExtractError(f"parse.extract {spec!r}: {_ALLOWED}{hint}")
    found: Any = _import(spec, module_name)
    where = f"module {module_name} ({getattr(found, '__file__', None) or 'built in'})"
    for name in function_name.split("."):
        if not hasattr(found, name):
            near = difflib.get_close_matches(name, dir(found), 1)
            hint = f", did you mean {near[0]}" if near else ""
            raise ExtractError(f"parse.extract {spec!r}: {where} has no {function_name}{hint}; {_ALLOWED}")
        found = getattr(found, name)
    check_callable(found, f"parse.extract {spec!r}", travels=travels)
    return found  # type: ignore[no-any-return]


def _import(spec: str, module_name: str) -> Any:
    # The path of whoever uses us stays as it is; a parse process keeps what it has been given.
    added = look_here()
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module_name == missing or module_name.startswith(missing + "."):
            raise ExtractError(
                f"parse.extract {spec!r}: there is no module {missing},"
                f" neither in {Path.cwd()} nor installed; {_ALLOWED}"
            ) from error
        raise _failed_import(spec, module_name, error) from error
    except (Exception, SystemExit) as error:
        raise _failed_import(spec, module_name, error) from error
    finally:
        if added is not None:
            with suppress(ValueError):  # the module has taken it away itself
                sys.path.remove(added)


def look_here() -> str | None:
    """Find modules in the current directory too; what that added to ``sys.path``, if anything."""
    here = str(Path.cwd())
    if here in sys.path or "" in sys.path:
        return None
    sys.path.insert(0, here)
    return here


def _failed_import(spec: str, module_name: str, error: BaseException) -> ExtractError:
    # A syntax error names its place itself; what is frozen into the interpreter has none.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename[:1] != "<"]
    where = "" if isinstance(error, SyntaxError) else f" ({frames[-1].filename}:{frames[-1].lineno})"
    return ExtractError(
        f"parse.extract {spec!r}: importing {module_name} failed with {describe(error)}{where};"
        " allowed is a module that can be imported in every parse process"
    )


def check_callable(function: object, what: str = "extract", *, travels: bool = True) -> None:
    """Raise ExtractError unless ``function`` can be called, and where it ``travels``, be sent by name.

    It travels to other processes; within this one, any function will do. The message says where the
    function is: file and line.
    """
    name = getattr(function, "__qualname__", None) or repr(function)
    if not callable(function):
        kind = type(function).__name__
        raise ExtractError(f"{what}: {name} is of type {kind} and cannot be called; {_ALLOWED}")
    name += _line_of(function)
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise ExtractError(
            f"{what}: {name} is async; allowed is a plain function, since parsers have no event loop"
        )
    if not travels:
        return
    module = getattr(function, "__module__", None)
    if module == "__main__" and not getattr(sys.modules["__main__"], "__file__", None):
        raise ExtractError(
            f"{what}: {name} was typed in, so no other process can import it;"
            ' allowed is a function in a file, or any with parse.executor = "thread" or "inline"'
        )
    try:
        pickle.dumps(function)
    except Exception as error:
        raise ExtractError(
            f"{what}: {name} of module {module} cannot be sent to a parse process ({describe(error)}); "
            "allowed is a function at the top level of a module, no lambda and no nested function,"
            ' or any with parse.executor = "thread" or "inline"'
        ) from error


def _line_of(function: Callable[..., Any]) -> str:
    """`` (FILE:LINE)`` of a function written in Python; nothing of anything else."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f" ({code.co_filename}:{code.co_firstlineno})" if isinstance(code, CodeType) else ""


def run(
    function: "Callable[[ExtractPage], Any]", page: "ExtractPage"
) -> tuple[msgspec.Raw | None, BaseException | None]:
    """What ``function`` returns for ``page``, as JSON, and None; or None and the error that there was.

    A dict stays one, dicts out of any iterable (a generator, say) become a list, None stays None.
    Only two errors are raised on: MemoryError, since what it leaves behind is not worth trusting, and
    KeyboardInterrupt, which is not the function's own.
    """
    try:
        value = _value(function(page))
        return (None if value is None else msgspec.Raw(msgspec.json.encode(value))), None
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit and asyncio's CancelledError too
        return None, error


def _value(result: object) -> dict[Any, Any] | list[dict[Any, Any]] | None:
    if result is None or isinstance(result, dict):
        return result
    if isinstance(result, (str, bytes)) or not isinstance(result, Iterable):
        raise TypeError(f"returned {type(result).__name__}; allowed are a dict, an iterable of dicts, None")
    items = list(result)
    for item in items:
        if not isinstance(item, dict):
            raise TypeError(f"gave {type(item).__name__} among its items; allowed are dicts")
    return items


def trace_of(error: BaseException, function: Callable[..., Any]) -> str:
    """The traceback through the user's own code, the line at which it failed last; never too long."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    if trace is None:  # what it returned is wrong: its own code is through
        return f"{describe(error)}, by {getattr(function, '__qualname__', function)}{_line_of(function)}"
    try:
        text = "".join(traceback.format_exception(type(error), error, trace, limit=-_MAX_FRAMES)).rstrip()
    except Exception:
        text = describe(error)
    return text[-_MAX_TRACE:].encode("utf-8", "replace").decode()


def describe(error: BaseException) -> str:
    """``ValueError: the message``, on one line, never too long, whatever the error does."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = ""
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    # A lone surrogate in a message would make the whole record impossible to write.
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode()

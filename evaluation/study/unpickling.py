"""Reading a pickle without running anything that it may hold."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from taxonomy.errors import InputError

# Containers, strings, numbers and dates. None of these can be made large by a small file, nor does
# any of them do more than hold what it is given; `bytes` and `bytearray` would allocate by a number.
ALLOWED = {
    ("builtins", "dict"), ("builtins", "list"), ("builtins", "tuple"), ("builtins", "set"),
    ("builtins", "frozenset"), ("builtins", "str"), ("builtins", "int"), ("builtins", "float"),
    ("builtins", "bool"), ("collections", "OrderedDict"), ("collections", "defaultdict"),
    ("datetime", "datetime"), ("datetime", "date"), ("datetime", "timedelta"),
    ("datetime", "timezone"),
}  # fmt: skip
MOST_BYTES = 1 << 31


class Forbidden(pickle.UnpicklingError):
    """The pickle names something that is not allowed."""


class PlainUnpickler(pickle.Unpickler):
    """Loads plain containers, strings, numbers and dates; raises Forbidden for all else."""

    def find_class(self, module: str, name: str) -> Any:
        # Pickles of Python 2 call the module of the built-in types so.
        plain = "builtins" if module == "__builtin__" else module
        if (plain, name) not in ALLOWED:
            raise Forbidden(f"holds '{module}.{name}', which is refused")
        return super().find_class(plain, name)

    def persistent_load(self, pid: Any) -> Any:
        raise Forbidden("refers to something outside of itself, which is refused")


def load_plain(path: Path) -> Any:
    """What the pickle holds. Raises InputError if it can't be read, is none, or is refused."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError("is larger than 2 GiB", file=path)
        with path.open("rb") as file:
            return PlainUnpickler(file).load()
    except Forbidden as error:
        raise InputError(str(error), file=path) from error
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", file=path) from error
    except InputError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise InputError(f"is not a pickle that can be read: {error}", file=path) from error

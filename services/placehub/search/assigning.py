"""SciPy's solver of the assignment problem, without the package it lies in.

`scipy.optimize` is imported as a whole or not at all: 51 MB and a third of a second at least, for which every search
of a worker would wait as soon as the first siblings are to be parted. Its compiled solver alone needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Assign = Callable[[NDArray[np.float64]], tuple[NDArray[np.intp], NDArray[np.intp]]]


def _solver() -> Assign:
    package = find_spec("scipy.optimize")  # which does not import it
    spec = PathFinder.find_spec("scipy.optimize._lsap", package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:  # another SciPy may have it elsewhere
        from scipy.optimize import linear_sum_assignment

        return linear_sum_assignment  # type: ignore[no-any-return]  # SciPy tells no types
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.linear_sum_assignment  # type: ignore[no-any-return]  # as above


assign: Final = _solver()
"""Return, for costs by row and column, rows and the column of each, such that the sum is least; see SciPy's
`linear_sum_assignment`. ValueError where no finite sum is."""

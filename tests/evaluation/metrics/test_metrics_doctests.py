"""The examples in the docstrings of evaluation.metrics are true."""

import doctest
import importlib
import pkgutil

import pytest

from evaluation import metrics

MODULES = [f"{metrics.__name__}.{module.name}" for module in pkgutil.iter_modules(metrics.__path__)]
WITHOUT_EXAMPLES = {"data", "encoding", "kept", "outcomes", "ranks"}


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_hold(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0
    assert (results.attempted == 0) == (name.rpartition(".")[2] in WITHOUT_EXAMPLES)

"""The examples in the docstrings of evaluation.metrics are true."""

import doctest

import pytest

from evaluation.metrics import accuracy, intervals


@pytest.mark.parametrize("module", [accuracy, intervals], ids=lambda module: module.__name__)
def test_docstring_examples_hold(module):
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0

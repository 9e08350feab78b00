from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def machine_of_its_own(settings, tmp_path):
    """Nothing is kept yet of what other tests have run."""
    settings.HOME = tmp_path / "home"

import pytest

from tests.unit.release.releases import write_run


@pytest.fixture
def folder(tmp_path):
    for name in ("offline", "simulation", "field"):
        write_run(tmp_path / name, "P" * 40)
    return tmp_path

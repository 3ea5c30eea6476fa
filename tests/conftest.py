"""Shared by all tests: the shipped models, opened once, over an index built in a folder of its own."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from station import own_station

from assistant import pipeline
from assistant.pipeline import Assistant
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
STORES = ("embedded", "milvus")


def shared(*parts: str) -> Path:
    """A file of the folder beside the project; the test is skipped, and says so, where it is missing."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path.relative_to(ROOT.parent)} is not on this machine")
    return path


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped settings with an index folder whose name is Chinese."""
    return replace(load_settings(DEFAULT_SETTINGS), index_dir=tmp_path_factory.mktemp("库") / "索引")


@pytest.fixture(scope="session")
def opened(settings: Settings) -> Callable[[str], Assistant]:
    """The assistant over one of the STORES, built when it is first asked for."""

    @cache
    def open_one(store: str) -> Assistant:
        own = replace(settings, store=store, uri=str(settings.index_dir.parent / "库.db"))
        pipeline.build(own)
        return pipeline.open_assistant(own)

    return open_one


@pytest.fixture(scope="session")
def assistant(opened: Callable[[str], Assistant], request: pytest.FixtureRequest) -> Assistant:
    return opened(getattr(request, "param", "embedded"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is about finding things is tested over each store."""
    if "assistant" in metafunc.fixturenames and metafunc.module.__name__ in ("test_library", "test_statutes", "test_advice"):
        metafunc.parametrize("assistant", STORES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def built_settings(assistant: Assistant, settings: Settings) -> Settings:
    """Settings whose index is there."""
    return settings


@pytest.fixture
def station(built_settings: Settings, tmp_path: Path) -> Settings:
    """A station of its own: a copy of the corpus, whose local/ may be written to, with a built index."""
    return own_station(built_settings, tmp_path / "某所 一")

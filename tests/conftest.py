"""Shared by all tests: the shipped models, opened once, over an index built in a folder of its own."""

from dataclasses import replace
from pathlib import Path

import pytest
from station import own_station

from assistant import pipeline
from assistant.pipeline import Assistant
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


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
def assistant(settings: Settings) -> Assistant:
    pipeline.build(settings)
    return pipeline.open_assistant(settings)


@pytest.fixture(scope="session")
def built_settings(assistant: Assistant, settings: Settings) -> Settings:
    """Settings whose index is there."""
    return settings


@pytest.fixture
def station(built_settings: Settings, tmp_path: Path) -> Settings:
    """A station of its own: a copy of the corpus, whose local/ may be written to, with a built index."""
    return own_station(built_settings, tmp_path / "某所 一")

"""Figures go to new files with names of ours."""

import base64
from pathlib import Path

import pytest

from sagews.client.figures import Figures
from sagews.errors import ConfigurationError

PNG = {"image/png": base64.b64encode(b"first").decode()}


def test_figures_are_numbered(tmp_path: Path) -> None:
    figures = Figures(tmp_path)
    assert figures.save(PNG) == [tmp_path / "figure-1.png"]
    assert figures.save({"image/svg+xml": "<svg/>"}) == [tmp_path / "figure-2.svg"]
    assert (tmp_path / "figure-1.png").read_bytes() == b"first"
    assert (tmp_path / "figure-2.svg").read_text() == "<svg/>"


def test_two_forms_of_one_figure_share_its_number(tmp_path: Path) -> None:
    assert Figures(tmp_path).save({**PNG, "image/svg+xml": "<svg/>"}) == [
        tmp_path / "figure-1.png",
        tmp_path / "figure-1.svg",
    ]


def test_no_file_is_overwritten_and_no_link_followed(tmp_path: Path) -> None:
    (tmp_path / "figure-1.png").write_text("mine")
    (tmp_path / "figure-2.png").symlink_to(tmp_path / "elsewhere")
    assert Figures(tmp_path).save(PNG) == [tmp_path / "figure-3.png"]
    assert (tmp_path / "figure-1.png").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_an_update_of_a_display_goes_to_its_file(tmp_path: Path) -> None:
    figures = Figures(tmp_path)
    figures.save(PNG, "d1")
    assert figures.save({"image/png": base64.b64encode(b"2").decode()}, "d1") == []
    assert (tmp_path / "figure-1.png").read_bytes() == b"2"


@pytest.mark.parametrize("value", ["", 7, None, ["x"], "a"])
def test_what_is_no_figure_makes_no_file(tmp_path: Path, value: object) -> None:
    assert Figures(tmp_path).save({"image/png": value, "text/plain": "x"}) == []
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="--output"):
        Figures(tmp_path / "file").make_directory()

"""The systemd unit of a machine."""

from pathlib import Path

import pytest

from sagews.admin.unit import unit
from sagews.errors import ConfigurationError

THREE = """
data_directory = "/srv/sagews"
[[machine]]
name = "front"
address = "10.0.0.1"
services = { backend = 1 }
[[machine]]
name = "left"
address = "10.0.0.2"
ssh = "left"
data_directory = "/data"
services = { worker = 1 }
"""


def test_it_is_about_the_machine_that_is_this_one(tmp_path: Path) -> None:
    file = tmp_path / "sagews.toml"
    file.write_text(THREE)
    text = unit(file, "", "")
    assert "PIDFile=/srv/sagews/supervisor/supervisord.pid\n" in text and "User=" not in text
    assert f"sagews admin start --here --config {file} --machine front\n" in text
    left = unit(file, "left", "somebody")
    assert "PIDFile=/data/supervisor/supervisord.pid\n" in left and "\nUser=somebody\n" in left
    with pytest.raises(ConfigurationError, match="no machine of the site"):
        unit(file, "right", "")


def test_a_word_that_systemd_would_read_otherwise_is_refused_or_doubled(tmp_path: Path) -> None:
    file = tmp_path / "50%.toml"
    file.write_text("")
    assert "/50%%.toml" in unit(file, "", "")
    with pytest.raises(ConfigurationError, match="cannot stand in a systemd unit"):
        unit(file, "", "two words")

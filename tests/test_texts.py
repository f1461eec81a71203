"""The backend's catalogues say all that its code says, in the same form.

Those of the client: `web/test/catalogue.test.mjs`.

What is missing is listed, and is a fault where `tests/translated.txt` names the file.
"""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from sagews.config.language import Language

ROOT = Path(__file__).parents[1]
OTHERS = [language for language in Language if language is not Language.ENGLISH]
FORM = re.compile(r"\{\w*\}|</?\w+>")
"""Places for values, and markup."""


@pytest.fixture(scope="module")
def texts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scripts_texts", ROOT / "scripts" / "texts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def translated() -> set[str]:
    return set((ROOT / "tests" / "translated.txt").read_text().split())


def test_the_list_of_what_is_translated_names_files(translated: set[str]) -> None:
    assert [name for name in translated if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(
    texts: ModuleType, translated: set[str], language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = texts.catalogue_of(language)
    said = texts.texts_of_source()
    assert len(said) > 100
    missing = {text: files for text, files in said.items() if not (known := catalogue.get(text)) or not known.string}
    with capsys.disabled():
        for text, files in missing.items():
            print(f"\n{language}: not translated: {text!r} of {', '.join(files)}", end="")
    assert [text for text, files in missing.items() if translated & set(files)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_left_over(texts: ModuleType, translated: set[str], language: Language) -> None:
    said = texts.texts_of_source()
    left = [each for each in texts.catalogue_of(language) if each.id and each.id not in said]
    assert [each.id for each in left if translated & {name for name, _ in each.locations}] == []


@pytest.mark.parametrize("language", OTHERS)
def test_values_and_markup_are_in_every_language(texts: ModuleType, language: Language) -> None:
    for each in texts.catalogue_of(language):
        if each.id and each.string:
            assert sorted(FORM.findall(each.id)) == sorted(FORM.findall(each.string)), each.string
            assert not each.fuzzy


def test_texts_in_fstrings_and_templates_are_found(texts: ModuleType) -> None:
    said = texts.texts_of_source()
    assert "Ways to sign in" in said  # said in an f-string
    assert "web/src/index.html" in said["Live mathematics: type Python, evaluate, see."]
    assert "light" not in said

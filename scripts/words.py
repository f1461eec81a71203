"""Asks programs for the names of their languages, and writes them where completion finds them.

`.venv/bin/python scripts/words.py [LANGUAGE…]`; without a language, all of them. A program says by itself what it
knows. GAP knows thousands of names that are of no use to anybody else: its keywords count, and those that are in the
index of its reference manual (`gap-doc` of Debian and its kin).
"""

import html
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sagews.protocol.names import FOLDER

MANUAL = Path("/usr/share/gap/doc/ref/chapInd.html")
"""The index of GAP's reference manual."""
PACKAGES = ("base", "stats", "graphics", "grDevices", "utils", "datasets", "methods")
"""What R attaches at its start."""
RESERVED = {
    *("if", "else", "repeat", "while", "function", "for"),
    *("next", "break", "in", "TRUE", "FALSE", "NULL", "Inf"),
}
"""What R's `?Reserved` has beyond that."""


def gap() -> set[str]:
    """Return GAP's keywords and global names."""
    code = 'for n in Concatenation(GAPInfo.Keywords, NamesGVars()) do Print(n, "\\n"); od;'
    return set(asked("gap -q -r -A --quitonbreak", code))


def gp() -> set[str]:
    """Return the functions that `?*` lists."""
    return set(asked("gp -q -f", "default(lines, 1000000)\n?*\n"))


def maxima() -> set[str]:
    """Return what Maxima's `apropos` finds for nothing, but for what is Lisp's alone."""
    return set(asked("maxima-sage --very-quiet", 'display2d: false$\nfor s in apropos("") do print(s)$\n'))


def r() -> set[str]:
    """Return what the packages export that are attached, without operators and forms of assignment."""
    packages = ", ".join(f'"package:{name}"' for name in PACKAGES)
    code = f'cat(unlist(lapply(c({packages}), ls)), sep = "\\n")'
    return {*asked("R --no-echo --no-restore --no-save --no-environ", code), *RESERVED}


def singular() -> set[str]:
    """Return Singular's reserved names, and the procedures that are loaded at its start."""
    command = "Singular -q --no-rc"
    loaded = re.findall(r"^// (\w+) .* proc from ", run(command, "listvar(proc);"), re.MULTILINE)
    return {*run(command, "reservedName();").partition("\ntype ")[0].split(), *loaded}


KNOWN: dict[str, Callable[[], set[str]]] = {"gap": gap, "gp": gp, "maxima": maxima, "r": r, "singular": singular}
"""What gives all names that the program of a language knows."""
NAME = {"maxima": r"%?[A-Za-z]\w*", "r": r"[A-Za-z.][\w.]*"}
"""What is a name there; elsewhere a letter, and then letters, digits and underscores."""


def run(command: str, code: str) -> str:
    """Return what a program prints for code."""
    done = subprocess.run(command.split(), input=code, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def asked(command: str, code: str) -> list[str]:
    """Return the words that a program prints for code."""
    return run(command, code).split()


def documented(names: set[str]) -> set[str]:
    """Return those of GAP's names that its manual has, and its keywords, which are in lower case."""
    manual = re.findall(r"\w+", html.unescape(re.sub("<[^>]*>", "", MANUAL.read_text(errors="replace"))))
    return {name for name in names if name.islower()} | names.intersection(manual)


def main(languages: Iterable[str]) -> None:
    """Write the files of these languages."""
    FOLDER.mkdir(exist_ok=True)
    for language in languages:
        name = re.compile(NAME.get(language, r"[A-Za-z]\w*"))
        known = KNOWN[language]()
        wanted = documented(known) if language == "gap" else known
        names = sorted(each for each in wanted if len(each) > 1 and name.fullmatch(each))
        (FOLDER / f"{language}.txt").write_text("".join(f"{each}\n" for each in names))
        print(f"{language}: {len(names)} names")


if __name__ == "__main__":
    main(sys.argv[1:] or KNOWN)

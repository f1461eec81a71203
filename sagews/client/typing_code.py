"""What Enter means at a prompt: run what was typed, or go on in a new line. Thinking only, no I/O."""

import ast
import codeop
import warnings

_INDENT = "    "


def is_complete(text: str) -> bool:
    """Whether the text can run: it needs no further line, or an empty one closed it."""
    lines = text.split("\n")
    first = text.lstrip()
    if not first:
        return True
    if first.startswith("%%"):
        return len(lines) > 1 and not lines[-1].strip()
    if len(lines) == 1 and (first[0] in "%!?" or first.rstrip().endswith("?")):
        return True
    compiler = codeop.CommandCompiler()
    compiler.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compiler(text, "<prompt>", "exec") is not None and not _in_block(text)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return True  # the session says what is wrong with it


def _in_block(text: str) -> bool:
    """Whether code that compiles ends with a block that no empty line has closed."""
    statements = ast.parse(text).body
    return bool(statements) and hasattr(statements[-1], "body") and bool(text.rsplit("\n", 1)[-1].strip())


def indentation(text: str) -> str:
    """Return the indentation of the line that follows the text."""
    line = text.rsplit("\n", 1)[-1]
    indent = line[: len(line) - len(line.lstrip())]
    code = line.split("#")[0].rstrip()
    if code.endswith((":", "(", "[", "{")):
        return indent + _INDENT
    if code.split(maxsplit=1)[:1] and code.split()[0] in ("return", "pass", "break", "continue", "raise"):
        return indent.removesuffix(_INDENT)
    return indent

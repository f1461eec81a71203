"""Sources with their words marked by kind, as HTML."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.julia import JuliaLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.r import SLexer

MOST_MARKED = 50_000
"""Characters of a source whose words are marked."""

_LEXERS: dict[str, type[Lexer]] = {
    **dict.fromkeys(("python", "python3", "ipython", "ipython3", "sage", "sagemath"), PythonLexer),
    "r": SLexer,
    "julia": JuliaLexer,
}
"""Languages that are known. A file's own word for one is only looked up: some lexers can be made to take for ever."""
_FORMATTER = HtmlFormatter(nowrap=True, classprefix="h-")


def highlighted(source: str, language: str) -> str:
    """Return a source as safe HTML for within a `pre`."""
    lexer = _LEXERS.get(language.lower())
    if lexer is None or len(source) > MOST_MARKED:
        return escape(source)
    html: str = highlight(source, lexer(stripnl=False, ensurenl=False), _FORMATTER)
    return html

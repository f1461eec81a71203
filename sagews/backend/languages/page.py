"""The page `/language`, on which anybody chooses the language of this site. Thinking only, no I/O."""

from html import escape

from sagews.backend.accounts.gate import LANGUAGE as PATH
from sagews.backend.accounts.markup import page
from sagews.backend.languages.speech import say as _
from sagews.backend.languages.speech import spoken
from sagews.backend.style import Style
from sagews.config.language import Language

AUTOMATIC = ""
"""What stands for no choice."""


def language_page(style: Style, onward: str) -> str:
    """Return the page; `onward`: where one goes then, a path of ours."""
    back = f'<input type="hidden" name="next" value="{escape(onward)}">'
    buttons = "".join(f"<li>{_button(each, each.called, lang=each)}</li>" for each in Language)
    form = (
        f'<form method="post" action="{PATH}">{back}<ul class="entries">{buttons}'
        f"<li>{_button(AUTOMATIC, _('As this browser has it'))}</li></ul></form>"
    )
    return page(_("Language"), style, (form, f'<p><a href="{escape(onward)}">{escape(_("Back"))}</a></p>'))


def language_link(onward: str) -> str:
    """Return the link to the page, which says which language is spoken."""
    label = escape(_("Language: {name}").format(name=spoken().called))
    return f'<a href="{PATH}?next={escape(onward)}" aria-label="{label}">{spoken().called}</a>'


def _button(value: str, called: str, lang: str = "") -> str:
    chosen = ' aria-current="true"' if value == spoken() else ""
    tag = f' lang="{lang}"' if lang else ""
    return f'<button name="language" value="{value}"{tag}{chosen}>{escape(called)}</button>'

"""`/static/about.html`: what cells in other pages are, and how an author has them. Static HTML; no script."""

from html import escape

from sagews.backend.languages.speech import say as _
from sagews.backend.style import Style
from sagews.backend.text_page import text_page

ELEMENT = """\
<script type="module" src="{root}embed.js"></script>

<sagews-cell>1 + 2</sagews-cell>
"""
LIBRARY = """\
<script src="{root}static/embedded_sagecell.js"></script>
<script>sagecell.makeSagecell({{inputLocation: ".sage"}});</script>

<div class="sage"><script type="text/x-sage">1 + 2</script></div>
"""


def page(style: Style, root: str) -> str:
    """Return the page; `root` is the address of the site, with a slash at its end."""
    title = _("Cells in pages of others")
    purpose = _("This site evaluates code in cells: in its own page, and in pages of others that have cells of it.")
    element = _("A page has cells by one script and an element for each:")
    library = _("A page that was made for SageMathCell keeps what it has, and changes the address alone:")
    whose = _("Who runs this site says which pages may have cells of it.")
    links = (
        f'<a href="/help.html">{escape(_("How to use a cell"))}</a>',
        f'<a href="/">{escape(_("The cells of this site"))}</a>',
        f'<a href="/api">{escape(_("For programs"))}</a>',
    )
    return text_page(
        title,
        style,
        (
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(purpose)}</p>",
            f"<p>{escape(element)}</p>",
            f"<pre>{escape(ELEMENT.format(root=root))}</pre>",
            f"<p>{escape(library)}</p>",
            f"<pre>{escape(LIBRARY.format(root=root))}</pre>",
            f"<p>{escape(whose)}</p>",
            f"<p>{' · '.join(links)}</p>",
        ),
    )

"""One self-contained HTML document of assets and data.

Data are others' texts. They go in as JSON in which no character can end the element that holds them, the scripts make
text nodes of them and never markup, and the page's content security policy lets run only the script that we put there,
known by its hash, and lets nothing be loaded but sound from beside the page.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template
from typing import Any

_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_STYLES = ("base.css", "charts.css", "summary.css", "table.css", "detail.css", "training.css", "gates.css", "print.css")


def page_document(
    title: str, data: Mapping[str, Any], scripts: Sequence[str], sounds: Mapping[int, bytes] | None = None
) -> str:
    """Return an HTML document.

    Args:
        title: of the page, any text.
        data: plain values, for the element ``#data``.
        scripts: names of files in ``assets/``, in the order in which they stand in the page.
        sounds: files to be kept in the page, by the place of their utterance; each becomes ``#sound-PLACE``.
    """
    style = "".join(_asset(name) for name in _STYLES)
    script = "\n".join(_asset(name) for name in scripts)
    return Template(_asset("page.html")).substitute(
        policy=_policy(script, style),
        title=html.escape(title),
        style=style,
        data=escaped_json(data),
        sounds="\n".join(_sound_element(place, content) for place, content in (sounds or {}).items()),
        script=script,
    )


def escaped_json(data: Mapping[str, Any]) -> str:
    r"""Return JSON that can stand within a ``<script>`` element, whatever its texts are.

    >>> escaped_json({"text": "</script>"})
    '{"text":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_UNSAFE)


def _policy(script: str, style: str) -> str:
    """The content security policy; sounds lie beside the page, on disk (file:) or on its server ('self')."""
    directives = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "media-src": "'self' file: blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _sound_element(place: int, content: bytes) -> str:
    return f'<script type="text/plain" id="sound-{place}">{base64.b64encode(content).decode()}</script>'


def _asset(name: str) -> str:
    return resources.files("asr.report.page").joinpath("assets", name).read_text(encoding="utf-8")

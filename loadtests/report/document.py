"""HTML files for people: they open offline, ask nobody for anything, and stay readable for years.

Everything is inlined.  The content security policy forbids every request and every script but the two whose SHA-256 it
names, so a hostile name in a scenario could not run even if escaping ever failed.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render_document(template: str, context: Mapping[str, Any], *, data: Any, styles: tuple[str, ...] = ()) -> str:
    """A page made of a template; `data` is what its charts show, `styles` are files beside report.css."""
    library, script = _asset("assets/echarts.common.min.js"), _asset("templates/report.js")
    style = "\n".join((palette(), *(_asset(f"templates/{name}") for name in ("report.css", *styles))))
    return (
        _environment()
        .get_template(template)
        .render(
            context,
            data=_embedded(data),
            style=Markup(style),  # noqa: S704  # our own files
            library=Markup(library),  # noqa: S704  # the vendored file
            script=Markup(script),  # noqa: S704  # our own file
            script_sources=" ".join(f"'sha256-{_digest(text)}'" for text in (library, script)),
        )
    )


def palette() -> str:
    """The colours, which reports have from the live page."""
    return resources.files("autoscaler").joinpath("page/style/palette.css").read_text(encoding="utf-8")


def write_document(html: str, path: Path) -> None:
    """Replace a file as a whole."""
    draft = path.with_suffix(".draft")
    draft.write_text(html, encoding="utf-8")
    draft.replace(path)


def _embedded(value: Any) -> Markup:
    """JSON that is safe inside a script element: no text can close it or open another one."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # nothing that HTML would read is left in it


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("loadtests.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["tight"] = _tight
    return made


def _tight(text: str) -> str:
    """No line break between a number and its unit."""
    return re.sub(r"(?<=\d) (?=[%×]|(?:ms|s|min|h|MB|GB|cores|events)\b)", "\u00a0", text)  # noqa: RUF001  # the sign for times


def _asset(name: str) -> str:
    return resources.files("loadtests.report").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

"""Specifications as files, and the script that draws them in the browser."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import secrets
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings

MEDIA_TYPES = {
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
}

# The expression interpreter that Vega-Embed brings along works without eval, as the page's
# Content-Security-Policy asks.
SNIPPET = "window.vegaEmbed = vegaEmbed;"


def draw(spec: dict[str, Any], suffix: str) -> bytes:
    """The specification drawn as svg, png (two pixels for one) or pdf, or itself as json."""
    if suffix == "json":
        return json.dumps(spec).encode()
    import vl_convert

    if suffix == "svg":
        return _renumber(vl_convert.vegalite_to_svg(spec)).encode()
    if suffix == "png":
        return vl_convert.vegalite_to_png(spec | {"background": "white"}, scale=2)
    return vl_convert.vegalite_to_pdf(spec)


def script_name() -> str:
    """The name of the script that draws in the browser; another one for other versions."""
    version = f"{metadata.version('vl-convert-python')} {SNIPPET}"
    return f"vega-{hashlib.sha256(version.encode()).hexdigest()[:16]}.js"


def script() -> bytes:
    """The script of `script_name`, compressed with gzip; written to TUSKER_HOME/cache once."""
    path = Path(settings.HOME) / "cache" / f"{script_name()}.gz"
    if not path.exists():
        import vl_convert

        content = gzip.compress(vl_convert.javascript_bundle(SNIPPET).encode(), mtime=0)
        path.parent.mkdir(exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(8)}")
        draft.write_bytes(content)
        draft.replace(path)
    return path.read_bytes()


def _renumber(svg: str) -> str:
    """The drawing with its gradients and clips counted from 0: Vega counts on from what it drew
    before, and the same figure is to have the same bytes."""
    numbers: dict[str, int] = {}

    def own(match: re.Match[str]) -> str:
        return f"{match[1]}{numbers.setdefault(match[2], len(numbers))}"

    return re.sub(r'((?:id="|url\(#)(?:gradient_|clip))(\d+)', own, svg)

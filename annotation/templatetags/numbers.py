import math

from django import template

register = template.Library()

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@register.filter
def percent(fraction: float | None, digits: int = 2) -> str:
    """0.7614 as 76.14; a dash for None."""
    return DASH if fraction is None else f"{100 * fraction:.{digits}f}".replace("-", MINUS)


@register.filter
def signed_percent(fraction: float | None) -> str:
    """0.0614 as +6.14, with a true minus sign."""
    return DASH if fraction is None else f"{100 * fraction:+.2f}".replace("-", MINUS)


@register.filter
def grouped(number: int) -> str:
    """184482 as 184,482."""
    return f"{number:,}"


@register.filter
def duration(hours: float) -> str:
    """0.2 as 12 min, 3.46 as 3.5 h, 120.3 as 120 h."""
    if hours < 1:
        return f"{math.ceil(60 * hours)} min"
    return f"{hours:.1f} h" if hours < 10 else f"{hours:,.0f} h"


@register.filter
def digits(number: float | None, count: int) -> str:
    """-0.0614 with 3 as −0.061; a dash for None."""
    return DASH if number is None else f"{number:.{count}f}".replace("-", MINUS)

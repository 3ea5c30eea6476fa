"""One kind of visitor (officer, trainer, keeper, kiosk): its routes, and what of them the gate lets through."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter


@dataclass(frozen=True, slots=True)
class Role:
    """Roles on one Gradio mount are no boundary (any client may call any event), so each has routes of its own."""

    router: APIRouter
    gets: tuple[str, ...]  # regular expressions of the paths that may be read
    posts: Mapping[str, int] = field(default_factory=dict)  # paths that may be sent to, and how many bytes at most

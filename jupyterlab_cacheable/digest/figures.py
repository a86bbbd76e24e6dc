"""Rules for matplotlib. Only imported when the user imported matplotlib.

An artist counts as one of its figure, by its place among the artists of the figure. The figure
itself counts by its lineage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap, Normalize
from matplotlib.container import Container
from matplotlib.font_manager import FontProperties
from matplotlib.gridspec import GridSpecBase, SubplotSpec
from matplotlib.path import Path
from matplotlib.scale import ScaleBase
from matplotlib.transforms import Affine2D, Bbox, TransformNode

from .lineage import LINEAGES, VOLATILE, Reading, artists, reading
from .reduced import write_reduced
from .rule import Rule
from .undigestible import refuse

if TYPE_CHECKING:
    from .walker import Walker

_PLAIN = (type(None), bool, int, float, str)
_UNKNOWN = (
    "the cell that last made or changed its figure is not stored; mark that cell, or draw "
    "the whole figure in one cell"
)


def rule_of(kind: type) -> Rule | None:
    """Return the rule of a matplotlib type, None when there is none."""
    if issubclass(kind, Artist | Colorbar):
        return Rule(_artist, mutable=False)
    if issubclass(kind, Container):
        return Rule(_container, mutable=False)
    if issubclass(kind, GridSpecBase):
        return Rule(_grid)
    if issubclass(kind, SubplotSpec):
        return Rule(_cell_of_grid, mutable=False)
    if issubclass(kind, Colormap):
        return Rule(_colormap)
    if issubclass(kind, Normalize):
        return Rule(_norm)
    if issubclass(kind, ScaleBase):
        return Rule(_scale)
    if issubclass(kind, TransformNode):
        return Rule(_transform)
    return Rule(write_reduced) if kind in (FontProperties, Path) else None


def _artist(walker: Walker, artist: Any) -> None:
    figure = _figure_of(artist)
    if reading.get() is Reading.STORED and not _is_in(artist, figure):
        _write_roughly(walker, artist)  # a cell has taken it out of its figure
        return
    if figure is None:
        why = "it belongs to no figure; add it, or remove it, in the cell that makes it"
        raise refuse(artist, why)
    places = walker.figures.get(id(figure))
    if places is None:
        everything = artists(figure)
        walker.figures[id(figure)] = places = {id(a): n for n, a in enumerate(everything)}
        _write_figure(walker, figure, everything)
        for each in everything:
            walker.note_object(each)
    place = places.get(id(artist))
    if place is None:
        raise refuse(artist, "it is not among the artists of its figure")
    walker.tag("artist", list(walker.figures).index(id(figure)), place)


def _is_in(artist: Any, figure: Any) -> bool:
    return figure is not None and any(each is artist for each in artists(figure))


def _figure_of(artist: Any) -> Any:
    """The outermost figure of an artist, None for one that stands alone."""
    if isinstance(artist, Colorbar):
        artist = artist.ax
    try:
        return artist.get_figure(root=True)
    except TypeError:  # matplotlib before 3.10
        return artist.figure


def _write_figure(walker: Walker, figure: Any, everything: list[Any]) -> None:
    walker.tag("figure", len(everything))
    purpose = reading.get()
    if purpose is Reading.AFTER:
        walker.tag("may have changed")
    elif purpose is Reading.KEY:
        text = LINEAGES.get(figure)
        if text is None:
            raise refuse(figure, _UNKNOWN)
        walker.tag("lineage", text)
    else:
        for artist in everything:
            _write_roughly(walker, artist)


def _write_roughly(walker: Walker, artist: Any) -> None:
    """What can be told of an artist without asking it to compute anything."""
    walker.tag("roughly", type(artist).__name__)
    for name, value in sorted(vars(artist).items()):
        if name in VOLATILE:
            continue
        if type(value) in _PLAIN:
            walker.tag(name, value)
        elif type(value) is np.ndarray and value.dtype.kind in "iufb":
            walker.tag(name, value.dtype.str, *value.shape)
            walker.data(np.ascontiguousarray(value).reshape(-1).view(np.uint8))


def _container(walker: Walker, value: Any) -> None:
    walker.tag("container", type(value).__name__, len(value), str(value.get_label()))
    for number, inner in enumerate(tuple.__iter__(value)):
        walker.walk(inner, (number,))


def _grid(walker: Walker, value: Any) -> None:
    walker.tag("grid", type(value).__name__)
    walker.walk_attributes(dict(sorted(vars(value).items())))


def _cell_of_grid(walker: Walker, value: Any) -> None:
    walker.tag("cell of a grid", value.num1, value.num2)
    walker.walk(value.get_gridspec(), ".get_gridspec()")


def _colormap(walker: Walker, value: Any) -> None:
    value._ensure_inited() if hasattr(value, "_ensure_inited") else value(0)
    walker.tag("colour map", type(value).__name__, value.name, value.N)
    walker.tag("extends", bool(value.colorbar_extend))
    walker.walk(np.asarray(value._lut).copy(), "._lut")


def _transform(walker: Walker, value: Any) -> None:
    """Write a transform that stands alone; one that others are made of follows them."""
    if type(value) not in (Affine2D, Bbox) or value._parents:
        why = "it follows a plot; take it from the axes, or make it, in the cell that uses it"
        raise refuse(value, why)
    numbers = value.get_matrix() if type(value) is Affine2D else value.get_points()
    facts = [] if type(value) is Affine2D else [value._minpos.tolist(), bool(value._ignore)]
    walker.tag("transform", type(value).__name__, repr(facts))
    with walker.temporary(copy := numbers.copy()):
        walker.walk(copy, ".matrix")


def _norm(walker: Walker, value: Any) -> None:
    walker.tag("norm", type(value).__name__)
    own = sorted(vars(value).items())
    walker.walk_attributes({name: held for name, held in own if name not in _FOLLOWING})


_FOLLOWING = frozenset({"callbacks", "_trf"})  # a norm makes these of itself


def _scale(walker: Walker, value: Any) -> None:
    """Write a scale by the numbers in it and in its transform."""
    for part in (value, value.get_transform()):
        found = {n: v for n, v in sorted(vars(part).items()) if n not in _OF_TRANSFORMS}
        if not all(type(v) in _PLAIN for v in found.values()):
            raise refuse(value, "it belongs to a plot")
        walker.tag("scale", type(part).__name__, *found.items())


_OF_TRANSFORMS = frozenset({"_transform", "_parents", "_invalid", "_log_funcs", "axis"})

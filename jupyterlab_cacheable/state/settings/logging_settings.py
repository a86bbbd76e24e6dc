"""`logging`: levels, and handlers that write to the cell's own output."""

from __future__ import annotations

import logging
import sys
from typing import Any

from .group import Change, Restorable, Use, Values, describe
from .sources import SOURCES, shape_of

_SILENT = frozenset(
    "numpy pandas scipy polars pyarrow tqdm sympy networkx joblib PIL cycler IPython ipykernel "
    "traitlets cloudpickle".split()
)
_WORDS = frozenset(
    "logging logger log getLogger basicConfig info warning error exception critical debug "
    "set_loglevel captureWarnings verbose".split()
)
_OWN = frozenset({"traitlets", "asyncio", "tornado", "IPKernelApp", "cacheable", "parso"})
_UNTOUCHED = {"level": 0, "disabled": False, "propagate": True, "handlers": [], "filters": []}
_KEPT = -1
_USUAL_NAMES = {"NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "WARN", "FATAL"}


class LoggingSettings(Restorable):
    """Every logger that is not as `logging.getLogger` makes it, and what holds for all of them."""

    name = "logging settings"

    def read(self) -> Values:
        manager = logging.root.manager
        names = {
            str(n): level for n, level in logging._nameToLevel.items() if n not in _USUAL_NAMES
        }
        found: Values = {"below": manager.disable, "level names": names}
        found["class"] = describe(logging.getLoggerClass())
        found["logger root"] = _told(logging.root)
        for name, logger in list(manager.loggerDict.items()):
            if isinstance(logger, logging.Logger) and not _is_somebodys(name, logger):
                told = _UNTOUCHED if _is_untouched(logger) else _told(logger)
                if told != _UNTOUCHED:
                    found[f"logger {name}"] = told
        return found

    def defaults(self) -> Values:
        return {
            "below": 0,
            "level names": {},
            "class": "logging.Logger",
            "logger root": {**_UNTOUCHED, "level": logging.WARNING},
        }

    def text(self, found: Values) -> str:
        """Without identities, and without the quiet handlers that libraries give their loggers."""
        told = {}
        for key, value in found.items():
            if key.startswith("logger "):
                value = {**value, "handlers": [h[:-1] for h in value["handlers"]]}
                if key.split()[1].partition(".")[0] in sys.modules:
                    value["handlers"] = [h for h in value["handlers"] if h[0] != "NullHandler"]
                if value == _UNTOUCHED:
                    continue
            told[key] = value
        return super().text(told)

    def felt(self, use: Use) -> bool:
        return use.mentions(_WORDS) or bool(use.packages - _SILENT)

    def difference(self, before: Values, after: Values, use: Use) -> Change:
        change = super().difference(before, after, use)
        for key in change.keys() & before.keys():
            if key.startswith("logger "):
                change[key] = _keeping(before[key]["handlers"], change[key])
        gone = before.keys() - after.keys()  # loggers that were set back
        return {**change, **{key: dict(_UNTOUCHED) for key in gone}}

    def refusal(self, change: Change) -> str | None:
        if "class" in change:
            return "it changes the class of loggers"
        for key, told in change.items():
            if not key.startswith("logger "):
                continue
            if told["filters"]:
                return f"it adds a filter to the {key}"
            for kind, made, identity in told["handlers"]:
                if made is None and identity != _KEPT:
                    return f"it adds a handler to the {key} ({kind})"
        return None

    def put(self, change: Change) -> None:
        for key, value in change.items():
            if key == "below":
                logging.disable(value)
            elif key == "level names":
                for name, level in value.items():
                    logging.addLevelName(level, name)
            else:
                name = key.removeprefix("logger ")
                _set(logging.root if name == "root" else logging.getLogger(name), value)


def _is_untouched(logger: logging.Logger) -> bool:
    changed = logger.level or logger.handlers or logger.disabled or logger.filters
    return not changed and bool(logger.propagate)


def _is_somebodys(name: str, logger: logging.Logger) -> bool:
    """True for the kernel's own loggers and for those that are as a library has made them."""
    top = name.partition(".")[0]
    made = SOURCES.loggers.get(name)
    return top in _OWN or (made is not None and made == shape_of(logger))


def _told(logger: logging.Logger) -> dict[str, Any]:
    return {
        "level": logger.level,
        "disabled": bool(logger.disabled),
        "propagate": bool(logger.propagate),
        "handlers": [_handler(handler) for handler in logger.handlers],
        "filters": [f"{type(one).__qualname__} at {id(one)}" for one in logger.filters],
    }


def _handler(handler: logging.Handler) -> list[Any]:
    """Kind, what makes it again (None when nothing can), and the identity of one nobody knows."""
    kind = type(handler).__qualname__
    if type(handler) is logging.NullHandler:
        return [kind, {"level": handler.level}, 0]
    target = _stream_of(handler)
    formatter = handler.formatter
    known = formatter is None or type(formatter) is logging.Formatter
    plain = type(handler) is logging.StreamHandler and not handler.filters
    if target is None or not plain or not known:
        return [kind, None, id(handler)]
    made = {"stream": target, "level": handler.level, "format": _format(formatter)}
    return [kind, {**made, "name": handler.name}, 0]


def _keeping(before: list[Any], told: dict[str, Any]) -> dict[str, Any]:
    """Handlers of an unknown kind that were there before: a hit leaves its own ones there."""
    handlers = [
        [spec[0], None, _KEPT] if spec[1] is None and spec in before else spec
        for spec in told["handlers"]
    ]
    return {**told, "handlers": handlers}


def _stream_of(handler: logging.Handler) -> str | None:
    stream = getattr(handler, "stream", None)
    for name in ("stderr", "stdout"):
        if stream is not None and stream is getattr(sys, name):
            return name
    return None


def _format(formatter: logging.Formatter | None) -> list[Any] | None:
    if formatter is None:
        return None
    styles: dict[Any, str] = {kind: sign for sign, (kind, _) in logging._STYLES.items()}
    style = formatter._style
    defaults = getattr(style, "_defaults", None)
    return [style._fmt, formatter.datefmt, styles.get(type(style), "%"), defaults]


def _set(logger: logging.Logger, told: dict[str, Any]) -> None:
    logger.setLevel(told["level"])
    logger.disabled = told["disabled"]
    logger.propagate = told["propagate"]
    existing = list(logger.handlers)
    wanted = []
    for spec in told["handlers"]:
        match = next((handler for handler in existing if _is_meant(handler, spec)), None)
        if match is not None:
            existing.remove(match)
            wanted.append(match)
        elif spec[1] is not None:
            wanted.append(_make(spec))
    logger.handlers[:] = wanted


def _is_meant(handler: logging.Handler, spec: list[Any]) -> bool:
    told = _handler(handler)
    return told == spec or (spec[2] == _KEPT and told[:2] == spec[:2])


def _make(spec: list[Any]) -> logging.Handler:
    made = spec[1]
    if spec[0] == "NullHandler":
        handler: logging.Handler = logging.NullHandler()
    else:
        handler = logging.StreamHandler(getattr(sys, made["stream"]))
        if made["format"] is not None:
            text, dates, style, defaults = made["format"]
            handler.setFormatter(logging.Formatter(text, dates, style, defaults=defaults))
        handler.name = made["name"]
    handler.setLevel(made["level"])
    return handler

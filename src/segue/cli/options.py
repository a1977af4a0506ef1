"""Options of a command that are made of the fields of settings."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import annotated_types
import typer
from pydantic.fields import FieldInfo

from segue.tasks.settings import Asked, fields, flag, notes, option


def parameters(asked: type[Asked]) -> list[inspect.Parameter]:
    """A parameter of a command for each field."""
    return [_parameter(name, field) for name, field in fields(asked).items()]


def given(asked: type[Asked], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of a command's values those of the fields, as far as the user gave them."""
    return {name: values[name] for name in fields(asked) if values[name] not in (None, [], ())}


def signed(parts: Iterable[inspect.Parameter]) -> Callable[..., None]:
    """A function that has these parameters, for the library that makes a command of it.

    It is never called: the command's own `invoke` takes the values.
    """

    def command() -> None:
        raise NotImplementedError

    listed = list(parts)
    command.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    command.__annotations__ = {part.name: part.annotation for part in listed}
    return command


def parameter(
    name: str, kind: Any, how: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    """A parameter of a `signed` function; `how` is typer's Argument or Option."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=default, annotation=Annotated[kind, how])


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    how, several = option(field), False
    plain: Any = _bare(field.annotation)
    if get_origin(plain) is tuple:
        plain, several = _bare(get_args(plain)[0]), True
    default: Any = inspect.Parameter.empty
    kind: Any = list.__class_getitem__(plain) if several else plain
    if not (field.is_required() or how.required):
        default = None if several else field.default
        kind = kind | None if default is None else kind
    made = typer.Option(
        flag(name, field),
        metavar=None if plain is bool else how.metavar,
        min=_least(field),
        help=field.description,
        show_default=how.shown or not (default is None or default is False),
        show_choices=False,
    )
    return parameter(name, kind, made, default)


def _bare(annotation: Any) -> Any:
    """A type without what it is annotated with, and without None."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bare(parts[0])
    if origin in (Union, UnionType):
        return next(_bare(part) for part in parts if part is not NoneType)
    return annotation


def _least(field: FieldInfo) -> int | None:
    """The least value, where it is a whole number."""
    least = next((n.ge for n in notes(field) if isinstance(n, annotated_types.Ge)), None)
    return least if isinstance(least, int) else None

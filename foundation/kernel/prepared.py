"""SQL that is worked out once: for the few questions that are asked hundreds of times a second."""

import copy
import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models


class Prepared[M: models.Model]:
    """Calls of `build` that differ in values only, each a `str` or an `int` given by name.

    Working out the SQL takes Django longer than a database takes to answer. The first call does it, with a mark in the
    place of each value; from then on values are put there, and rows are read as any queryset reads them.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]]) -> None:
        self._build = build
        self._kinds = {name: asked.annotation for name, asked in inspect.signature(build).parameters.items()}

    def __call__(self, **values: str | int) -> list[M]:
        """As `list(build(**values))`."""
        queryset, known, sql, params, converters = self._compiled
        filled = tuple(values[param.name] if isinstance(param, _Place) else param for param in params)
        compiler = copy.copy(known)
        compiler.connection = connections[queryset.db]  # each thread has its own
        compiler.as_sql, compiler.get_converters = lambda: (sql, filled), lambda _columns: converters
        asked = queryset.all()
        setattr(asked.query, "get_compiler", lambda using: compiler)  # noqa: ARG005, B010  # of this one object
        return list(asked)

    @cached_property
    def _compiled(self) -> tuple[models.QuerySet[M], Any, str, list[object], Any]:
        """What all calls share: the queryset, its compiler, the SQL, its values with places among them, and what makes
        Python's values of the database's.
        """
        marks: dict[str | int, _Place] = {}
        for number, (name, kind) in enumerate(self._kinds.items()):
            marks[f"\0{name}" if kind is str else -(2**30) - number] = _Place(name)
        queryset = self._build(**{place.name: mark for mark, place in marks.items()})
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        found = [marks.get(param, param) if isinstance(param, str | int) else param for param in params]
        if missing := set(marks.values()) - set(found):
            raise TypeError(f"Of {self._build.__name__}, {sorted(place.name for place in missing)} are no values.")
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        return queryset, compiler, sql, found, converters


class PreparedUpdate[M: models.Model]:
    """Writes the same fields of one row of a table, as it stands: no signal, no hook hears of it.

    The text in `growing` gets longer where it lies, and need not be fetched for that.
    """

    def __init__(self, model: type[M], fields: Sequence[str], *, growing: str = "") -> None:
        self._model, self._names, self._growing = model, fields, growing

    def __call__(self, row: M, *, growth: str = "") -> None:
        fields, connection = self._fields, connections[row._state.db or DEFAULT_DB_ALIAS]
        values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [*values, *([growth] if self._growing else []), row.pk])

    @cached_property
    def _fields(self) -> list[Any]:
        return [self._model._meta.get_field(name) for name in self._names]

    @cached_property
    def _sql(self) -> str:
        quoted, meta = connections[DEFAULT_DB_ALIAS].ops.quote_name, self._model._meta
        set_to = [f"{quoted(field.column)} = %s" for field in self._fields]
        if self._growing:
            set_to.append(f"{(column := quoted(self._growing))} = {column} || %s")
        assert meta.pk is not None
        assert meta.pk.column
        return f"UPDATE {quoted(meta.db_table)} SET {', '.join(set_to)} WHERE {quoted(meta.pk.column)} = %s"  # noqa: S608  # names of ours


class _Place:
    """Where a value goes."""

    def __init__(self, name: str) -> None:
        self.name = name

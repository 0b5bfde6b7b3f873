"""Migration operations that let the database itself refuse to change what must stay: ledgers, frozen columns.

    operations = [
        AppendOnly("creditentry"),                                  # no UPDATE, no DELETE
        Immutable("certificate", columns=["payload", "pdf"]),       # no UPDATE of these, no DELETE
        WriteOnce("attempt", columns=["submitted_at"]),             # NULL may become a value, once
    ]

A breach raises `django.db.IntegrityError` on SQLite and on PostgreSQL. SQLite rebuilds a table when a field of it is
altered, and the triggers go with the old one: repeat the operation after such a migration. `guards_declared` and
`guards_present` let a test find one that was forgotten. Erasing a person pseudonymises such rows, see `erasure.py`.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION portal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""


class _Guard(Operation):
    """A trigger before UPDATE, and one before DELETE unless `is_deletable`."""

    reversible = True
    kind = ""

    def __init__(self, model_name: str, *, columns: Sequence[str] = (), is_deletable: bool = False) -> None:
        self.model_name = model_name
        self.columns = list(columns)
        self.is_deletable = is_deletable

    def change_condition(self, column: str, differs: str) -> str:
        """SQL that is true when an UPDATE of `column` is a breach; `differs` is the null-safe unequal of the vendor."""
        return f"OLD.{column} {differs} NEW.{column}"

    def trigger_names(self, table: str) -> list[str]:
        names = [f"{table}_{self.kind}_update"]
        return names if self.is_deletable else [*names, f"{table}_{self.kind}_delete"]

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: triggers are no part of the model."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002  # Django's signature
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        vendor = schema_editor.connection.vendor
        columns = [_column(model, name) for name in self.columns]
        differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
        condition = " OR ".join(self.change_condition(f'"{column}"', differs) for column in columns)
        if vendor == "postgresql":
            schema_editor.execute(_POSTGRES_FUNCTION, params=None)  # None: its % is no placeholder
        self._drop(schema_editor, table)
        update, *delete = self.trigger_names(table)
        message = f"{table}: {', '.join(self.columns) or 'a row'} must not change"
        schema_editor.execute(
            _trigger(vendor, update, event="UPDATE", table=table, condition=condition, message=message)
        )
        if delete:
            message = f"{table}: a row must stay"
            schema_editor.execute(_trigger(vendor, delete[0], event="DELETE", table=table, message=message))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,  # noqa: ARG002  # Django's signature
    ) -> None:
        self._drop(schema_editor, from_state.apps.get_model(app_label, self.model_name)._meta.db_table)

    def _drop(self, schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
        suffix = f' ON "{table}"' if schema_editor.connection.vendor == "postgresql" else ""
        for name in self.trigger_names(table):
            schema_editor.execute(f'DROP TRIGGER IF EXISTS "{name}"{suffix}')

    def describe(self) -> str:
        return f"Guard {self.model_name}: {self.kind} {', '.join(self.columns)}".rstrip()


class AppendOnly(_Guard):
    """Rows are added, never changed, never deleted."""

    kind = "append_only"

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name)


class Immutable(_Guard):
    """`columns` keep the value with which the row was added; the row stays, unless `is_deletable`."""

    kind = "immutable"

    def __init__(self, model_name: str, *, columns: Sequence[str], is_deletable: bool = False) -> None:
        super().__init__(model_name, columns=columns, is_deletable=is_deletable)


class WriteOnce(_Guard):
    """`columns` may go from NULL to a value, and then keep it; the row may be deleted unless another guard forbids."""

    kind = "write_once"

    def __init__(self, model_name: str, *, columns: Sequence[str]) -> None:
        super().__init__(model_name, columns=columns, is_deletable=True)

    def change_condition(self, column: str, differs: str) -> str:
        return f"(OLD.{column} IS NOT NULL AND OLD.{column} {differs} NEW.{column})"


def _column(model: Any, name: str) -> str:  # Any: a historical model
    return str(model._meta.get_field(name).column)


def _trigger(vendor: str, name: str, *, event: str, table: str, condition: str = "", message: str) -> str:
    message = message.replace("'", "''")
    if vendor == "sqlite":
        when = f" WHEN {condition}" if condition else ""
        return (
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW{when} '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
    if vendor == "postgresql":
        when = f" WHEN ({condition})" if condition else ""
        return (
            f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH ROW{when} '
            f"EXECUTE FUNCTION portal_refuse_change('{message}')"
        )
    raise NotImplementedError(vendor)


def guards_declared(connection: BaseDatabaseWrapper) -> set[str]:
    """Names of the triggers that the migrations of all rooms promise."""
    loader = MigrationLoader(connection)
    state = loader.project_state()
    return {
        name
        for (app_label, _), migration in loader.disk_migrations.items()
        for guard in migration.operations
        if isinstance(guard, _Guard)
        for name in guard.trigger_names(state.apps.get_model(app_label, guard.model_name)._meta.db_table)
    }


def guards_present(connection: BaseDatabaseWrapper) -> set[str]:
    """Names of the triggers that the database has."""
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}

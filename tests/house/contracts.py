"""A contract for import-linter: which files a room may have, and which of them are its own affair."""

from collections.abc import Iterator
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class RoomsContract(Contract):
    """Rooms hold files of known names, and use no other room's private ones.

    `subjects` are the plain modules named after what they are about; a new one is a decision, made in pyproject.toml.
    """

    type_name = "rooms"
    rooms: Any = fields.ListField(subfield=fields.StringField())
    files: Any = fields.ListField(subfield=fields.StringField())
    private: Any = fields.ListField(subfield=fields.StringField())
    subjects: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # as import-linter calls it
        unknown, intrusions = sorted(self._unknown_files(graph)), sorted(self._intrusions(graph))
        return ContractCheck(
            kept=not unknown and not intrusions, metadata={"unknown": unknown, "intrusions": intrusions}
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        for module in check.metadata["unknown"]:
            output.print_error(f"{module}: a new kind of file. If it deserves its name, add it to pyproject.toml.")
        for importer, imported in check.metadata["intrusions"]:
            output.print_error(f"{importer} imports {imported}, which is the other room's own affair.")

    def _room_and_file(self, module: str) -> tuple[str, str] | None:
        for room in self.rooms:
            if module.startswith(f"{room}."):
                return room, module.removeprefix(f"{room}.").split(".")[0]
        return None

    def _unknown_files(self, graph: ImportGraph) -> Iterator[str]:
        found = {place for module in graph.modules if (place := self._room_and_file(module))}
        for room, file in found:
            if file not in self.files and f"{room}.{file}" not in self.subjects:
                yield f"{room}.{file}"

    def _intrusions(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        for importer in graph.modules:
            here = self._room_and_file(importer)
            for imported in graph.find_modules_directly_imported_by(importer) if here else ():
                there = self._room_and_file(imported)
                if here and there and here[0] != there[0] and there[1] in self.private:
                    yield importer, imported

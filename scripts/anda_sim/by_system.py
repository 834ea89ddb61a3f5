# SPDX-License-Identifier: Apache-2.0
"""Base class of results with one part for each system."""

from typing import Any, Dict, Generic, List, TypeVar

from .common.errors import InputError

Part = TypeVar("Part")


class BySystem(Generic[Part]):
    """A result whose `systems` maps names to parts, in the order of the configuration. result["anda"] returns one part; the
    result itself has the attributes of the last one."""

    systems: Dict[str, Part]
    name: str
    # Word for this kind of result in messages.
    _kind = "result"

    @property
    def system(self) -> Part:
        """The last system, which provides the attributes of the result."""
        return list(self.systems.values())[-1]

    def __getitem__(self, name: str) -> Part:
        if name not in self.systems:
            raise InputError(f"this {self._kind} has no system {name}; there are {', '.join(self.systems)}")
        return self.systems[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "systems":
            raise AttributeError(name)
        return getattr(self.system, name)

    def __dir__(self) -> List[str]:
        return sorted({*super().__dir__(), *dir(self.system)})

    def frame(self) -> Any:
        """A DataFrame with a row for each system and a column for each of its numbers, in SI units."""
        import pandas

        return pandas.DataFrame({name: getattr(part, "numbers") for name, part in self.systems.items()}).T.infer_objects()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {', '.join(map(repr, self.systems.values()))}>"

    def _rows(self, keys: "tuple[str, ...]") -> List[List[Any]]:
        """A row for each system: its name and the numbers `keys`."""
        return [[name, *(getattr(part, key) for key in keys)] for name, part in self.systems.items()]

"""How a rule says no."""

from collections.abc import Mapping


class Refused(Exception):
    """A command that the rules do not allow. It has changed nothing.

    `code` is stable and documented; `detail` is a sentence for a person; `facts` are numbers a
    caller can act on (such as how many points would work); `pointer` is the JSON pointer of the
    field at fault, where one field is.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        pointer: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.pointer = pointer
        self.facts = dict(facts or {})

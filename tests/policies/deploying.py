"""What CloudFormation makes of a template: the functions of the language that ours use, and no others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def deployed(template: Mapping[str, Any], partition: str = "aws", **parameters: str) -> dict[str, Any]:
    """The properties of the one role; a value that its parameter does not take is an assertion error."""
    values = {name: parameters.get(name, facts.get("Default")) for name, facts in template["Parameters"].items()}
    for name, facts in template["Parameters"].items():
        assert re.fullmatch(facts["AllowedPattern"], str(values[name])), name
    (role,) = template["Resources"].values()
    assert role["Type"] == "AWS::IAM::Role"
    found: dict[str, Any] = _Deployment(template["Conditions"], {**values, "AWS::Partition": partition}).of(
        role["Properties"]
    )
    return found


class _Deployment:
    def __init__(self, conditions: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self._conditions, self._values = conditions, values

    def of(self, value: Any) -> Any:
        """A value of the template as it is deployed; None is a property that is left out."""
        if isinstance(value, list):
            return [self.of(member) for member in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in _FUNCTIONS:
            return _FUNCTIONS[name](self, value[name])
        assert not any(name.startswith("Fn::") or name == "Ref" for name in value)
        found = {name: self.of(member) for name, member in value.items()}
        return {name: member for name, member in found.items() if member is not None}

    def ref(self, name: str) -> Any:
        return None if name == "AWS::NoValue" else self._values[name]

    def sub(self, text: str) -> str:
        return re.sub(r"\$\{([A-Za-z:]+)\}", lambda found: str(self._values[found[1]]), text)

    def choice(self, arguments: list[Any]) -> Any:
        name, yes, no = arguments
        return self.of(yes if self.of(self._conditions[name]) else no)

    def negation(self, arguments: list[Any]) -> bool:
        (inner,) = arguments
        return not self.of(inner)

    def equality(self, arguments: list[Any]) -> bool:
        one, other = arguments
        return bool(self.of(one) == self.of(other))


_FUNCTIONS: dict[str, Any] = {
    "Ref": _Deployment.ref,
    "Fn::Sub": _Deployment.sub,
    "Fn::If": _Deployment.choice,
    "Fn::Not": _Deployment.negation,
    "Fn::Equals": _Deployment.equality,
}

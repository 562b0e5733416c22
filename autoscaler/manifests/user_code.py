"""Finds the user's own policy, `module:Name`, from the current folder or wherever Python finds modules."""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autoscaler.manifests.kinds import Refusal
from autoscaler.model import Memory, Observation


def load_policy(name: str, options: Mapping[str, Any]) -> Callable[[Observation, Memory], Any]:
    """The callable; a class is made with the options first.  Raises Refusal that says what was looked for and found."""
    found = _find(name)
    if inspect.isclass(found):
        policy = _made(name, found, options)
    elif options:
        raise Refusal(f"spec.options: {name} is not a class, so there is nothing to give options to")
    else:
        policy = found
    _check(name, policy)
    return policy  # type: ignore[no-any-return]  # the user's code promises nothing; CustomPolicy checks its answers


def _find(name: str) -> Any:
    module_name, _, attribute = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise Refusal(f"spec.policy: module {module_name} cannot be imported from {here}: {error!r}") from error
    if not hasattr(module, attribute):
        raise Refusal(f"spec.policy: module {module_name} ({module.__file__}) has no {attribute}")
    return getattr(module, attribute)


def _made(name: str, cls: type[Any], options: Mapping[str, Any]) -> Any:
    try:
        return cls(**options)
    except Exception as error:
        given = ", ".join(options) or "none"
        raise Refusal(f"spec.options: {name} cannot be made with these options ({given}): {error!r}") from error


def _check(name: str, policy: Any) -> None:
    if not callable(policy):
        raise Refusal(
            f"spec.policy: expected something to call with an observation and a memory, {name} is a"
            f" {type(policy).__name__}"
        )
    if inspect.iscoroutinefunction(policy) or inspect.iscoroutinefunction(type(policy).__call__):
        raise Refusal(f"spec.policy: {name} is async; a policy answers at once and waits for nothing")
    try:
        inspect.signature(policy).bind(None, None)
    except (TypeError, ValueError) as error:
        raise Refusal(
            f"spec.policy: expected {name} to take two arguments, an observation and a memory: {error}"
        ) from error

"""What API Gateway makes of the path of a request before a function sees it.

`on_aws` is what live HTTP APIs did with the paths in CAPTURED. The emulator decodes once and keeps `%25`; tests ask it
itself.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from loyalty.entry.http.routes import Route

CAPTURED: Mapping[str, str | None] = {
    "/capture/plain": "/capture/plain",
    "/capture/space%20value": "/capture/space value",
    "/capture/question%3Fvalue": "/capture/question",
    "/capture/percent%25done": None,
    "/capture/hash%23value": "/capture/hash#value",
    "/capture/slash%2Fvalue": "/capture/slash/value",
    "/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C": "/capture/unicode-λ-世界",
    "/capture/literal%252Fvalue": "/capture/literal/value",
    "/capture/literal%253Fvalue": "/capture/literal?value",
    "/capture/literal%2525value": "/capture/literal%value",
}
"""A path as it was sent, and as it reached a function of a live HTTP API in July 2026; None: the request was refused.

Source: vokerhttp/testdata/ingress-paths.json of https://github.com/hotsock/voker.
"""


def on_aws(path: str) -> str | None:
    """A path as AWS hands it to a function: decoded, cut at a `?`, decoded again. None: AWS refuses the request."""
    once = unquote(path).partition("?")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", once):
        return None
    return unquote(once)


def chosen(method: str, path: str) -> Route | None:
    """The route that API Gateway chooses for a path, which it has decoded."""
    return next((route for route in Route if route.method == method and parameters(route, path) is not None), None)


def variables(route: Route) -> list[str]:
    """The names of the variables in a route's path, in order."""
    return re.findall(r"\{(\w+)\}", route.path)


def parameters(route: Route, path: str) -> dict[str, str] | None:
    """The variables of a route in a path, as `pathParameters` has them; None if the path is not the route's."""
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
    found = re.fullmatch(pattern, path)
    return found.groupdict() if found else None

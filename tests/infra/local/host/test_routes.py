"""Route templates as ASP.NET Core reads them."""

import pytest

from infra.local.host.functions import HttpTrigger, UnsupportedFunction
from infra.local.host.routes import build_routes, find_route


def found(template: str, path: str) -> dict[str, str] | None:
    routes = build_routes({"f": HttpTrigger("req", template, frozenset())}, "")
    match = find_route(routes, "GET", path)
    return match[1] if match else None


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("a/b", "/a/b", {}),
        ("a/b", "/A/B/", {}),
        ("a/b", "/a/b/c", None),
        ("a/b", "/a//b", None),
        ("a/{x}", "/a", None),
        ("a/{x}", "/a/", None),
        ("a/{x?}", "/a", {}),
        ("a/{x?}", "/a/1", {"x": "1"}),
        ("a/{x=7}", "/a", {"x": "7"}),
        ("a/{x=7}", "/a/8", {"x": "8"}),
        ("a/{*rest}", "/a", {}),
        ("a/{*rest}", "/a/b/c", {"rest": "b/c"}),
        ("a/{**rest}", "/a/b/c/", {"rest": "b/c/"}),
        ("{x:maxlength(0)?}", "/", {}),
        ("{x:maxlength(0)?}", "/a", None),
        ("a/{x:int?}", "/a", {}),
        ("a/{x:int?}", "/a/b", None),
        ("{x}", "/a%2Fb", {"x": "a%2Fb"}),
        ("{x}", "/%C3%A9", {"x": "é"}),
    ],
)
def test_a_path_fits_a_template(template: str, path: str, values: dict[str, str] | None) -> None:
    assert found(template, path) == values


@pytest.mark.parametrize(
    ("constraint", "fits", "does_not_fit"),
    [
        ("alpha", "abc", "ab1"),
        ("bool", "TRUE", "yes"),
        ("datetime", "2026-03-01", "soon"),
        ("decimal", "-1.5", "1e3"),
        ("double", "1e3", "one"),
        ("float", "1.5", "one"),
        ("guid", "5f0c2f6e-6a34-4b3a-9f7e-0d9b8f3f5f11", "5f0c2f6e"),
        ("int", "-2147483648", "2147483648"),
        ("length(3)", "abc", "ab"),
        ("length(2,3)", "ab", "abcd"),
        ("long", "9223372036854775807", "9223372036854775808"),
        ("max(10)", "10", "11"),
        ("maxlength(2)", "ab", "abc"),
        ("min(10)", "10", "9"),
        ("minlength(2)", "ab", "a"),
        ("range(1,5)", "5", "6"),
        (r"regex(^\d{{3}}-x$)", "123-x", "12-x"),
        ("int:min(5)", "5", "4"),
    ],
)
def test_a_constraint_decides_whether_a_value_fits(constraint: str, fits: str, does_not_fit: str) -> None:
    assert found(f"a/{{x:{constraint}}}", f"/a/{fits}") == {"x": fits}
    assert found(f"a/{{x:{constraint}}}", f"/a/{does_not_fit}") is None


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/a/b", "literal"),
        ("/a/5", "constrained"),
        ("/a/c", "parameter"),
        ("/a/c/d", "catch_all"),
        ("/z/b", "anything"),
    ],
)
def test_the_more_literal_route_wins_whatever_the_order(path: str, function: str) -> None:
    templates = {
        "anything": "{*all}",
        "catch_all": "a/{*rest}",
        "parameter": "a/{x}",
        "constrained": "a/{x:int}",
        "literal": "a/b",
    }
    for names in (list(templates), list(reversed(templates))):
        routes = build_routes({name: HttpTrigger("req", templates[name], frozenset()) for name in names}, "")
        match = find_route(routes, "GET", path)
        assert match is not None
        assert match[0].function == function


def test_the_prefix_stands_before_every_route() -> None:
    routes = build_routes({"f": HttpTrigger("req", "a", frozenset({"GET"}))}, "api/v1")
    assert find_route(routes, "GET", "/api/v1/a") is not None
    assert find_route(routes, "GET", "/a") is None
    assert find_route(routes, "POST", "/api/v1/a") is None


@pytest.mark.parametrize(
    ("routes", "text"),
    [
        ({"f": "admin/users"}, "conflicts with one or more built in routes"),
        ({"f": "administrators"}, "conflicts with one or more built in routes"),
        ({"f": "Runtime"}, "conflicts with one or more built in routes"),
        ({"f": "a/{x}", "g": "A/{x}"}, "conflicts with the route defined by function 'f'"),
        ({"f": "a/{x:colour}"}, "the constraint 'colour' of its route is not known"),
        ({"f": "a/{x}-{y}"}, "does not read the segment '{x}-{y}'"),
        ({"f": "a/{}"}, "is not a parameter"),
    ],
)
def test_what_cannot_be_served_is_refused_at_start(routes: dict[str, str], text: str) -> None:
    triggers = {name: HttpTrigger("req", route, frozenset()) for name, route in routes.items()}
    with pytest.raises(UnsupportedFunction, match=text.replace("{", r"\{").replace("}", r"\}")):
        build_routes(triggers, "")


def test_one_route_for_different_methods_is_fine() -> None:
    triggers = {
        "reads": HttpTrigger("req", "a", frozenset({"GET"})),
        "writes": HttpTrigger("req", "a", frozenset({"POST"})),
    }
    routes = build_routes(triggers, "")
    match = find_route(routes, "POST", "/a")
    assert match is not None
    assert match[0].function == "writes"

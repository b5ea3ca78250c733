"""Ids of every kind that a store may have: some look like routes, queries, escapes or ways up, some have 128 bytes."""

AS_THEY_ARE = [
    *("a", "A", "#1001", "a b", "a  b", "a.b", "a..b", "...", ".a", "a+b", "a:b", "a@b.example", "_", "-", "#", "a#b"),
    *("a#member#b", "export", "movements", "redemption", "completed", "v1", "programs", "YQ", "x" * 128, "x" * 127),
]  # fmt: skip
"""These stand in a path as they are."""
ENCODED = {
    "~": "~fg", "~YQ": "~fllR", ".": "~Lg", "..": "~Li4", "./a": "~Li9h", "a/../b": "~YS8uLi9i",
    "a/b": "~YS9i", "c/export": "~Yy9leHBvcnQ", "c/movements": "~Yy9tb3ZlbWVudHM",
    "a?b": "~YT9i", "a?guest=true": "~YT9ndWVzdD10cnVl", "a&b": "~YSZi", "a;b": "~YTti",
    "%": "~JQ", "%25": "~JTI1", "%2F": "~JTJG", "a%2Fb": "~YSUyRmI", "a%b": "~YSVi",
    "ø": "~w7g", "🎁": "~8J-OgQ", "日本": "~5pel5pys",
}  # fmt: skip
"""These stand there in the tilde form, which base64(1) wrote."""
OTHERS = [
    *("a~b", "?", "/", "//", "/a/b", "a//b", "a/b/", "a\\b", "a'b", 'a"b', "a,b", "a=b", "%%", "%252F", "a%252Fb"),
    *("a%20b", "gid://shop/Order/1", "Ø", "ø" * 64, "🎁" * 32, "c/redemption", "c/completed"),
]  # fmt: skip
"""These too."""
IDS = [*AS_THEY_ARE, *ENCODED, *OTHERS]
ONE_OF_EACH_KIND = [
    *("c/export", "c/completed", "export", "a?b", "a?guest=true", "%2F", "%", "%25", "a%b", ".", "..", "a..b", "./a"),
    *("~", "~YQ", "a b", "a+b", "#", "🎁", "x" * 128),
]  # fmt: skip
"""For what takes long."""

"""Models that are refused, by what is wrong with them; what is said about each is a golden file."""

from __future__ import annotations

from typing import Final

_HEAD: Final = "model\n  schema 1.1\n"
_BASE: Final = _HEAD + "type user\ntype group\n  relations\n    define member: [user, group#member]\n"
_DOC: Final = _BASE + "type doc\n  relations\n    define parent: [group]\n    define viewer: [user]\n"

BROKEN: Final = {
    "empty": "",
    "no_header": "type user\n",
    "old_schema": "model\n  schema 1.0\ntype user\n",
    "header_without_schema": "model\ntype user\n",
    "stray_text": "viewer: [user]\n" + _BASE + "  nothing to declare\n",
    "modules": "module billing\n" + _BASE + "extend type group\n",
    "relation_above_types": _HEAD + "  define viewer: [user]\ntype user\n",
    "unknown_type": _BASE + "type doc\n  relations\n    define viewer: [usr, group#member]\n",
    "unknown_relation": _DOC + "    define can_read: viwer or parent\n",
    "unknown_userset": _DOC + "    define editor: [group#membr]\n",
    "unknown_everything_at_once": _DOC
    + "    define a: viewr\n    define b: [usre] or viewr\n    define c: member from parnt\n"
    + "    define d: membr from parent\n    define e: [user with hurs]\ntype user\n",
    "arrow_without_target": _DOC + "    define can_read: owner from parent\n",
    "arrow_over_rewrite": _DOC + "    define all: viewer or [user]\n    define x: member from all\n",
    "arrow_over_userset": _DOC + "    define team: [group#member]\n    define x: member from team\n",
    "arrow_over_wildcard": _DOC + "    define team: [group, group:*]\n    define x: member from team\n",
    "chained_arrow_breaks": _DOC + "    define x: viewer from owner from parent\n",
    "guard_unknown": _DOC + "    define x: member from parent where label within labels\n",
    "guard_not_direct": _HEAD
    + "type user\ntype label\ntype policy\n  relations\n    define holder: [user]\n    define needs: [label:*]\n"
    + "type doc\n  relations\n    define policy: [policy]\n    define tags: [label] or more\n    define more: [label]\n"
    + "    define x: holder from policy where needs within tags\n",
    "guard_of_other_types": _HEAD
    + "type user\ntype label\ntype policy\n  relations\n    define holder: [user]\n    define needs: [label]\n"
    + "type doc\n  relations\n    define policy: [policy]\n    define tags: [user]\n"
    + "    define x: holder from policy where needs within tags\n",
    "twice": _DOC + "    define viewer: [group, group]\ntype doc\n  relations\n    define x: [user] or [group]\n",
    "reserved_names": _HEAD + "type self\n  relations\n    define this: [self]\n",
    "no_entry_point": _DOC + "    define a: b or c\n    define b: a\n    define c: a and viewer\n",
    "takes_itself_away": _DOC + "    define a: [user] but not b\n    define b: viewer or c\n    define c: [doc#a]\n",
    "mixed_operators": _DOC
    + "    define a: viewer or viewer and viewer\n"
    + "    define b: viewer but not viewer or viewer\n",
    "unfinished": _DOC + "    define a: viewer or\n    # nothing follows\n\n    define b: [user\n    define c:\n",
    "glued_keywords": _DOC
    + "    define a: viewer orviewer\n    define b: viewer butnot viewer\n"
    + "    define c: [user withx]\n",
    "punctuation": _DOC
    + "    define a: [user,]\n    define b: []\n    define c: [user:group]\n    define d: (viewer\n"
    + "    define e viewer\n",
    "odd_characters": _DOC
    + "    define ä: [user]\n"
    + "    define a: [user] | viewer\n\tdefine\tb:\t[usr]\r\n    define c: \x00\n",
    "conditions": _BASE
    + "type doc\n  relations\n    define viewer: [user with at_work, user:* with unused_too]\n"
    + "condition at_work(hour: integer, days: list, n: int<int>, hour: int) {\n  hour < 17\n}\n"
    + "condition unused(a: list<strin>) {\n}\ncondition at_work() { true }\n",
    "condition_goes_on": _BASE + "condition at_work(n: int) {\n  n < 1 } trailing\n",
    "condition_without_end": _BASE + "condition a(x: int) {\n  x < 1 && '}'\ntype doc\n",
    "condition_without_body": _BASE + "condition a(x: int)\ntype doc\n",
    "long_line": _DOC + "    define a: " + "viewer or " * 40 + "viewr or " + "viewer or " * 40 + "viewer\n",
    "half_character": _BASE + "# \ud800\n",
}

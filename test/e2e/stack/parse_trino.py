"""Reads SQL texts as a JSON list from standard input, parses each as Trino, and prints what it calls that the parser has no name for."""

import json
import sys

import sqlglot

called = set()
for text in json.load(sys.stdin):
    tree = sqlglot.parse_one(text, read="trino", error_level=sqlglot.ErrorLevel.RAISE)
    called |= {call.name.lower() for call in tree.find_all(sqlglot.exp.Anonymous)}
print(json.dumps(sorted(called)))

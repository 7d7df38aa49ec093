"""Reads exports back with pandas (pyarrow), Polars and DuckDB and compares every cell with the text that the engine gave for it.

Arguments: the file of cases. Prints one line of JSON for each reading: case, reader, form, cells, differences.
"""

import base64
import datetime as dt
import json
import math
import re
import struct
import subprocess
import sys
import uuid
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc

EPOCH = dt.datetime(1970, 1, 1)
MICRO = dt.timedelta(microseconds=1)
TYPED = ("arrow", "pipe", "parquet")
DIFFERENCES_MAX = 5


def micros_of_text(text):
    moment = dt.datetime.fromisoformat(text)
    return (moment.replace(tzinfo=None) - EPOCH) // MICRO - (moment.utcoffset() or dt.timedelta(0)) // MICRO


def nanos_of_text(text):
    whole, _, part = text.partition(".")
    return micros_of_text(whole) * 1000 + int(part.ljust(9, "0"))


def expected(kind, text):
    """The value that the engine's text stands for."""
    if text is None:
        return None
    if kind in ("integer", "moment", "instant", "nanos"):
        return int(text)
    if kind == "decimal":
        return Decimal(text)
    if kind == "double":
        return float(text)
    if kind == "single":
        return struct.unpack("f", struct.pack("f", float(text)))[0]
    if kind == "boolean":
        return text == "true"
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind == "clock":
        return dt.time.fromisoformat(text)
    if kind == "bytes":
        return bytes.fromhex(text)
    if kind == "nested":
        return json.loads(text, parse_float=Decimal)
    return text


def typed(kind, value):
    """A value of a reader that knows types; one of another class than expected stays, and so differs."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if kind == "integer":
        return int(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value == int(value) else value
    if kind in ("moment", "instant"):
        if (value.tzinfo is not None) != (kind == "instant"):
            return ("wrong zone", value)
        if value.utcoffset():
            return ("not in UTC", value)
        nanos = getattr(value, "nanosecond", 0)
        moment = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        return ("nanoseconds", value) if nanos else (moment.replace(tzinfo=None) - EPOCH) // MICRO
    if kind == "nanos":
        return value.value if isinstance(value, pd.Timestamp) else value
    if kind == "date" and isinstance(value, dt.datetime):
        return value.date()
    if kind == "uuid":
        return str(uuid.UUID(bytes=value)) if isinstance(value, bytes) else str(value)
    if kind == "decimal":
        return value if isinstance(value, Decimal) else ("no decimal", value)
    return value


def untyped(kind, value):
    """A value of CSV or JSON: text, or what JSON has."""
    if value is None or value is pd.NA:
        return None
    if kind == "wide":
        # JSON has a number where it is exact.
        return str(value)
    if kind == "integer":
        return int(value)
    if kind == "decimal":
        return Decimal(value) if isinstance(value, str) else ("no text", value)
    if kind in ("double", "single"):
        return float(value)
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind == "moment":
        return micros_of_text(value)
    if kind == "instant":
        return micros_of_text(value) if value.endswith("+00") else ("no zone", value)
    if kind == "nanos":
        return nanos_of_text(value)
    if kind == "date":
        return dt.date.fromisoformat(value)
    if kind == "clock":
        return dt.time.fromisoformat(value)
    if kind == "bytes":
        return base64.b64decode(value, validate=True)
    if kind == "nested" and isinstance(value, str):
        return json.loads(value, parse_float=Decimal)
    return value


def same(want, got):
    if want is None or got is None:
        return want is None and got is None
    if isinstance(want, float):
        return isinstance(got, float) and (want == got or math.isnan(want) and math.isnan(got))
    return type(want) is type(got) and want == got


def same_nested(want, got):
    """As `same`, inside lists, structs and maps; decimals are text in JSON."""
    if want is None or got is None:
        return want is None and got is None
    if isinstance(want, list):
        got = list(got)
        return len(want) == len(got) and all(same_nested(a, b) for a, b in zip(want, got))
    if isinstance(want, dict):
        if isinstance(got, list):
            got = dict((one["key"], one["value"]) if isinstance(one, dict) else one for one in got)
        # Readers of JSON give objects of one column the keys of all.
        extra = {key for key in got if key not in want and got[key] is not None}
        return not extra and all(key in got and same_nested(held, got[key]) for key, held in want.items())
    if isinstance(want, (bool, str)) or isinstance(got, bool):
        return type(want) is type(got) and want == got
    return Decimal(str(want)) == Decimal(str(got))


def of_duckdb(relation, columns):
    """All columns by the same SQL that made the truth, in another build of the engine."""
    texts = relation.project(", ".join(column["expression"] for column in columns)).fetchall()
    return [[expected(column["kind"], row[i]) for row in texts] for i, column in enumerate(columns)]


def polars_column(series, kind):
    return (series.dt.timestamp("ns") if kind == "nanos" else series).to_list()


def read(reader, form, source, columns, connection):
    """Columns of an export, each a list of cells, and their names."""
    if reader == "duckdb":
        return read_duckdb(form, source, columns, connection)
    if reader == "polars":
        frame = {
            "arrow": lambda: pl.read_ipc_stream(source),
            "pipe": lambda: pl.read_ipc_stream(source),
            "parquet": lambda: pl.read_parquet(source),
            "csv": lambda: pl.read_csv(source, infer_schema=False),
            "json": lambda: pl.read_json(source, infer_schema_length=None),
        }[form]()
        return frame.columns, [polars_column(frame[name], kind_of(columns, name) if form in TYPED else "text") for name in frame.columns]
    frame = read_pandas(form, source)
    return list(frame.columns), [[cell for cell in frame[name].tolist()] for name in frame.columns]


def kind_of(columns, name):
    return next(column["kind"] for column in columns if column["name"] == name)


def read_pandas(form, source):
    if form in ("arrow", "pipe"):
        return pa.ipc.open_stream(source).read_pandas(types_mapper=pd.ArrowDtype)
    if form == "parquet":
        return pd.read_parquet(source, dtype_backend="pyarrow")
    if form == "csv":
        names = pa.csv.open_csv(source, parse_options=pa.csv.ParseOptions(newlines_in_values=True)).schema.names
        convert = pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        parse = pa.csv.ParseOptions(newlines_in_values=True)
        return pa.csv.read_csv(source, parse_options=parse, convert_options=convert).to_pandas(types_mapper=pd.ArrowDtype)
    with open(source, encoding="utf8") as file:
        return pd.DataFrame(json.load(file), dtype=object)


def read_duckdb(form, source, columns, connection):
    if form in ("arrow", "pipe"):
        stream = pa.ipc.open_stream(source)
        relation = connection.from_arrow(stream)
    elif form == "parquet":
        relation = connection.read_parquet(source)
    elif form == "csv":
        relation = connection.sql(
            "SELECT * FROM read_csv($file, all_varchar = true, header = true, nullstr = '', allow_quoted_nulls = false, max_line_size = 10000000)",
            params={"file": source},
        )
    else:
        cells = ", ".join(f"'{column['name']}': 'JSON'" for column in columns)
        relation = connection.sql(f"SELECT * FROM read_json($file, columns = {{{cells}}})", params={"file": source})
    if form in TYPED:
        return relation.columns, of_duckdb(relation, columns)
    rows = relation.fetchall()
    cells = [[row[i] for row in rows] for i in range(len(relation.columns))]
    if form == "json":
        cells = [[None if cell is None else json.loads(cell) for cell in column] for column in cells]
    return relation.columns, cells


def judge(case, reader, form, source, connection):
    columns = case["columns"]
    names, cells = read(reader, form, source, columns, connection)
    if not case["rows"] and form == "json":
        return 0, []
    if form == "json":
        # Members of an object have no order.
        held = dict(zip(names, cells, strict=True))
        names = [column["name"] for column in columns if column["name"] in held] + sorted(set(names) - {column["name"] for column in columns})
        cells = [held[name] for name in names]
    if list(names) != [column["name"] for column in columns]:
        return 0, [f"columns {list(names)}"]
    differences = []
    for i, column in enumerate(columns):
        kind = column["kind"]
        if len(cells[i]) != len(case["rows"]):
            return 0, [f"{len(cells[i])} rows instead of {len(case['rows'])}"]
        for at, row in enumerate(case["rows"]):
            want = expected(kind, row[i])
            got = cells[i][at] if reader == "duckdb" and form in TYPED else (typed if form in TYPED else untyped)(kind, cells[i][at])
            if not (same_nested if kind == "nested" else same)(want, got):
                differences.append(f"row {at + 1}, {column['name']}: {want!r:.200} against {got!r:.200}")
    return len(columns) * len(case["rows"]), differences


def readings(case):
    for form in ("arrow", "parquet", "csv", "json"):
        yield form, lambda form=form: (case["files"][form], None)
    if case["command"]:
        def piped():
            process = subprocess.Popen(case["command"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            return process.stdout, process
        yield "pipe", piped


def main():
    with open(sys.argv[1], encoding="utf8") as file:
        cases = json.load(file)
    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'UTC'")
    for case in cases:
        for form, opened in readings(case):
            for reader in ("pandas", "polars", "duckdb"):
                source, process = opened()
                try:
                    cells, differences = judge(case, reader, form, source, connection)
                except Exception as error:  # What a reader refuses is a difference, not the end of the judgement.
                    cells, differences = 0, [f"{type(error).__name__}: {error}"[:300]]
                if process is not None:
                    source.close()
                    if process.wait() != 0:
                        differences.append(f"the command ended with {process.returncode}")
                answer = {"case": case["name"], "reader": reader, "form": form, "cells": cells}
                print(json.dumps({**answer, "different": len(differences), "differences": differences[:DIFFERENCES_MAX]}), flush=True)


main()

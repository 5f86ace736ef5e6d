"""Tables: one line of JSON per event, and one row per epoch for spreadsheets and data frames."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from sundew_core.events.run import EpochEnded, Event, to_json


def events_jsonl(events: Iterable[Event]) -> str:
    """One line of JSON per event, in order, as `show RUN --events` prints them."""
    return "".join(f"{to_json(event)}\n" for event in events)


def epochs_csv(epochs: Iterable[EpochEnded]) -> str:
    """One line per epoch under the names of the event's fields, which carry units; a number not measured is empty."""
    names = [field.name for field in fields(EpochEnded)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    table.writerows([getattr(epoch, name) for name in names] for epoch in epochs)
    return text.getvalue()


def epochs_parquet(epochs: Sequence[EpochEnded]) -> bytes:
    """The same as a Parquet file, with the types of the event's fields; a number not measured is null."""
    import pyarrow as pa
    from pyarrow import parquet

    words = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    kinds = get_type_hints(EpochEnded)
    schema = pa.schema([_column(name, kinds[name], words) for name in (field.name for field in fields(EpochEnded))])
    table = pa.table({name: [getattr(epoch, name) for epoch in epochs] for name in schema.names}, schema=schema)
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _column(name: str, kind: Any, words: dict[type, Any]) -> Any:
    """A column, which allows null only if the field may be None."""
    import pyarrow as pa

    parts = get_args(kind) or (kind,)
    return pa.field(name, words[parts[0]], nullable=type(None) in parts)

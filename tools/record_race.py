"""Bundle a recorded race with Sundew: the Race page shows it to a user who has no race yet.

python -m tools.record_race docs/races/NAME.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sundew_core.events.contest import RaceFinished, from_record
from sundew_core.records.example import RACE
from tools.record_example import write

if __name__ == "__main__":
    events = [from_record(record) for record in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["events"]]
    assert isinstance(events[-1], RaceFinished), events[-1]
    write(events, RACE)
    print(f"wrote {RACE}: {len(events)} events, {RACE.stat().st_size:,} bytes")

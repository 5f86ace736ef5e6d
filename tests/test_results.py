"""The page of results is made of the records beside it, and says where the gate loses."""

from docs.race_results import RECORDS, RESULTS, page, records
from tests.made_up_contests import bench_events, race_events

WINS = {"sundew": [0.5, 0.9], "dense": [0.4, 0.8], "random": [0.6, 0.79]}
LOSES = {"sundew": [0.5, 0.7], "dense": [0.4, 0.8], "random": [0.6, 0.79]}


def test_the_page_is_what_the_records_say():
    recorded = records(RECORDS)
    assert recorded
    assert RESULTS.read_text(encoding="utf-8") == page(recorded)


def test_a_race_has_machine_versions_n_mean_deviation_and_date():
    told = page({"made-up.json": race_events(WINS, seeds=(0, 1, 2))})
    assert "## Race on digits: cnn, 10 training seconds an arm, n = 3" in told
    for words in (
        "Recorded 1970-01-01",
        "processor made up, cores 2",
        "torch 2.x",
        "(races/made-up.json)",
        "91.00 ± 2.48",
        "1.00",
    ):
        assert words in told, words
    assert "Joules were not measured" in told


def test_it_says_plainly_where_the_gate_loses():
    told = page({"made-up.json": race_events(LOSES, seeds=(0, 1, 2))})
    losses = told.partition("Where the gate loses:")[2]
    assert "- against dense at equal seconds: 10.00 points, beyond the 95 % intervals." in losses
    assert "- it never reached the dense arm's final accuracy in 3 of 3 seeds." in losses
    assert "nowhere" not in losses
    assert "- nowhere in this race." in page({"made-up.json": race_events(WINS)})
    assert "one seed, so without an interval" in page({"made-up.json": race_events(LOSES)})


def test_what_is_too_small_for_a_claim_says_so():
    assert "**Too short to claim anything by**: only 1 seed and no more than 1.0 dense epochs" in page({"a": race_events(WINS)})
    assert "only" not in page({"a": race_events(WINS, seeds=(0, 1, 2))}).partition("Too short")[2].splitlines()[0]


def test_a_bench_has_its_medians_spread_and_shortfalls():
    told = page({"made-up.json": bench_events()})
    row = "| sundew memory | 0.200 | 0.150 to 0.250 | 3 | 10.00 | 10.00 to 10.00 | - | 12.50 | 80 % | 8.0 % | 200 us | 300 us |"
    assert row in told
    assert "**Other programs disturbed this bench**: dense slices differ from each other by a factor of" in told
    quiet = [event for event in bench_events() if getattr(event, "round", 1) == 1]
    assert "disturbed" not in page({"made-up.json": quiet})
    assert "- sundew memory: 10.00 times dense of at most 12.50, 80 %." in told
    assert "| 1,000 | 1.000 ms | 1,000 ns |" in told
    assert "Peak memory of the whole process: 500 MB." in told

"""What the Race page shows in every state of a race and of a bench, and what it asks of the runner."""

import json
import os
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from pages.panels.contests import cards as contest_wall
from pages.panels.contests import choice
from pages.panels.shell import shared
from sundew_core.config import ARMS, Config
from sundew_core.events.contest import Rules
from sundew_core.figures.contests import panels
from sundew_core.records import journal
from tests.support.acting import opened as opened_app
from tests.support.acting import said, strip, wall
from tests.support.made_up_contests import bench_events, contest_failed, race_events, race_started
from tests.support.racing import QuietContests, keep
from tools.support.driving import ROOT

ACCURACIES = {"sundew": (0.5, 0.9), "dense": (0.3, 0.7), "random": (0.4, 0.8)}
RACE = race_events(ACCURACIES)
UNDER_WAY = RACE[:6]
"""The start, three untrained models and two validations."""


@pytest.fixture
def contests(runner, monkeypatch):
    quiet = QuietContests()
    monkeypatch.setattr(shared, "ContestRunner", lambda *_: quiet)
    return quiet


def opened(**query) -> AppTest:
    app = opened_app(**query).switch_page("pages/race.py").run()
    assert not app.exception
    return app


def cards(app: AppTest) -> dict[str, dict]:
    (found,) = [element.proto for element in app.get("bidi_component") if element.proto.component_name.endswith("figure_wall")]
    return {card["name"]: card for card in json.loads(found.bytes)["cards"]}


def drawn(app: AppTest) -> set[str]:
    return {name for name, card in cards(app).items() if "figure" in card}


def figure(app: AppTest, name: str) -> dict:
    return json.loads(cards(app)[name]["figure"])


def stopped(events):
    return [*events, type(RACE[-1])(reason="stopped", wall_s=1.0)]


STATES = {
    "recorded": (None, False, set(panels.RACE) - {"energy"}, panels.NO_METER),
    "preparing": ([], True, set(), contest_wall.PREPARING),
    "racing": (UNDER_WAY, True, {"accuracy"}, panels.NO_SEED_YET),
    "finished": (RACE, False, set(panels.RACE) - {"energy"}, panels.NO_METER),
    "stopped": (stopped(UNDER_WAY), False, {"accuracy"}, panels.NO_SEED),
    "failed": ([*UNDER_WAY, contest_failed()], False, {"accuracy"}, panels.NO_SEED),
    "interrupted": (UNDER_WAY, False, {"accuracy"}, panels.NO_SEED),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_words_its_figures_and_its_buttons(contests, monkeypatch, state):
    events, here, figures, sentence = STATES[state]
    if events is not None:
        with monkeypatch.context() as patch:
            if state == "interrupted":
                patch.setattr(journal, "_birth", lambda _: "of a process that is gone")
            keep("r", *events)
    contests.active = "r" if here else None
    app = opened()
    assert f'data-state="{state}"' in strip(app)
    assert drawn(app) == figures
    assert sentence in {card.get("empty") for card in cards(app).values()}
    assert (app.button(key="contest_start").disabled, app.button(key="contest_stop").disabled) == (here, not here)
    assert len(cards(app)) == len(panels.RACE)
    if state == "failed":
        assert app.error[0].value == "The race failed while dense trained: the disk is on fire"
    if state == "interrupted":
        assert "was interrupted" in app.warning[0].value


def test_a_race_that_failed_before_it_began_says_why_on_every_card(contests):
    keep("r", contest_failed(who=None))
    app = opened()
    assert {card["empty"] for card in cards(app).values()} == {"The race failed: the disk is on fire"}
    assert app.error[0].value == "The race failed: the disk is on fire"


def test_no_panel_shows_a_number_without_a_recorded_event_behind_it(contests):
    keep("r", race_started())
    app = opened()
    assert drawn(app) == set()
    assert "%" not in strip(app).split("<dl>")[1]


def test_without_a_dense_arm_there_is_no_speed_up_and_why(contests):
    keep("r", *race_events({arm: ACCURACIES[arm] for arm in ("sundew", "random")}), arms=["sundew", "random"])
    app = opened()
    assert cards(app)["reach"]["empty"] == panels.NO_DENSE
    assert {"accuracy", "equal-seconds", "equal-samples", "equal-epochs", "equal-flop", "compute"} == drawn(app)


def test_joules_are_drawn_where_a_meter_read_them_and_nowhere_else(contests):
    keep("modelled", *RACE)
    app = opened()
    assert "energy" not in drawn(app)
    assert "energy: modelled from FLOPs" in strip(app)
    keep("measured", *race_events(ACCURACIES, joules_per_s=5.0))
    app.run()
    assert "energy" in drawn(app)
    assert "energy: measured by made-up meter" in strip(app)
    assert "joules" in figure(app, "energy")["words"]["xaxis"]
    assert "modelled" in figure(app, "compute")["words"]["xaxis"]


def test_one_switch_says_what_the_curves_are_drawn_along(contests):
    keep("r", *RACE)
    app = opened()
    units = {}
    for axis in choice.AXES:
        app.segmented_control(key="race_axis").set_value(axis).run()
        units[axis] = figure(app, "accuracy")["words"]["xaxis"]
    assert units["seconds"] == "training seconds"
    assert units["samples"] == "samples trained"
    assert units["epochs"] == "epochs"
    assert "FLOP" in units["flop"]


def test_intervals_are_shown_if_more_than_one_seed_ran(contests):
    keep("r", *race_events(ACCURACIES, seeds=(0, 1, 2)), seeds=3)
    app = opened()
    assert "95 % intervals, n = 3" in cards(app)["equal-seconds"]["figure"]
    shown = cards(app)["equal-seconds"]
    assert "±" in shown["numbers"]
    assert shown["alt"] == f"{shown['title']}. {shown['numbers']}"
    assert "3 / 3" in strip(app)
    assert "by Student's t, n = 3" in json.loads(wall(app))["log"]


def test_the_latest_race_is_shown_and_an_earlier_one_can_be_chosen(contests):
    keep("first", *RACE)
    keep("second", *stopped(UNDER_WAY))
    app = opened()
    assert 'data-state="stopped"' in strip(app)
    assert len(app.selectbox(key="race_chosen").options) == 3, "the recorded race comes last"
    app.selectbox(key="race_chosen").set_value("first").run()
    assert 'data-state="finished"' in strip(app)
    app.run()
    assert 'data-state="finished"' in strip(app), "the choice stays"
    keep("third", *UNDER_WAY)
    app.run()
    assert 'data-state="racing"' in strip(app), "where a race begins, that one is shown"


def test_a_start_takes_the_choices_here_and_the_knobs_of_the_train_page(contests):
    app = opened(target_activation_rate="0.1", dataset="shapes")
    assert app.pills(key="race_arms").value == ["sundew", "dense", "random"]
    assert "1:30 min of training in all" in "".join(element.value for element in app.html)
    app.pills(key="race_arms").set_value(["infobatch", "dense"]).run()
    app.number_input(key="race_seconds").set_value(60).run()
    app.number_input(key="race_seeds").set_value(3).run()
    app.button(key="contest_start").click().run()
    rules = Rules(arms=("dense", "infobatch"), seconds=60.0, seeds=3)
    assert contests.asked == [("race", Config(target_activation_rate=0.1, dataset="shapes"), rules)]
    assert app.pills(key="race_arms").options == list(ARMS)


def test_choices_survive_a_look_at_another_page(contests):
    app = opened()
    app.number_input(key="race_seconds").set_value(7).run()
    app.switch_page("pages/guide.py").run()
    app.switch_page("pages/race.py").run()
    assert app.number_input(key="race_seconds").value == 7


def test_a_race_needs_an_arm(contests):
    app = opened()
    app.pills(key="race_arms").set_value([]).run()
    app.button(key="contest_start").click().run()
    assert contests.asked == []
    assert "Choose at least one arm." in said(app, "refusal")[0]


def test_a_refused_race_says_why_until_the_next_start(contests):
    contests.refusal = "run 7 is still training: stop it first, or wait until it has finished"
    app = opened()
    app.button(key="contest_start").click().run()
    assert contests.refusal in said(app, "refusal")[0]
    contests.refusal = None
    app.button(key="contest_start").click().run()
    assert said(app, "refusal") == []


def test_bad_input_is_refused_in_words(contests):
    app = opened(dataset="folder")
    app.button(key="contest_start").click().run()
    assert contests.asked == []
    assert "has no path" in said(app, "refusal")[0]


def test_every_tab_shows_the_plan_of_the_race_that_is_running_here_and_can_stop_it(contests):
    config = Config(dataset="shapes", target_activation_rate=0.2)
    keep("r", *UNDER_WAY, config=config, arms=["dense", "random"], seconds=45.0, seeds=2, validations=9)
    contests.active = "r"
    app = opened()
    assert app.pills(key="race_arms").value == ["dense", "random"]
    assert [app.number_input(key=f"race_{name}").value for name in ("seconds", "seeds", "validations")] == [45, 2, 9]
    assert app.selectbox(key="dataset").value == "shapes"
    assert app.pills(key="race_arms").disabled
    assert app.selectbox(key="dataset").disabled
    app.button(key="contest_stop").click().run()
    assert contests.stopped == 1


def test_a_race_of_another_process_is_not_ours_to_stop(contests):
    keep("r", *UNDER_WAY)
    app = opened()
    assert app.button(key="contest_stop").disabled
    assert "another process" in "".join(said(app, "remark"))


def test_a_failure_that_the_store_could_not_take_is_shown(contests):
    keep("r", *UNDER_WAY)
    contests.unrecorded = contest_failed(who=None)
    app = opened()
    assert 'data-state="failed"' in strip(app)
    assert app.error[0].value == "The race failed: the disk is on fire"


BENCHES = {
    "idle": (None, set(), contest_wall.NO_BENCH),
    "timing": (bench_events()[:5], {"speedups", "epochs", "costs"}, panels.GATE_LAST),
    "finished": (bench_events(), set(panels.BENCH) - {"memory"}, f"{panels.ONE_PROCESS}: 500 MB at its peak."),
    "failed": ([*bench_events()[:5], contest_failed(None)], {"speedups", "epochs", "costs"}, panels.NO_GATE),
}


@pytest.mark.parametrize("state", BENCHES)
def test_the_bench_has_its_words_and_figures_in_every_state(contests, state):
    events, figures, sentence = BENCHES[state]
    if events is not None:
        keep("b", *events, kind="bench")
    app = opened()
    app.segmented_control(key="contest_kind").set_value("bench").run()
    assert not app.exception
    assert f'data-state="{state}"' in strip(app)
    assert drawn(app) == figures
    assert sentence in {card.get("empty") for card in cards(app).values()}
    app.number_input(key="bench_seconds").set_value(20).run()
    app.button(key="contest_start").click().run()
    assert contests.asked == [("bench", Config(), 20.0)]


def test_opening_the_page_does_not_load_torch(tmp_path):
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=30).run()\n"
        "app.switch_page('pages/race.py').run()\n"
        "assert not app.exception, app.exception\n"
        "assert 'sundew_core.figures.contests.panels' in sys.modules\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {**os.environ, "SUNDEW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

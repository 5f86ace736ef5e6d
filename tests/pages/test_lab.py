"""The gate lab: it begins with the gate at hand, draws what its sliders ask for, and gives it away when asked."""

import json
import re

import pytest
from streamlit.errors import StreamlitInvalidLayoutContextError
from streamlit.testing.v1 import AppTest

from pages.panels.lab import controls, tester
from pages.panels.lab import readouts as lab_readouts
from pages.panels.lab.tester import Answers, Question
from sundew_core.config import KNOBS, Config, GateConfig
from sundew_core.figures.lab.panels import LAB
from sundew_core.lab.scenario import DISTURBANCES, SOURCES
from tests.support import made_up
from tests.support.acting import opened, record, said, wall
from tools.support.waiting import eventually

LAB_PAGE = "pages/lab.py"
HISTOGRAM = tuple(range(20))
KEYS = {name: f"lab_{name}" for name in controls.MOVED}


def loaded(app: AppTest) -> AppTest:
    """Run the page until the gate is loaded: the user waits, too."""
    eventually(lambda: tester.LOADING not in wall(app.run()))
    assert not app.exception
    return app


def lab(**query) -> AppTest:
    """Open the Train page, follow the link to the lab, and wait for its figures."""
    app = opened(**query)
    return loaded(app.switch_page(LAB_PAGE).run())


def strip(app: AppTest) -> str:
    return next(element.value for element in app.html if "lab-strip" in element.value)


def remarks(app: AppTest) -> str:
    return next(element.value for element in app.html if "lab-remarks" in element.value)


def figure(app: AppTest, name: str) -> dict:
    card = next(card for card in json.loads(wall(app))["cards"] if card["name"] == name)
    return json.loads(card["figure"])


def point(app: AppTest) -> tuple[float, float]:
    """Where the map shows the current gains."""
    present = next(trace for trace in figure(app, "stability")["data"] if trace["uid"] == "present")
    return present["x"][0], present["y"][0]


def run_events(**knobs):
    """A run with significance recorded."""
    seen = [
        made_up.batch(1, 0.1 * i, 6, 100, batch=i, expected_rate=0.06, set_point=0.06, significance_histogram=HISTOGRAM)
        for i in range(1, 21)
    ]
    return (made_up.started(**knobs), made_up.calibrated(), *seen, made_up.ended(1), made_up.finished())


def test_the_first_visit_says_that_the_gate_is_being_loaded_and_does_not_wait_for_it(runner, monkeypatch):
    monkeypatch.setattr(tester, "ready", lambda: False)
    app = opened()
    app.switch_page(LAB_PAGE).run()
    assert not app.exception
    assert wall(app).count(f'"empty": "{tester.LOADING}"') == len(LAB)
    assert 'data-state="preparing"' in strip(app)
    assert app.slider(key="lab_adapt_kp").value == 0.12, "the sliders are there at once"


def test_without_a_run_the_lab_draws_the_default_gate(runner):
    app = lab()
    cards = json.loads(wall(app))["cards"]
    assert [card["title"] for card in cards] == [figure.title for figure in LAB.values()]
    assert all(card["figure"] for card in cards)
    assert "Holds" in strip(app)
    assert point(app) == (0.12, 0.008)
    assert app.selectbox(key="lab_source").options == list(SOURCES[1:]), "nothing is recorded"
    assert app.selectbox(key="lab_disturbance").options == list(DISTURBANCES)
    assert "It does not miss" in said(app, "why")[0]


def test_every_slider_has_the_range_and_the_words_of_its_knob(runner):
    app = lab()
    for name in ("target_activation_rate", "gate_temperature", "energy_pressure", "adapt_kp", "adapt_ki"):
        slider = app.slider(key=KEYS[name])
        assert (slider.min, slider.max, slider.step) == (KNOBS[name].minimum, KNOBS[name].maximum, KNOBS[name].step)
        assert KNOBS[name].sentence in slider.help
    for name in (*controls.RESERVOIR, "candidate_batch"):
        assert KNOBS[name].sentence in app.select_slider(key=KEYS[name]).help
    for name in controls.RESERVOIR:
        options = [float(option.replace(",", "")) for option in app.select_slider(key=KEYS[name]).options]
        assert options == sorted(options)
        assert (options[0], options[-1]) == (KNOBS[name].minimum, KNOBS[name].maximum)


def test_the_lab_begins_with_what_the_train_page_has_chosen(runner):
    app = lab(target_activation_rate="0.1", adapt_kp="0.3", dormancy_regen=["2", "4.25"], candidate_batch="300")
    assert app.slider(key="lab_target_activation_rate").value == 0.1
    assert point(app) == (0.3, 0.008)
    assert app.select_slider(key="lab_dormancy_regen").value == (2.0, 4.25), "a value between those of the scale"
    assert app.select_slider(key="lab_candidate_batch").value == 300.0


def test_the_lab_begins_with_the_gate_of_the_run_that_trains_here(running):
    app = lab()
    assert app.slider(key="lab_target_activation_rate").value == running.config.target_activation_rate == 0.1
    assert app.slider(key="lab_gate_temperature").value == 0.2
    assert app.select_slider(key="lab_dormancy_regen").value == (1.0, 2.0)
    assert running.retuned == [], "looking changes nothing"


def test_a_choice_that_is_not_allowed_is_replaced_by_the_default(runner):
    app = opened()
    app.text_input(key="dormancy_regen").set_value("much").run()
    app = loaded(app.switch_page(LAB_PAGE).run())
    assert app.select_slider(key="lab_dormancy_regen").value == (1.0, 3.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_activation_rate", 0.12),
        ("gate_temperature", 0.4),
        ("energy_pressure", 0.9),
        ("adapt_kp", 0.5),
        ("adapt_ki", 0.1),
    ],
)
def test_a_moved_slider_puts_another_gate_to_the_test(runner, name, value):
    app = lab()
    before = wall(app)
    app.slider(key=KEYS[name]).set_value(value).run()
    assert not app.exception
    assert json.loads(wall(app))["version"] != json.loads(before)["version"]
    assert f'\\"{name}\\":{value}' in wall(app)
    app.run()
    assert app.slider(key=KEYS[name]).value == value


@pytest.mark.parametrize(
    ("name", "value", "changes"),
    [
        ("max_energy", 20.0, "reservoir"),
        ("processing_cost", 50.0, "reservoir"),
        ("dormancy_regen", (0.0, 1.0), "reservoir"),
        ("candidate_batch", 64.0, "significance"),
    ],
)
def test_a_moved_scale_redraws_its_figure(runner, name, value, changes):
    app = lab()
    before = figure(app, changes)
    app.select_slider(key=KEYS[name]).set_value(value).run()
    assert not app.exception
    assert figure(app, changes) != before


def test_the_recorded_run_is_the_first_choice_of_scores(runner):
    record(*run_events())
    app = lab()
    assert app.selectbox(key="lab_source").value == "recorded"
    bars = [trace["y"] for trace in figure(app, "significance")["data"] if trace["type"] == "bar"]
    shares = [active + dormant for active, dormant in zip(*bars, strict=True)]
    assert shares == pytest.approx([100 * count / sum(HISTOGRAM) for count in HISTOGRAM], abs=0.3)
    app.selectbox(key="lab_source").set_value("bimodal").run()
    bars = [trace["y"] for trace in figure(app, "significance")["data"] if trace["type"] == "bar"]
    assert max(active + dormant for active, dormant in zip(*bars, strict=True)) > 15


def test_the_latest_run_is_diagnosed_beside_the_simulation(runner):
    record(*run_events(target_activation_rate=0.3, adapt_kp=0.0, adapt_ki=0.0))
    (words,) = said(lab(), "why")
    here, _, there = words.partition("And in the latest run?")
    assert "Why does my rate miss?" in here
    assert "6.00 % held for a target of 30 %" in there


@pytest.mark.parametrize("disturbance", DISTURBANCES)
def test_each_disturbance_is_drawn(runner, disturbance):
    app = lab()
    app.selectbox(key="lab_disturbance").set_value(disturbance).run()
    changes = [shape["x0"] for shape in figure(app, "response")["layout"]["shapes"] if shape["name"] == "change"]
    assert changes == ([] if disturbance == "none" else [tester.BATCHES // 2 + 1])


def test_gains_beyond_the_boundary_miss_and_the_remedy_is_one_click(runner):
    app = lab()
    app.slider(key="lab_adapt_ki").set_value(0.2).run()
    assert "Misses" in strip(app)
    assert "unstable" in strip(app)
    assert "must stay below the proportional gain" in said(app, "why")[0]
    assert "<b>Integral gain:</b> It must stay below" in remarks(app), "what the Train page says beside its slider"
    app.button(key="lab_try").click().run()
    assert "Holds" in strip(app)
    assert app.slider(key="lab_adapt_ki").value < 0.02


def test_a_remedy_between_the_values_of_a_scale_is_held_exactly(runner):
    app = lab()
    app.slider(key="lab_target_activation_rate").set_value(0.3).run()
    assert "reservoir" in strip(app)
    (advised,) = re.findall(r"Try cost of activation ([\d.]+) u", said(app, "why")[0])
    app.button(key="lab_try").click().run()
    assert app.select_slider(key="lab_processing_cost").value == float(advised)
    assert "Holds" in strip(app)


def test_apply_gives_the_running_gate_only_what_differs(running):
    app = lab()
    assert app.button(key="lab_apply").disabled
    app.slider(key="lab_adapt_kp").set_value(0.3).run()
    app.select_slider(key="lab_max_energy").set_value(200.0).run()
    app.button(key="lab_apply").click().run()
    assert running.retuned == [{"adapt_kp": 0.3, "max_energy": 200.0}]
    assert app.button(key="lab_apply").disabled, "the running gate has them now"
    assert "has these knobs already" in app.button(key="lab_apply").help


@pytest.mark.parametrize(
    ("config", "says"),
    [(None, "Nothing trains here"), (Config(arm="dense"), "its arm is dense"), (Config(arm="random"), "its arm is random")],
)
def test_nothing_is_applied_where_there_is_no_gate_and_the_button_says_why(runner, config, says):
    if config is not None:
        record(*run_events()[:-1])
        runner.config, runner.active = config, made_up.started().run
    app = lab()
    app.slider(key="lab_adapt_kp").set_value(0.3).run()
    assert app.button(key="lab_apply").disabled
    assert says in app.button(key="lab_apply").help


def test_a_run_can_be_started_with_the_knobs_of_the_lab(runner, monkeypatch):
    def start(config):
        runner.started = runner.config = config  # as the real one: a run is going on at once
        record(made_up.started())
        runner.active = made_up.started().run
        return runner.active

    monkeypatch.setattr(runner, "start", start)
    app = lab(epochs="3", seed="7")
    app.slider(key="lab_target_activation_rate").set_value(0.12).run()
    app.select_slider(key="lab_dormancy_regen").set_value((2.0, 5.0)).run()
    app.select_slider(key="lab_candidate_batch").set_value(512.0).run()
    app.button(key="lab_start").click().run()
    assert not app.exception
    assert runner.started == Config(epochs=3, seed=7, target_activation_rate=0.12, dormancy_regen=(2, 5), candidate_batch=512)
    assert [link.label for link in app.get("page_link")][-1] == "Watch the run"
    app.switch_page("pages/train.py").run()
    assert app.slider(key="target_activation_rate").value == 0.12
    assert app.text_input(key="dormancy_regen").value == "2 to 5"


def test_a_start_that_is_refused_says_why(runner):
    runner.refusal = "the disk is full"
    app = lab()
    app.button(key="lab_start").click().run()
    assert not app.exception
    assert "the disk is full" in said(app, "refusal")[0]


def test_while_a_run_trains_here_none_is_started(running):
    app = lab()
    assert app.button(key="lab_start").disabled
    assert "apply the knobs to it, or stop it first" in app.button(key="lab_start").help


def test_the_lab_remembers_its_knobs_and_reset_takes_those_of_the_run(running):
    app = lab()
    app.slider(key="lab_adapt_kp").set_value(0.7).run()
    app.switch_page("pages/train.py").run()
    assert app.slider(key="adapt_kp").value == 0.12, "the Train page has its own"
    app.switch_page(LAB_PAGE).run()
    assert app.slider(key="lab_adapt_kp").value == 0.7
    app.button(key="lab_reset").click().run()
    assert app.slider(key="lab_adapt_kp").value == 0.12


def test_a_tick_that_was_under_way_does_not_undo_what_the_page_has_set(runner):
    app = lab()
    app.slider(key="lab_adapt_ki").set_value(0.2).run()
    app.button(key="lab_try").click().run()
    fixed = app.slider(key="lab_adapt_ki").value
    app.slider(key="lab_adapt_ki").set_value(0.2).run()  # what the browser showed before
    assert app.slider(key="lab_adapt_ki").value == fixed
    app.slider(key="lab_adapt_ki").set_value(0.2).run()  # the user, this time
    assert app.slider(key="lab_adapt_ki").value == 0.2


def test_the_same_question_is_answered_once(monkeypatch):
    monkeypatch.setattr(tester, "BATCHES", 10)
    answers = Answers()
    question = Question(GateConfig(), "uniform", "none", 16)
    first = answers.answer(question)
    assert answers.answer(Question(GateConfig(), "uniform", "none", 16)) is first
    assert answers.answer(Question(GateConfig(adapt_kp=0.3), "uniform", "none", 16)) is not first
    for seed in range(tester.KEPT):
        answers.answer(Question(GateConfig(max_energy=1.0 + seed), "uniform", "none", 16))
    assert answers.answer(question) is not first, "only the latest are kept"


def test_questions_that_differ_have_versions_that_differ():
    question = Question(GateConfig(), "recorded", "none", 64, ((1, 2),))
    others = [
        Question(GateConfig(adapt_kp=0.3), "recorded", "none", 64, ((1, 2),)),
        Question(GateConfig(), "uniform", "none", 64),
        Question(GateConfig(), "recorded", "target step", 64, ((1, 2),)),
        Question(GateConfig(), "recorded", "none", 65, ((1, 2),)),
        Question(GateConfig(), "recorded", "none", 64, ((1, 3),)),
    ]
    assert len({question.version, *(other.version for other in others)}) == 6


def test_a_damaged_store_is_explained(runner, tmp_path):
    (tmp_path / "sundew.db").write_bytes(b"no database " * 100)
    app = opened()
    app.switch_page(LAB_PAGE).run()
    assert not app.exception
    assert "sundew.db" in app.error[0].value


def test_figures_that_have_lost_their_place_get_one_again(monkeypatch):
    app = lab()
    draw, lost = lab_readouts.row, [True]

    def row(*what):
        if lost:
            lost.clear()
            raise StreamlitInvalidLayoutContextError("no place")
        draw(*what)

    monkeypatch.setattr(lab_readouts, "row", row)
    app.run()
    assert not lost
    assert not app.exception
    assert "Holds" in strip(app)

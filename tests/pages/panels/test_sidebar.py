"""What the user does with the controls: it steers the running gate, sets up the next run, and stands in the link."""

import pytest

from pages.panels.knobs import form, link
from sundew_core.config import KNOBS, PRESETS, Config
from sundew_core.events.commands import Pause, Resume, Step, Stop
from sundew_core.events.run import Paused
from sundew_core.jobs.sweeps import SweepProgress, SweepRunner
from sundew_core.records.runs import RunStore
from tests.support.acting import opened, said

LIVE = [name for name, knob in KNOBS.items() if knob.live]
PRESET_KEYS = {name: f"preset_{name.replace(' ', '_')}" for name in PRESETS}


@pytest.mark.parametrize(
    ("key", "paused", "command"),
    [
        ("stop", False, Stop()),
        ("pause", False, Pause()),
        ("pause", True, Resume()),
        ("step_batch", True, Step("batch")),
        ("step_epoch", True, Step("epoch")),
    ],
)
def test_a_button_sends_its_command_once(running, key, paused, command):
    if paused:
        RunStore().append(running.active, Paused(batch=5, progress=1.0))
    app = opened()
    app.button(key=key).click().run()
    app.run()
    assert not app.exception
    assert running.sent == [command]


def test_a_slider_acts_on_the_running_gate_and_a_rerun_does_not(running):
    app = opened()
    app.run()
    assert running.retuned == []
    app.slider(key="target_activation_rate").set_value(0.12).run()
    app.run()
    assert running.retuned == [{"target_activation_rate": 0.12}]
    assert app.slider(key="target_activation_rate").value == 0.12
    app.number_input(key="processing_cost").set_value(5.0).run()
    app.text_input(key="dormancy_regen").set_value("2, 4").run()
    assert running.retuned[1:] == [{"processing_cost": 5.0}, {"dormancy_regen": (2.0, 4.0)}]
    assert app.text_input(key="dormancy_regen").value == "2 to 4"
    assert not app.exception


def test_the_runs_that_a_sweep_still_has_to_train_are_told_beside_the_buttons(running, monkeypatch):
    monkeypatch.setattr(SweepRunner, "progress", SweepProgress(tag="sweep 1", runs=4, begun=1, going_on=True))
    assert "A sweep continues after this run, 3 to come" in "".join(said(opened(), "remark"))


def test_without_a_run_nothing_is_steered(runner):
    app = opened()
    app.slider(key="target_activation_rate").set_value(0.12).run()
    app.button(key="reset").click().run()
    assert runner.retuned == []


def test_while_a_run_is_going_on_every_widget_shows_its_configuration(running):
    app = opened(target_activation_rate="0.5", seed="7")
    shown = form.state_of(running.config.model_dump())
    assert {key: app.session_state[key] for key in shown} == shown
    assert "A run is under way" in said(app, "notices")[0]
    assert app.query_params == {
        "target_activation_rate": "0.1", "gate_temperature": "0.2", "batch_size": "64", "dormancy_regen": "1 to 2",
    }  # fmt: skip


def test_what_another_tab_changes_is_shown_here_and_not_asked_for_again(running):
    app = opened()
    running.config = running.config.changed(target_activation_rate=0.03, dormancy_regen=(0, 9))
    app.run()
    assert app.slider(key="target_activation_rate").value == 0.03
    assert app.text_input(key="dormancy_regen").value == "0 to 9"
    assert app.query_params["target_activation_rate"] == "0.03"
    assert running.retuned == []


def test_a_tick_that_was_under_way_when_another_tab_steered_does_not_steer_back(running):
    app = opened()
    running.config = running.config.changed(target_activation_rate=0.03)
    app.run()
    app.slider(key="target_activation_rate").set_value(0.1).run()  # what this tab showed before
    assert running.retuned == []
    assert app.slider(key="target_activation_rate").value == 0.03
    app.slider(key="target_activation_rate").set_value(0.2).run()
    assert running.retuned == [{"target_activation_rate": 0.2}]


def test_nor_does_it_bring_the_old_value_back_where_the_run_ends_with_it(running):
    app = opened()
    running.config = running.config.changed(target_activation_rate=0.03)
    app.run()
    running.config = running.active = None  # stopped by the very tick that brings what this tab showed before
    app.slider(key="target_activation_rate").set_value(0.1).run()
    assert app.slider(key="target_activation_rate").value == 0.03
    assert app.query_params["target_activation_rate"] == "0.03"


def test_a_live_knob_that_is_refused_says_so_and_goes_back(running):
    app = opened()
    app.text_input(key="dormancy_regen").set_value("9 to 1").run()
    assert not app.exception
    assert "the lowest refill first" in said(app, "refusal")[0]
    assert app.text_input(key="dormancy_regen").value == "1 to 2"
    assert running.retuned == []


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_one_click(runner, name):
    app = opened(seed="3")
    app.button(key=PRESET_KEYS[name]).click().run()
    assert app.button(key=PRESET_KEYS[name]).proto.type == "primary"
    app.button(key="start").click().run()
    assert runner.started == Config(seed=3, **PRESETS[name])


def test_during_a_run_target_presets_retune_and_epochs_presets_rest(running):
    app = opened()
    assert [name for name in PRESETS if app.button(key=PRESET_KEYS[name]).disabled] == ["just test", "full training"]
    app.button(key=PRESET_KEYS["maximum speed"]).click().run()
    assert running.retuned == [{"target_activation_rate": 0.03}]
    assert app.slider(key="target_activation_rate").value == 0.03


def test_reset_gives_every_knob_its_default_and_keeps_what_is_learned(runner):
    app = opened(dataset="shapes", model="vit-nano", arm="random", target_activation_rate="0.4", lr="0.01", compile="true")
    app.button(key="reset").click().run()
    assert app.query_params == {"dataset": "shapes", "model": "vit-nano"}
    app.button(key="start").click().run()
    assert runner.started == Config(dataset="shapes", model="vit-nano")


def test_reset_during_a_run_retunes_the_live_knobs(running):
    app = opened()
    app.button(key="reset").click().run()
    assert running.retuned == [{name: KNOBS[name].default for name in LIVE}]
    assert running.config.batch_size == 64


@pytest.mark.parametrize(
    ("query", "expected", "notice"),
    [
        ({"target_activation_rate": "7"}, {"target_activation_rate": 1.0}, "the highest allowed value 1 is used"),
        ({"target_activation_rate": "-1"}, {"target_activation_rate": 0.001}, "the lowest allowed value 0.001 is used"),
        ({"epochs": "1e9", "adapt_kp": "99"}, {"epochs": 10_000, "adapt_kp": 2.0}, "the highest allowed value 10000"),
        ({"gate_temperature": "nan", "adapt_ki": "-inf"}, {}, "The default 0.15 is used"),
        ({"dataset": "<script>alert(1)</script>", "model": "__class__"}, {}, "&lt;script&gt;alert(1)"),
        ({"energy_pressure": "0.5.5", "epochs": "ten"}, {}, "The default 10 is used"),
        ({"arm": "", "gate_temperature": "%00"}, {}, "The default sundew is used"),
        ({"<img src=x>": "1"}, {}, "&lt;img src=x&gt;"),
        ({"epochs": ["3", "4"]}, {"epochs": 4}, "gives epochs 2 times"),
        ({"device": "x" * 10_000}, {}, "longer than 1,000 characters"),
        ({"warmup_epochs": "20"}, {}, "do not fit into epochs=10"),
    ],
)
def test_a_hostile_or_stale_link_is_put_right_and_explained_once(runner, query, expected, notice):
    app = opened(**query)
    assert not app.exception
    (notices,) = said(app, "notices")
    assert notice in notices
    assert len(notices) < 1_000
    assert "<script" not in notices
    assert "<img" not in notices
    app.button(key="dismiss").click().run()
    assert said(app, "notices") == []
    app.button(key="start").click().run()
    assert runner.started == Config(**expected)
    assert set(app.query_params) == set(expected)


def test_a_link_carries_every_knob(runner):
    other = Config(
        target_activation_rate=0.1, gate_temperature=0.2, energy_pressure=0.1, adapt_kp=0.5, adapt_ki=0.02,
        activation_threshold=0.4, max_energy=50, processing_cost=5, dormancy_regen=(2, 2.5), dataset="folder:/some/images",
        model="torchvision:resnet34",
        arm="random", scorer="fresh", normalisation="relative", loss_weight=0.5, contrast_weight=0.5, memory_refresh=3,
        candidate_batch=128, batch_size=64, lr=0.001, weight_decay=0.05, epochs=30, warmup_epochs=20, anneal_epochs=2, seed=5,
        device="cpu", compile=True, digits_repeats=2, shapes_samples=1000, shapes_redundancy=0.1, shapes_label_noise=0.2,
        shapes_imbalance=3, image_size=64, train_samples=500, memory_growth=1.5,
    )  # fmt: skip
    assert all(getattr(other, name) != knob.default for name, knob in KNOBS.items())
    app = opened(**link.write_link(other.model_dump()))
    assert not app.exception
    assert said(app, "notices") == []
    assert set(app.query_params) == form.KEYS
    app.button(key="start").click().run()
    assert runner.started == other


def test_the_default_set_up_does_not_clutter_the_link(runner):
    assert opened().query_params == {}
    assert opened(epochs="10", lr="auto", compile="false").query_params == {}


def test_presenting_is_no_knob_and_stays_in_the_link(runner):
    app = opened(present="true", epochs="99999")
    assert app.query_params == {"present": "true", "epochs": "10000"}
    assert "present" not in said(app, "notices")[0]


def test_start_hands_over_what_the_widgets_show(runner):
    app = opened()
    app.selectbox(key="model").select("vit-nano")
    app.number_input(key="epochs").set_value(2)
    app.slider(key="gate_temperature").set_value(0.3)
    app.slider(key="adapt_ki").set_value(0.02)
    app.text_input(key="lr").set_value("0.002")
    app.toggle(key="compile").set_value(True)
    app.button(key="start").click().run()
    assert runner.started == Config(model="vit-nano", epochs=2, gate_temperature=0.3, adapt_ki=0.02, lr=0.002, compile=True)


def test_every_knob_has_a_widget_made_of_its_declaration(runner):
    app = opened()
    for name, knob in KNOBS.items():
        element = app.get_by_key(name)
        assert knob.sentence in element.help
        assert knob.formula in element.help
        assert knob.look_for in element.help
    for slider in app.slider:
        knob = KNOBS[slider.key]
        assert knob.formula
        assert knob.look_for
        assert (slider.min, slider.max, slider.value) == (knob.minimum, knob.maximum, knob.default)


def test_knobs_that_are_rarely_touched_are_drawn_when_somebody_looks_or_one_of_them_is_set(runner):
    def drawn(app):
        return {knob.key for knob in app.number_input} & {"batch_size", "max_energy"}

    app = opened(all_knobs=False)
    assert not drawn(app)
    app.button(key="start").click().run()
    assert runner.started == Config()
    app.session_state["all_knobs"] = True
    assert drawn(app.run()) == {"batch_size", "max_energy"}
    app.session_state["all_knobs"] = False
    assert drawn(app.run()) == {"batch_size", "max_energy"}, "what was chosen in them is kept"

    linked = opened(all_knobs=False, batch_size="64")
    assert linked.number_input(key="batch_size").value == 64
    assert drawn(linked) == {"batch_size", "max_energy"}


def test_advice_stands_beside_the_knob(runner):
    app = opened()
    assert said(app, "remark") == []
    app.slider(key="target_activation_rate").set_value(0.3).run()
    assert "The reservoir sustains 16.7 %" in said(app, "remark")[0]
    app.number_input(key="processing_cost").set_value(1.0).run()
    assert said(app, "remark") == []
    assert said(opened(arm="random", target_activation_rate="0.3"), "remark") == [], "there is no reservoir"


def test_text_that_is_no_value_is_told_at_once_and_cannot_be_started(runner):
    app = opened()
    app.text_input(key="lr").set_value("fast").run()
    assert "give auto or above 0 to 10" in said(app, "remark")[0]
    app.button(key="start").click().run()
    assert "give auto or above 0 to 10" in said(app, "refusal")[0]
    assert runner.started is None
    app.text_input(key="lr").set_value("").run()
    app.button(key="start").click().run()
    assert runner.started == Config()
    assert said(app, "refusal") == []


def test_an_image_folder_needs_a_path(runner):
    app = opened()
    app.selectbox(key="dataset").select("folder").run()
    app.button(key="start").click().run()
    assert "has no path" in said(app, "refusal")[0]
    assert runner.started is None
    app.text_input(key="folder").set_value(" /some/images ")
    app.button(key="start").click().run()
    assert runner.started == Config(dataset="folder:/some/images")


def test_a_refusal_is_shown_in_words_and_stays(runner):
    runner.refusal = "run <x> is still training: stop it first"
    app = opened()
    app.button(key="start").click().run()
    app.run()
    assert not app.exception
    assert "run &lt;x&gt; is still training: stop it first" in said(app, "refusal")[0]


@pytest.mark.parametrize(
    ("arm", "tunable"),
    [
        ("dense", []), ("per-sample", []), ("infobatch", []), ("random", LIVE[:1]), ("selective-backprop", LIVE[:1]),
        ("sundew", LIVE),
    ],
)  # fmt: skip
def test_only_what_has_an_effect_in_an_arm_can_be_tuned(runner, arm, tunable):
    app = opened(arm=arm)
    assert [name for name in LIVE if not app.get_by_key(name).disabled] == tunable

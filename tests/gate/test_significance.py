"""Significance: the two normalisations and the three scorers."""

import math

import pytest
import torch

from sundew_core.config import Config
from sundew_core.gate.significance import ForwardScorer, MemoryScorer, rank, relative, significance

INF = math.inf


def test_ranks_are_percentiles_with_the_largest_at_one():
    assert rank(torch.tensor([0.3, 9.0, -1.0, 0.5])).tolist() == [0.5, 1.0, 0.25, 0.75]


def test_samples_never_seen_rank_above_all_others():
    ranks = rank(torch.tensor([5.0, INF, 7.0, INF]))
    assert ranks[[1, 3]].min() > ranks[[0, 2]].max()


@pytest.mark.parametrize("values", [torch.zeros(8), torch.tensor([INF] * 8), torch.arange(8.0), torch.tensor([INF, 1.0] * 4)])
def test_ranks_are_the_same_numbers_whatever_the_values(values):
    assert sorted(rank(values).tolist()) == [i / 8 for i in range(1, 9)]


def test_relative_is_the_published_form():
    assert relative(torch.tensor([0.0, 1.0, 2.0, 5.0])).tolist() == [0.0, 0.25, 0.5, 1.0]  # mean 2, cut at 4


def test_relative_leaves_unseen_samples_out_of_the_mean():
    assert relative(torch.tensor([1.0, 3.0, INF])).tolist() == [0.25, 0.75, 1.0]
    assert relative(torch.tensor([INF, INF])).tolist() == [1.0, 1.0]
    assert relative(torch.zeros(3)).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("normalisation", ["rank", "relative"])
def test_significance_is_the_weighted_mean_of_its_parts(normalisation):
    losses, contrasts = torch.tensor([0.1, 2.0, 0.7, INF]), torch.tensor([0.5, 0.1, 0.2, 0.3])
    part = {"rank": rank, "relative": relative}[normalisation]
    config = Config(normalisation=normalisation, loss_weight=0.6, contrast_weight=0.2)
    expected = 0.75 * part(losses) + 0.25 * part(contrasts)
    scores = significance(losses, contrasts, config)
    assert scores.tolist() == pytest.approx(expected.tolist())
    assert 0 <= scores.min() <= scores.max() <= 1


def test_memory_returns_the_losses_it_learned_and_infinity_before():
    scorer = MemoryScorer(5, torch.device("cpu"))
    scorer.learn(torch.tensor([3, 1]), torch.tensor([0.25, 4.0]))
    assert scorer.losses(torch.tensor([0, 1, 3])).tolist() == [INF, 4.0, 0.25]


def test_refresh_scores_every_sample_once_in_as_many_turns_as_there_are_slices():
    asked = []

    def forward(samples):
        asked.append(samples.tolist())
        return samples.float()

    scorer = MemoryScorer(10, torch.device("cpu"), refresh=3, forward=forward)
    candidates = torch.arange(10)
    assert scorer.losses(candidates)[:4].tolist() == [0.0, INF, INF, 3.0]
    scorer.losses(candidates)
    assert scorer.losses(candidates).tolist() == [float(i) for i in range(10)]
    assert asked == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]


def test_a_loss_grows_with_the_looks_since_it_was_taken():
    scorer = MemoryScorer(4, torch.device("cpu"), growth=2.0)
    candidates = torch.arange(4)
    scorer.learn(candidates[:3], torch.tensor([0.95, 0.0, 0.2]))
    assert scorer.losses(candidates).tolist() == pytest.approx([1.0, 0.05, 0.25, INF])
    scorer.learn(torch.tensor([2]), torch.tensor([0.2]))
    assert scorer.losses(candidates).tolist() == pytest.approx([4.0, 0.2, 0.25, INF])
    assert scorer.memory.tolist() == pytest.approx([0.95, 0.0, 0.2, INF])


def test_growth_brings_easy_samples_back_at_longer_intervals_than_hard_ones():
    """Only the highest score trains at each look, and losses stay: then shares go as the square roots of the losses."""
    losses = torch.tensor([0.95, 0.2, 0.05, 0.0])
    scorer = MemoryScorer(4, torch.device("cpu"), growth=2.0)
    visits = torch.zeros(4)
    scorer.learn(torch.arange(4), losses)
    for _ in range(400):
        chosen = scorer.losses(torch.arange(4)).argmax().reshape(1)
        visits[chosen] += 1
        scorer.learn(chosen, losses[chosen])
    roots = (losses + 0.05).sqrt()
    # An interval is a whole number of looks, so the shortest ones are a little off.
    assert (visits / 400).tolist() == pytest.approx((roots / roots.sum()).tolist(), abs=0.06)


def test_a_forward_scorer_computes_anew_each_time():
    scorer = ForwardScorer(lambda samples: samples * 2.0)
    scorer.learn(torch.tensor([1]), torch.tensor([99.0]))
    assert scorer.losses(torch.tensor([1, 2])).tolist() == [2.0, 4.0]

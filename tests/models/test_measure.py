import torch

from signkit.models.measure import Bench, measure, measure_shipped
from signkit.models.recognizer import Recognizer
from signkit.recipe import load_recipe, shipped_recipes
from signkit.skeletons import SKELETONS
from signkit.vocabulary import Vocabulary

QUICK = Bench(n_frames=16, n_glosses=10, n_runs=1)


def test_parameters_are_those_of_the_recognizer_that_training_builds():
    recipe = load_recipe("continuous")
    vocabulary = Vocabulary(tuple("ABCDEFGHIJ"), has_blank=True)
    built = Recognizer(recipe, SKELETONS["mediapipe-75"], vocabulary, fps=25.0)
    assert measure(recipe, QUICK).n_parameters == built.n_parameters


def test_a_longer_clip_takes_longer():
    recipe = load_recipe("lstm")
    short, long = (
        measure(recipe, Bench(n_frames=n, n_glosses=10, n_runs=3)).latency_ms for n in (8, 512)
    )
    assert long > 2 * short > 0


def test_measuring_leaves_threads_and_random_numbers_as_they_were():
    threads = torch.get_num_threads()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    measure(load_recipe("lstm"), QUICK)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), before)


def test_every_shipped_recipe_is_measured():
    costs = measure_shipped(QUICK)
    assert [(recipe.name, recipe.description) for recipe, _ in costs] == shipped_recipes()
    assert all(cost.n_parameters > 10_000 and cost.latency_ms > 0 for _, cost in costs)

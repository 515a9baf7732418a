"""Golden ensemble: the sum by hand, to the ends of the range, and of its networks."""

import numpy as np
import pytest
from ensembles import small_ensemble
from raw_designs import raw_clip

from hypgcn.golden.ensemble import ensemble_scores, run_ensemble
from hypgcn.golden.network import run


def test_by_hand():
    ensemble = small_ensemble()
    logits = [np.array([1000, -5, 0]), np.array([-400, 77777, 1])]
    for index in range(3):
        exact = sum(mult * int(part[index]) for mult, part in zip(ensemble.mults, logits))
        expected = (exact + 2 ** (ensemble.shift - 1)) // 2 ** ensemble.shift
        assert ensemble_scores(ensemble, logits)[index] == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_logits_fit(sign):
    ensemble = small_ensemble()
    logits = [np.array([sign * (1 << design.logit_width - 1) - (sign > 0)]) for design in ensemble.designs]
    score = int(ensemble_scores(ensemble, logits)[0])
    assert -(2 ** (ensemble.score_width - 1)) <= score < 2 ** (ensemble.score_width - 1)


def test_of_its_networks():
    ensemble = small_ensemble()
    clip = raw_clip(ensemble.designs[0], 1)
    found = run_ensemble(ensemble, clip)
    logits = [run(design, clip)["logits"] for design in ensemble.designs]
    np.testing.assert_array_equal(found["logits"], ensemble_scores(ensemble, logits))
    assert [part["logits"].tolist() for part in found["streams"]] == [part.tolist() for part in logits]
    assert found["overflow"] == any(part["overflow"] for part in found["streams"])
    real = sum(float(weight) * design.logit_scale * part
               for weight, design, part in zip(ensemble.weights, ensemble.designs, logits))
    np.testing.assert_allclose(found["logits"] * ensemble.score_scale, real, rtol=1e-4, atol=ensemble.score_scale)

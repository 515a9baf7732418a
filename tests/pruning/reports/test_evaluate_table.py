"""The table of ``hypgcn evaluate`` has the figures of its report."""

from hypgcn_pruning.reports.evaluate_table import report_lines

REPORT = {"clips": 16, "clips_with_overflow": 0, "accuracy": {"float": 0.9375, "pruned": 0.875, "int8": 0.8125},
          "class_accuracy": {"float": 0.9, "pruned": 0.8, "int8": 0.7}, "top5": {"float": 1.0, "pruned": None,
                                                                                 "int8": 0.99},
          "noise_db": {"x1": 27.0, "blocks.0.z": 25.64}, "agreement_pruned_int8": 0.9375}


def test_a_row_for_each_network_then_where_int8_differs():
    assert report_lines(REPORT) == [
        "16 held-out clips",
        "network      top-1  mean of the classes     top-5",
        "float      93.75 %              90.00 %  100.00 %",
        "pruned     87.50 %              80.00 %         -",
        "int8       81.25 %              70.00 %   99.00 %",
        "pruned and int8 agree on 93.75 % of the clips",
        "signal over the noise of int8, dB: x1 27.0, blocks.0.z 25.6"]


def test_what_was_not_measured_is_left_out():
    alone = {name: REPORT[name] for name in ("clips", "accuracy", "class_accuracy", "top5")}
    assert len(report_lines(alone)) == 5
    assert report_lines({**alone, "clips_of": 464})[0] == "16 of 464 held-out clips"
    assert "2 clips overflow a store, and lose values" in report_lines({**alone, "clips_with_overflow": 2})

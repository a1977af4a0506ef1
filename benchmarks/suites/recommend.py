"""What comes next in public logs: shops, and films."""

from functools import partial

from benchmarks.suites.official import Set, benchmarks

_Set = partial(Set, "recommend", "recommend")
# Every event behind the first of a session counts, those of unknown items as misses.
_LINES = {"sequences": True, "item_support": 1}  # rare items are out of these files already

SETS = (
    _Set(
        "yoochoose1_64",
        {"recall@20_of_all": 0.725, "mrr@20_of_all": 0.312},
        ("train.txt.gz", "test.txt.gz"),
        _LINES,
        published={
            "recall@20_of_all": {"NARM (Li et al. 2017)": 0.683, "GRU4Rec in its table": 0.606},
            "mrr@20_of_all": {"NARM (Li et al. 2017)": 0.286},
        },
    ),
    _Set(
        "diginetica",
        {"recall@20_of_all": 0.525, "mrr@20_of_all": 0.186},
        ("train.txt.gz", "test.txt.gz"),
        _LINES,
        published={
            "recall@20_of_all": {"SR-GNN (Wu et al. 2019)": 0.507},
            "mrr@20_of_all": {"SR-GNN (Wu et al. 2019)": 0.176},
        },
    ),
    _Set(
        "retailrocket",
        {"recall@20_of_all": 0.585, "mrr@20_of_all": 0.30},
        ("train.txt.gz", "test.txt.gz"),
        {**_LINES, "scored_from": 3},
    ),
    _Set(
        "ml-1m",
        {"recall@10": 0.27, "ndcg@10": 0.15},
        ("sequences.txt.gz",),
        {**_LINES, "leave_one_out": True, "k": 10},
    ),
    _Set(
        "yoochoose_100k_raw",
        {"recall@20_of_all": None, "mrr@20_of_all": None},
        ("yoochoose-clicks-100k_train_full.txt.gz", "yoochoose-clicks-100k_test.txt.gz"),
        {"session": "SessionId", "item": "ItemId", "time": "Time", "dates": "unix"},
    ),
)

BENCHMARKS = benchmarks(SETS)

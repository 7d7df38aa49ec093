"""Writes figures.json beside this file: python make.py FOLDER, with scikit-learn, pandas and pyarrow installed.

FOLDER holds the transactions of the fraud detection handbook as Parquet. Card precision follows the definition in chapter 4 of the
handbook; rows that tie are shuffled SHUFFLES times.
"""
import glob
import json
import pathlib
import sys

import numpy
import pandas
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score

SHUFFLES = 400
random = numpy.random.default_rng(7)


def figures(scores, frauds):
    return {"auc": roc_auc_score(frauds, scores), "average_precision": average_precision_score(frauds, scores)}


def small_cases():
    for rows, levels, share in [(20, 3, 0.5), (60, 1, 0.2), (300, 12, 0.1), (300, 1000, 0.3), (40, 5, 0.03)]:
        frauds = random.random(rows) < share
        frauds[0] = True
        frauds[1] = False
        scores = random.integers(-2, levels, rows) + frauds * random.integers(0, 4, rows)
        yield {"scores": scores.tolist(), "frauds": frauds.tolist(), **figures(scores, frauds)}


def judged(rows):
    days = rows.tx_datetime.dt.normalize()
    first, last = pandas.Timestamp("2018-08-08"), pandas.Timestamp("2018-08-14")
    known_from = first - pandas.Timedelta(days=14)
    kept = []
    for day in pandas.date_range(first, last):
        until = day - pandas.Timedelta(days=8)
        known = set(rows[rows.fraud & (days >= known_from) & (days <= until)].customer_id)
        today = rows[days == day]
        kept.append(today[~today.customer_id.isin(known)].assign(day=day))
    return pandas.concat(kept)


def card_precision(rows, k):
    caught, precisions = set(), []
    for _, today in rows.groupby("day"):
        cards = today[~today.customer_id.isin(caught)].groupby("customer_id")[["points", "fraud"]].max()
        cards = cards.sample(frac=1, random_state=random).sort_values("points", ascending=False, kind="stable").head(k)
        hits = set(cards[cards.fraud].index)
        precisions.append(len(hits) / k)
        caught |= hits
    return sum(precisions) / len(precisions)


def test_week(folder):
    rows = pandas.concat(pandas.read_parquet(path) for path in sorted(glob.glob(folder + "/*.parquet")))
    rows = judged(rows[rows.tx_datetime >= "2018-07-25"].assign(amount=lambda frame: frame.amount.astype(float)))
    rows["points"] = numpy.select([rows.amount > 220, rows.amount > 100, rows.amount > 50], [10, 4, 1], 0)
    draws = numpy.array([card_precision(rows, 100) for _ in range(SHUFFLES)])
    card = {"cp_at_100": draws.mean(), "cp_at_100_standard_error": draws.std(ddof=1) / SHUFFLES**0.5}
    return {"transactions": len(rows), "frauds": int(rows.fraud.sum()), **figures(rows.points, rows.fraud), **card}


result = {"source": f"scikit-learn {sklearn.__version__}", "cases": list(small_cases()), "test_week": test_week(sys.argv[1])}
pathlib.Path(__file__).with_name("figures.json").write_text(json.dumps(result) + "\n")

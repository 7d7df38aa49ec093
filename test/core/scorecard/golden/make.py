"""Writes weights.json beside this file: python make.py, with scikit-learn installed.

A small table of rows by the groups that they fall into, and the weights that scikit-learn's ridge logistic regression gives them. Its penalty is half the
sum of squares at C = 1, so C = 1 / ridge.
"""
import json
import pathlib

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

RIDGE = 2
SIZES = [3, 2, 4]
random = numpy.random.default_rng(11)


def table():
    truth = [random.normal(0, 1.5, size) for size in SIZES]
    for a in range(SIZES[0]):
        for b in range(SIZES[1]):
            for c in range(SIZES[2]):
                rows = int(random.integers(20, 4_000))
                share = 1 / (1 + numpy.exp(3 - truth[0][a] - truth[1][b] - truth[2][c]))
                # One bin is nothing but fraud: the ridge alone holds it.
                frauds = rows if c == 3 else int(random.binomial(rows, share))
                yield {"groups": [a, SIZES[0] + b, SIZES[0] + SIZES[1] + c], "rows": rows, "frauds": frauds}


rows = list(table())
hot = numpy.zeros((len(rows), sum(SIZES)))
for i, row in enumerate(rows):
    hot[i, row["groups"]] = 1
frauds = numpy.array([row["frauds"] for row in rows])
legit = numpy.array([row["rows"] for row in rows]) - frauds
model = LogisticRegression(C=1 / RIDGE, solver="newton-cholesky", tol=1e-12, max_iter=1_000)
model.fit(numpy.vstack([hot, hot]), numpy.repeat([1, 0], len(rows)), sample_weight=numpy.concatenate([frauds, legit]))
result = {"source": f"scikit-learn {sklearn.__version__}", "ridge": RIDGE, "rows": rows}
result |= {"intercept": model.intercept_[0], "weights": model.coef_[0].tolist()}
pathlib.Path(__file__).with_name("weights.json").write_text(json.dumps(result) + "\n")

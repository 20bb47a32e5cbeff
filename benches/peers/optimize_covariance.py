"""The sample covariance of 1,249 daily returns of 20 stocks."""

from _timing import columns, package, tell

CASE = "optimize/sample-covariance-1249x20"


def answer(matrix):
    return [float(matrix[0][0]), float(matrix[3][7]), float(matrix.sum())]


numpy = package(f"{CASE}/numpy", "numpy")
if numpy:
    returns = numpy.array(list(columns("returns").values())).T.copy()
    tell(f"{CASE}/numpy", numpy.__version__, lambda: numpy.cov(returns, rowvar=False), answer)

pandas = package(f"{CASE}/pandas", "pandas")
if pandas:
    frame = pandas.DataFrame(columns("returns"))
    tell(f"{CASE}/pandas", pandas.__version__, frame.cov, lambda got: answer(got.to_numpy()))

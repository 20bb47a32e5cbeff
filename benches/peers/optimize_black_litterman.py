"""Posterior mean and covariance of 100 assets and 10 views."""

from _timing import columns, package, tell

CASE = "optimize/black-litterman-mean-covariance-n100"


def matrix(numpy, name):
    return numpy.array(list(columns(name).values())).T


numpy = package(f"{CASE}/numpy", "numpy")
linalg = numpy and package(f"{CASE}/scipy", "scipy.linalg")
if linalg:
    import scipy

    sigma = matrix(numpy, "black-litterman-sigma")
    picking = matrix(numpy, "black-litterman-picking").T
    prior = numpy.array(columns("black-litterman-prior")["mean"])
    views = numpy.array(columns("black-litterman-views")["return"])
    tau = columns("black-litterman-tau")["tau"][0]

    def woodbury():
        spread = tau * (sigma @ picking.T)
        inner = picking @ spread
        inner[numpy.diag_indices(len(views))] *= 2.0  # omega is its diagonal
        factor = linalg.cho_factor(inner, lower=True)
        mean = prior + spread @ linalg.cho_solve(factor, views - picking @ prior)
        half = linalg.solve_triangular(factor[0], spread.T, lower=True)
        return mean, (1.0 + tau) * sigma - half.T @ half

    tell(f"{CASE}/scipy-lapack", scipy.__version__, woodbury, lambda got: got[0].tolist())

    pypfopt = package(f"{CASE}/pyportfolioopt", "pypfopt")
    if pypfopt:

        def theirs():
            model = pypfopt.BlackLittermanModel(
                sigma, pi=prior.reshape(-1, 1), Q=views.reshape(-1, 1), P=picking, tau=tau
            )
            return model.bl_returns(), model.bl_cov()

        tell(f"{CASE}/pyportfolioopt", pypfopt.__version__, theirs, lambda got: got[0].tolist())

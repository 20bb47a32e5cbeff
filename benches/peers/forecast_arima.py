"""ARIMA(1, 1, 1) on log prices of 15 stocks, in turn: log-likelihoods."""

import warnings

from _timing import columns, package, tell

warnings.simplefilter("ignore")
CASE = "forecast/arima-111-15-stocks"
LIKELIHOOD = {"tolerance": 1e-5, "reason": "searches end at different points of a flat top"}

numpy = package(f"{CASE}/statsmodels", "numpy")
statsmodels = numpy and package(f"{CASE}/statsmodels", "statsmodels.tsa.arima.model")
if statsmodels:
    import statsmodels as installed

    series = [numpy.array(column) for column in columns("log-prices").values()]

    def fit():
        return [statsmodels.ARIMA(one, order=(1, 1, 1)).fit().llf for one in series]

    tell(f"{CASE}/statsmodels", installed.__version__, fit, list, **LIKELIHOOD)

numba_made = numpy and package(f"{CASE}/statsforecast", "statsforecast.arima")
if numba_made:
    import statsforecast as installed

    series = [numpy.array(column) for column in columns("log-prices").values()]

    def fit_made():
        fitted = [
            numba_made.arima(one, order=(1, 1, 1), include_mean=False, method="CSS-ML")
            for one in series
        ]
        return [one["loglik"] for one in fitted]

    tell(f"{CASE}/statsforecast", installed.__version__, fit_made, lambda got: [float(x) for x in got], **LIKELIHOOD)

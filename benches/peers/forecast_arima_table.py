"""ARIMA fits and 21 forecasts with intervals: sums of log-likelihoods, of AICc where orders are chosen."""

import warnings

from _timing import columns, package, tell

warnings.simplefilter("ignore")
STEPS = 21


def series(name):
    return [numpy.array(column) for column in columns(name).values()]


numpy = package("forecast/arima-212-20-stocks/statsmodels", "numpy")
statsmodels = numpy and package("forecast/arima-212-20-stocks/statsmodels", "statsmodels.tsa.arima.model")
if statsmodels:
    import statsmodels as installed

    def fits(name, order, seasonal=(0, 0, 0, 0)):
        total = 0.0
        for one in data[name]:
            fitted = statsmodels.ARIMA(one, order=order, seasonal_order=seasonal).fit()
            fitted.get_forecast(STEPS).conf_int()
            total += fitted.llf
        return total

    data = {name: series(name) for name in ["log-prices-20", "log-air-passengers"]}
    for case, call in {
        "arima-111-20-stocks": lambda: fits("log-prices-20", (1, 1, 1)),
        "arima-212-20-stocks": lambda: fits("log-prices-20", (2, 1, 2)),
        "airline-air-passengers": lambda: fits("log-air-passengers", (0, 1, 1), (0, 1, 1, 12)),
    }.items():
        tell(f"forecast/{case}/statsmodels", installed.__version__, call, lambda got: [float(got)], better="higher")

made = numpy and package("forecast/arima-212-20-stocks/statsforecast", "statsforecast.arima")
if made:
    import statsforecast as installed

    def fits_made(name, order, season=1, seasonal=(0, 0, 0)):
        total = 0.0
        for one in data_made[name]:
            seasons = {"order": seasonal, "period": season}
            fitted = made.arima(one, order=order, seasonal=seasons, include_mean=False, method="CSS-ML")
            made.predict_arima(fitted, STEPS)
            total += fitted["loglik"]
        return total

    def chosen(name, season):
        total = 0.0
        for one in data_made[name]:
            fitted = made.auto_arima_f(one, period=season, approximation=False)
            try:
                made.predict_arima(fitted, STEPS)
            except ValueError:
                # A random walk without a constant has no coefficients, which its forecast trips over.
                pass
            total += fitted["aicc"]
        return total

    data_made = {name: series(name) for name in ["log-prices-20", "log-air-passengers"]}
    for case, call in {
        "arima-111-20-stocks": lambda: fits_made("log-prices-20", (1, 1, 1)),
        "arima-212-20-stocks": lambda: fits_made("log-prices-20", (2, 1, 2)),
        "airline-air-passengers": lambda: fits_made("log-air-passengers", (0, 1, 1), 12, (0, 1, 1)),
        "auto-arima-20-stocks": lambda: chosen("log-prices-20", 1),
        "auto-arima-air-passengers": lambda: chosen("log-air-passengers", 12),
    }.items():
        better = "lower" if case.startswith("auto") else "higher"
        tell(f"forecast/{case}/statsforecast", installed.__version__, call, lambda got: [float(got)], better=better)

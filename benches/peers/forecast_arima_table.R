# ARIMA fits and 21 forecasts with intervals: sums of log-likelihoods, of AICc where orders are chosen.
if (!requireNamespace("jsonlite", quietly = TRUE) || !requireNamespace("forecast", quietly = TRUE)) {
  cat('{"case":"forecast/arima-212-20-stocks/r-forecast","missing":"there is no package forecast, or none called jsonlite"}\n')
  quit(status = 0)
}
folder <- file.path(Sys.getenv("TANGENCY_PEERS_FOLDER"), "inputs")
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")), colClasses = "numeric")
stocks <- read("log-prices-20")
passengers <- lapply(read("log-air-passengers"), ts, frequency = 12)

# The least of two runs after one that is not timed: the slowest of these takes minutes.
tell <- function(case, call) {
  answer <- call()
  seconds <- min(sapply(1:2, function(run) system.time(call(), gcFirst = FALSE)[["elapsed"]]))
  cat(jsonlite::toJSON(list(
    case = paste0("forecast/", case, "/r-forecast"), version = as.character(packageVersion("forecast")),
    ns = seconds * 1e9, answer = answer, better = if (startsWith(case, "auto")) "lower" else "higher"
  ), auto_unbox = TRUE, digits = NA), "\n", sep = "")
}
total <- function(series, fit, figure) {
  sum(sapply(series, function(one) {
    fitted <- fit(one)
    forecast::forecast(fitted, h = 21)
    as.numeric(fitted[[figure]])
  }))
}
arima <- function(order, ...) function(one) forecast::Arima(one, order = order, ...)
chosen <- function(one) forecast::auto.arima(one, approximation = FALSE)

tell("arima-111-20-stocks", function() total(stocks, arima(c(1, 1, 1)), "loglik"))
tell("arima-212-20-stocks", function() total(stocks, arima(c(2, 1, 2)), "loglik"))
tell("airline-air-passengers", function() total(passengers, arima(c(0, 1, 1), seasonal = c(0, 1, 1)), "loglik"))
tell("auto-arima-20-stocks", function() total(stocks, chosen, "aicc"))
tell("auto-arima-air-passengers", function() total(passengers, chosen, "aicc"))

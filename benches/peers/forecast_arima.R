# ARIMA(1, 1, 1) on log prices of 15 stocks, in turn: log-likelihoods.
case <- "forecast/arima-111-15-stocks"
say <- function(...) cat(jsonlite::toJSON(list(...), auto_unbox = TRUE, digits = NA), "\n", sep = "")
if (!requireNamespace("jsonlite", quietly = TRUE)) {
  cat('{"case":"', case, '/r-stats","missing":"there is no package jsonlite"}\n', sep = "")
  quit(status = 0)
}
folder <- file.path(Sys.getenv("TANGENCY_PEERS_FOLDER"), "inputs")
series <- read.csv(file.path(folder, "log-prices.csv"), colClasses = "numeric")

least_ns <- function(call, runs = 3) {
  call()
  min(sapply(seq_len(runs), function(run) system.time(call(), gcFirst = FALSE)[["elapsed"]])) * 1e9
}

fit <- function() sapply(series, function(one) stats::arima(one, order = c(1, 1, 1), method = "ML")$loglik)
say(case = paste0(case, "/r-stats"), version = as.character(getRversion()), ns = least_ns(fit),
    answer = unname(fit()), tolerance = 1e-5, reason = "searches end at different points of a flat top")

if (requireNamespace("forecast", quietly = TRUE)) {
  fit_made <- function() {
    sapply(series, function(one) as.numeric(forecast::Arima(one, order = c(1, 1, 1))$loglik))
  }
  say(case = paste0(case, "/r-forecast"), version = as.character(packageVersion("forecast")),
      ns = least_ns(fit_made), answer = unname(fit_made()), tolerance = 1e-5,
      reason = "searches end at different points of a flat top")
} else {
  say(case = paste0(case, "/r-forecast"), missing = "there is no package forecast")
}

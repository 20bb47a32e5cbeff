//! Rules written as text: what they mean, how they fail, and that none sees the future.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tangency_optimize::backtest::{
    Bars, BollingerReversion, Donchian, EmaCross, Expression, ExpressionStrategy, Indicators,
    MacdCross, RsiReversion, Signals, SmaCross, Strategy as TradingStrategy,
};

fn closes(n: u32) -> Vec<f64> {
    (0..n).map(|i| 100.0 + 15.0 * (f64::from(i) / 9.0).sin() + f64::from(i * i % 11)).collect()
}

fn signals(strategy: &dyn TradingStrategy, bars: &Bars<'_>) -> Signals {
    let mut signals = Signals::default();
    strategy.signals_into(bars, &mut signals).unwrap();
    signals
}

fn flags(text: &str, close: &[f64]) -> Vec<bool> {
    let indicators = Indicators::new(Bars::from_closes(close).unwrap());
    let mut flags = vec![false; close.len()];
    text.parse::<Expression>()
        .unwrap()
        .flags_into(&indicators, &BTreeMap::new(), &mut flags)
        .unwrap();
    flags
}

#[test]
fn the_ready_made_rules_can_be_written() {
    let close = closes(300);
    let high: Vec<f64> = close.iter().map(|c| c + 1.5).collect();
    let low: Vec<f64> = close.iter().map(|c| c - 0.5).collect();
    let bars = Bars::new(&low, &high, &low, &close).unwrap();
    let pairs: [(Box<dyn TradingStrategy>, &str, &str); 6] = [
        (
            Box::new(SmaCross { fast: 5, slow: 20 }),
            "sma(5) crosses_above sma(20)",
            "sma(close, 5) crosses_below sma(close, 2 * 10)",
        ),
        (
            Box::new(EmaCross { fast: 5, slow: 20 }),
            "ema(5) crosses_above ema(20)",
            "ema(5) crosses_below ema(20)",
        ),
        (
            Box::new(RsiReversion { window: 14, low: 40.0, high: 60.0 }),
            "rsi(14) < 40",
            "rsi(14) > 60",
        ),
        (
            Box::new(MacdCross { fast: 4, slow: 9, signal: 3 }),
            "macd(4, 9, 3) crosses_above macd_signal(4, 9, 3)",
            "macd(4, 9, 3) crosses_below macd_signal(4, 9, 3)",
        ),
        (
            Box::new(BollingerReversion { window: 10, deviations: 1.5 }),
            "close < lower_band(10, 1.5)",
            "close > sma(10)",
        ),
        (
            Box::new(Donchian { entry: 7, exit: 4 }),
            "close > previous(highest(high, 7), 1)",
            "close < previous(lowest(low, 4), 1)",
        ),
    ];
    for (built_in, entry, exit) in pairs {
        let written = signals(&ExpressionStrategy::new(entry, exit).unwrap(), &bars);
        let want = signals(built_in.as_ref(), &bars);
        assert_eq!(written, want, "{built_in:?}");
        assert!(want.entries().contains(&true) && want.exits().contains(&true), "{built_in:?}");
    }
}

#[test]
fn operators_bind_as_written_in_the_page() {
    let close = [1.0, 2.0, 3.0, 4.0, 5.0];
    let at = |text: &str| -> Vec<usize> {
        flags(text, &close).iter().enumerate().filter_map(|(i, f)| f.then_some(i)).collect()
    };
    assert_eq!(at("close > 1 + 2 * 1"), [3, 4]);
    assert_eq!(at("close > (1 + 2) * 1 - -1"), [4]);
    assert_eq!(at("close < 2 or close > 2 and close > 4"), [0, 4]);
    assert_eq!(at("(close < 2 or close > 2) and close > 4"), [4]);
    assert_eq!(at("not close < 3 and close != 4"), [2, 4]);
    assert_eq!(at("not (close < 3 and close != 4)"), [2, 3, 4]);
    assert_eq!(at("close >= 4 or close <= 1 or close == 3"), [0, 2, 3, 4]);
    assert_eq!(at("close crosses_above 3"), [3]);
    assert_eq!(at("3.5 crosses_below close"), [3]);
    assert_eq!(at("abs(close - 3) < 1.5"), [1, 2, 3]);
    assert_eq!(at("roc(2) > 0.9"), [2, 3]);
    assert_eq!(at("highest(close, 2) > 4"), [4]);
    // A warm-up compares false, and `not` turns that true.
    assert_eq!(at("sma(4) > 0"), [3, 4]);
    assert_eq!(at("not sma(4) > 0"), [0, 1, 2]);
    assert_eq!(at("sma(4) != 0"), [3, 4]);
}

#[test]
fn mistakes_are_told_with_their_place() {
    let message = |text: &str| text.parse::<Expression>().unwrap_err().to_string();
    for (text, want) in [
        ("", "expected a number, a name or a bracket at character 1 of \"\""),
        (
            "close",
            "expected a condition, got a number; compare it with something at character 1 of \"close\"",
        ),
        ("close > ", "expected a number, a name or a bracket at character 9 of \"close > \""),
        ("close > 3 4", "expected an operator or the end at character 11 of \"close > 3 4\""),
        ("(close > 3", "expected `)` at character 11 of \"(close > 3\""),
        (
            "smaa(3) > 1",
            "no indicator is called \"smaa\", the nearest is \"sma\", at character 1 of \"smaa(3) > 1\"",
        ),
        ("close > 1 and sma", "expected `(` after sma at character 15 of \"close > 1 and sma\""),
        ("1 < atr(1, 2)", "atr takes 1 values, got 2, at character 5 of \"1 < atr(1, 2)\""),
        (
            "close > 3 and 4",
            "expected a condition, got a number at character 15 of \"close > 3 and 4\"",
        ),
        (
            "1 < close < 3",
            "comparisons do not chain; join two with `and` at character 11 of \"1 < close < 3\"",
        ),
        (
            "(close > 1) + 2 > 3",
            "expected a number, got a condition at character 1 of \"(close > 1) + 2 > 3\"",
        ),
        ("close > 1x2", "\"1x2\" is no number at character 9 of \"close > 1x2\""),
        (
            "not close",
            "expected a condition after `not`, got a number at character 5 of \"not close\"",
        ),
        ("close # 3", "expected an operator or the end at character 7 of \"close # 3\""),
    ] {
        assert_eq!(message(text), want);
    }
    // Deep nesting is refused, not a stack overflow.
    let deep = |open: &str| format!("{}close > 1", open.repeat(100_000));
    assert!(message(&deep("(")).contains("more than 64 brackets"));
    assert!(message(&deep("-")).contains("too many signs"));
    // So are long chains, each link of which is a level of the tree.
    for link in ["close > 1 and ", "close > 1 or not ", "1 + ", "2 * "] {
        assert!(
            message(&deep(link)).starts_with("more than 1000 values and operators at character")
        );
    }
    // The 501st value is the 1001st node.
    assert!(message(&deep("1 + ")).contains("at character 2001 of"));
}

/// A chain as long as it may be is evaluated on the small stack of a thread.
#[test]
fn long_chains_are_evaluated() {
    let close = [1.0, 2.0, 3.0];
    for (text, want) in [
        (format!("{}close > 2", "close > 1 and ".repeat(248)), [false, false, true]),
        (format!("sma({}close, 1) > 999", "close + ".repeat(490)), [false, false, true]),
        (format!("{}close > 2", "not ".repeat(1_000_000)), [false, false, true]),
        (format!("{}close > 2", "not ".repeat(1_000_001)), [true, true, false]),
    ] {
        assert_eq!(flags(&text, &close), want);
    }
}

#[test]
fn parameters_are_set_when_a_rule_runs() {
    let close = closes(60);
    let bars = Bars::from_closes(&close).unwrap();
    let rule = ExpressionStrategy::new("sma(fast) > sma(slow)", "rsi(fast) > level").unwrap();
    assert_eq!(rule.parameter_names(), ["fast", "slow", "level"]);
    let message = |rule: &ExpressionStrategy| {
        rule.signals_into(&bars, &mut Signals::default()).unwrap_err().to_string()
    };
    let partly = rule.clone().with_parameter("fast", 5.0).with_parameter("slw", 20.0);
    assert_eq!(
        message(&partly),
        "no parameter of the rule is called \"slw\"; the nearest is \"slow\""
    );
    // Neither is one beside all that there are, which would change nothing.
    let beside = ExpressionStrategy::new("sma(fast) > 3", "close < 2").unwrap();
    let beside = beside.with_parameter("fast", 5.0).with_parameter("fsat", 5.0);
    let unused = "no parameter of the rule is called \"fsat\"; the nearest is \"fast\"";
    assert_eq!(message(&beside), unused);
    let json = serde_json::to_string(&beside).unwrap();
    assert_eq!(message(&serde_json::from_str(&json).unwrap()), unused);
    let without = ExpressionStrategy::new("close > 3", "close < 2").unwrap();
    let given = without.clone().with_parameters([("x", 1.0)]).unwrap_err().to_string();
    assert_eq!(given, "no parameter of the rule is called \"x\"; there is none");
    // A name without a value may be a column, and is told with its place.
    let mistyped = ExpressionStrategy::new("close > 3", "1 < 2 or clse > sma(20)").unwrap();
    let place = "\"clse\" is neither a column nor a parameter with a value, the nearest name is \
                 \"close\", at character 10 of \"1 < 2 or clse > sma(20)\"";
    assert_eq!(message(&mistyped), place);
    assert_eq!(mistyped.with_parameters([]).unwrap_err().to_string(), place);
    let open = rule.clone().with_parameters([("fast", 5.0), ("slow", 9.0)]).unwrap_err();
    assert_eq!(
        open.to_string(),
        "\"level\" is neither a column nor a parameter with a value at character 13 of \
         \"rsi(fast) > level\""
    );
    let set = |fast: f64, slow: f64| {
        rule.clone()
            .with_parameter("fast", fast)
            .with_parameter("slow", slow)
            .with_parameter("level", 70.0)
    };
    assert_eq!(
        message(&set(2.5, 9.0)),
        "parameter window of sma is 2.5, expected a whole number, at least 1"
    );
    assert_eq!(message(&set(2.0, 61.0)), "sma is 61 bars, longer than the 60 bars there are");
    let whole = set(5.0, 20.0);
    assert!(whole.signals_into(&bars, &mut Signals::default()).is_ok());
    let json = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<ExpressionStrategy>(&json).unwrap(), whole);
    let broken = json.replace("sma(fast)", "sma(fast");
    assert!(
        serde_json::from_str::<ExpressionStrategy>(&broken)
            .unwrap_err()
            .to_string()
            .contains("character")
    );
}

/// Random texts of the language, conditions at the top.
fn condition() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("close".to_owned()),
        Just("high".to_owned()),
        Just("low".to_owned()),
        Just("open".to_owned()),
        (1..130_u32).prop_map(|n| n.to_string()),
        (prop_oneof![Just("sma"), Just("ema"), Just("rsi"), Just("atr"), Just("roc")], 1..9_u32)
            .prop_map(|(f, n)| format!("{f}({n})")),
        (
            prop_oneof![Just("macd"), Just("macd_signal"), Just("macd_histogram")],
            1..4_u32,
            2..6_u32
        )
            .prop_map(|(f, a, b)| format!("{f}({a}, {b}, {a})")),
        (prop_oneof![Just("upper_band"), Just("lower_band")], 2..9_u32)
            .prop_map(|(f, n)| format!("{f}({n}, 1.5)")),
    ];
    let number = number.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof![Just("+"), Just("-"), Just("*"), Just("/")], inner.clone())
                .prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            (
                prop_oneof![
                    Just("sma"),
                    Just("ema"),
                    Just("rsi"),
                    Just("highest"),
                    Just("lowest"),
                    Just("previous")
                ],
                inner.clone(),
                1..6_u32
            )
                .prop_map(|(f, x, n)| format!("{f}({x}, {n})")),
            inner.prop_map(|x| format!("-abs({x})")),
        ]
    });
    let compared = (
        number.clone(),
        prop_oneof![
            Just("<"),
            Just("<="),
            Just(">"),
            Just(">="),
            Just("=="),
            Just("!="),
            Just("crosses_above"),
            Just("crosses_below")
        ],
        number,
    )
        .prop_map(|(a, o, b)| format!("{a} {o} {b}"));
    compared.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof![Just("and"), Just("or")], inner.clone())
                .prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
            inner.prop_map(|x| format!("not ({x})")),
        ]
    })
}

fn random_bars() -> impl Strategy<Value = Vec<[f64; 4]>> {
    prop::collection::vec((90.0..110.0_f64, 90.0..110.0_f64, 0.0..3.0_f64), 40).prop_map(|rows| {
        rows.into_iter()
            .map(|(open, close, reach)| {
                [open, open.max(close) + reach, open.min(close) - reach, close]
            })
            .collect()
    })
}

fn columns(rows: &[[f64; 4]]) -> [Vec<f64>; 4] {
    std::array::from_fn(|at| rows.iter().map(|row| row[at]).collect())
}

proptest! {
    /// Noise after a bar changes no flag up to it.
    #[test]
    fn no_expression_sees_the_future(text in condition(), past in random_bars(), other in random_bars(), cut in 1_usize..40) {
        let rule: Expression = text.parse().unwrap();
        let grafted = [&past[..cut], &other[cut..]].concat();
        let [a, b] = [&past, &grafted].map(|rows| {
            let [open, high, low, close] = columns(rows);
            let indicators = Indicators::new(Bars::new(&open, &high, &low, &close).unwrap());
            let mut flags = vec![false; close.len()];
            rule.flags_into(&indicators, &BTreeMap::new(), &mut flags).unwrap();
            flags
        });
        prop_assert_eq!(&a[..cut], &b[..cut], "{}", text);
    }

    /// Any text is read or refused, never a panic.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9_()<>=!+*/., -]{0,40}") {
        if let Ok(rule) = text.parse::<Expression>() {
            prop_assert_eq!(rule.to_string(), text);
        }
    }
}

//! What tokens cost.

use std::fmt;
use std::str::FromStr;

/// The price of a million tokens, in millionths of the deployment's unit of currency. Written in units: `2.50`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    micros_per_million: u64,
}

/// Text that is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no price of a million tokens: write units of currency, for example 2.50, at most six decimals and 1,000,000"
)]
pub struct InvalidPrice;

const MILLION: u64 = 1_000_000;

impl Price {
    /// What so many tokens cost, in millionths of the unit of currency, rounded up.
    pub fn of(self, tokens: u64) -> u64 {
        let cost = (u128::from(tokens) * u128::from(self.micros_per_million)).div_ceil(u128::from(MILLION));
        u64::try_from(cost).unwrap_or(u64::MAX)
    }
}

impl FromStr for Price {
    type Err = InvalidPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (units, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| {
            (1..=7).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(units) || !is_number(decimals) || decimals.len() > 6 {
            return Err(InvalidPrice);
        }
        let units: u64 = units.parse().map_err(|_| InvalidPrice)?;
        let micros: u64 = format!("{decimals:0<6}").parse().map_err(|_| InvalidPrice)?;
        let micros_per_million = units * MILLION + micros;
        (micros_per_million <= MILLION * MILLION).then_some(Self { micros_per_million }).ok_or(InvalidPrice)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.micros_per_million / MILLION, self.micros_per_million % MILLION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_cost_what_a_million_of_them_costs_by_their_share_rounded_up() {
        for (price, tokens, micros) in [
            ("2.50", 1_000_000, 2_500_000),
            ("2.5", 1_000, 2_500),
            ("3", 1, 3),
            ("0.25", 1, 1),
            ("0", 1_000, 0),
            ("0.000001", 1, 1),
            ("1000000", u64::MAX, u64::MAX),
        ] {
            assert_eq!(price.parse::<Price>().unwrap().of(tokens), micros, "{price} {tokens}");
        }
    }

    #[test]
    fn a_price_is_read_as_it_is_shown() {
        for text in ["2.500000", "0.000001", "1000000.000000"] {
            assert_eq!(text.parse::<Price>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for wrong in ["", ".", "1.", ".5", "-1", "1e3", "1,5", "0.0000001", "1000000.1", "99999999", "+1"] {
            assert_eq!(wrong.parse::<Price>(), Err(InvalidPrice), "{wrong}");
        }
    }
}

//! Values as bytes: MessagePack with field names, so that a type may change its attributes freely.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    rmp_serde::to_vec_named(value).map_err(|error| format!("could not be encoded: {error}"))
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    rmp_serde::from_slice(bytes).map_err(|error| format!("could not be decoded: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_bit_by_bit() {
        let values = vec![0.1, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE / 4.0];
        let back: Vec<f64> = decode(&encode(&values).unwrap()).unwrap();
        assert!(values.iter().zip(&back).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn nonsense_is_an_error() {
        assert!(decode::<u64>(&[0xc1]).unwrap_err().starts_with("could not be decoded"));
        assert!(decode::<u64>(&encode(&"text").unwrap()).is_err());
    }
}

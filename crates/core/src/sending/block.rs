//! Blocks of numbers: those that begin with the same digits. Numbers one after the other are the sign of pumping.

/// The digits that the 1,000 numbers around one have in common, and those of the 10,000 around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks<'a> {
    /// All but the last three.
    pub of_1000: &'a str,
    /// All but the last four.
    pub of_10000: &'a str,
}

impl Blocks<'_> {
    /// The blocks of a number of these digits (with its calling code, without `+`).
    #[must_use]
    pub fn of(digits: &str) -> Blocks<'_> {
        let all_but = |last: usize| {
            digits
                .get(..digits.len().saturating_sub(last))
                .unwrap_or_default()
        };
        Blocks {
            of_1000: all_but(3),
            of_10000: all_but(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn numbers_one_after_the_other_share_a_block() {
        let blocks = Blocks::of("61401148075");
        assert_eq!((blocks.of_1000, blocks.of_10000), ("61401148", "6140114"));
        assert_eq!(Blocks::of("61401148999"), blocks);
        assert_ne!(Blocks::of("61401149075").of_1000, blocks.of_1000);
        assert_eq!(Blocks::of("61401149075").of_10000, blocks.of_10000);
        assert_eq!(Blocks::of("12").of_1000, "");
    }
}
